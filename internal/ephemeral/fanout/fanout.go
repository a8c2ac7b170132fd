// Package fanout hands messages to the subscribers within this process. Both ephemeral stores use it; how a message
// reaches the process is theirs.
package fanout

import (
	"bytes"
	"context"
	"sync"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// buffer is how many messages wait for a reader before it starts to lose them.
const buffer = 64

// Hub holds the subscribers of all topics.
type Hub struct {
	changed func()

	mu     sync.RWMutex
	topics map[string]map[*subscriber]struct{}
	closed bool
}

type subscriber struct {
	messages chan []byte
	unhook   func() bool // no longer waits for the end of the context
}

// New returns an empty hub. changed, which may be nil, is called when a topic gets its first subscriber or loses its
// last; it must not block, nor call the hub.
func New(changed func()) *Hub {
	if changed == nil {
		changed = func() {}
	}
	return &Hub{changed: changed, topics: map[string]map[*subscriber]struct{}{}}
}

// Subscribe returns what is sent to topic until ctx ends. Errors: an ended ctx, ephemeral.ErrClosed.
func (h *Hub) Subscribe(ctx context.Context, topic string) (<-chan []byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ephemeral.ErrClosed
	}
	s := &subscriber{messages: make(chan []byte, buffer)}
	if h.topics[topic] == nil {
		h.topics[topic] = map[*subscriber]struct{}{}
		h.changed()
	}
	h.topics[topic][s] = struct{}{}
	s.unhook = context.AfterFunc(ctx, func() { h.leave(topic, s) })
	return s.messages, nil
}

func (h *Hub) leave(topic string, s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, present := h.topics[topic][s]; !present {
		return
	}
	close(s.messages)
	delete(h.topics[topic], s)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
		h.changed()
	}
}

// Send gives a copy of msg to each subscriber of topic that has room for it.
func (h *Hub) Send(topic string, msg []byte) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return ephemeral.ErrClosed
	}
	if len(h.topics[topic]) == 0 {
		return nil
	}
	msg = bytes.Clone(msg)
	for s := range h.topics[topic] {
		select {
		case s.messages <- msg:
		default:
		}
	}
	return nil
}

// Topics returns the topics that have subscribers.
func (h *Hub) Topics() map[string]bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	topics := make(map[string]bool, len(h.topics))
	for topic := range h.topics {
		topics[topic] = true
	}
	return topics
}

// Close ends every subscription.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, subscribers := range h.topics {
		for s := range subscribers {
			s.unhook()
			close(s.messages)
		}
	}
	clear(h.topics)
}
