package ephemeraltest

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// newTopic returns a topic that nothing else uses.
func newTopic() string {
	return "test:" + uuid.NewString()
}

func subscribe(ctx context.Context, t *testing.T, s ephemeral.Store, topic string) <-chan []byte {
	t.Helper()
	messages, err := s.Subscribe(ctx, topic)
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	return messages
}

func publish(t *testing.T, s ephemeral.Store, topic, msg string) {
	t.Helper()
	if err := s.Publish(t.Context(), topic, []byte(msg)); err != nil {
		t.Fatalf("Publish: %v", err)
	}
}

// receive returns the next message, and false where the channel is closed.
func receive(t *testing.T, messages <-chan []byte) (string, bool) {
	t.Helper()
	select {
	case msg, open := <-messages:
		return string(msg), open
	case <-time.After(patience):
		t.Fatal("no message came")
		return "", false
	}
}

func messageFansOut(t *testing.T, s ephemeral.Store) {
	topic, other := newTopic(), newTopic()
	elsewhere := subscribe(t.Context(), t, s, other)
	readers := []<-chan []byte{subscribe(t.Context(), t, s, topic), subscribe(t.Context(), t, s, topic)}
	publish(t, s, topic, "first")
	publish(t, s, topic, "")
	publish(t, s, other, "for the other topic")
	for i, messages := range readers {
		for _, want := range []string{"first", ""} {
			if got, open := receive(t, messages); !open || got != want {
				t.Errorf("reader %d got %q, %v; want %q", i, got, open, want)
			}
		}
	}
	if got, _ := receive(t, elsewhere); got != "for the other topic" {
		t.Errorf("the other topic brought %q", got)
	}
}

func messageIsCopied(t *testing.T, s ephemeral.Store) {
	topic := newTopic()
	messages := subscribe(t.Context(), t, s, topic)
	msg := []byte("before")
	if err := s.Publish(t.Context(), topic, msg); err != nil {
		t.Fatalf("Publish: %v", err)
	}
	copy(msg, "after ")
	if got, _ := receive(t, messages); got != "before" {
		t.Errorf("got %q, want what was published", got)
	}
}

func contextEndsSubscription(t *testing.T, s ephemeral.Store) {
	topic := newTopic()
	staying := subscribe(t.Context(), t, s, topic)
	ctx, cancel := context.WithCancel(t.Context())
	leaving := subscribe(ctx, t, s, topic)
	cancel()
	if msg, open := receive(t, leaving); open {
		t.Errorf("got %q, want a closed channel", msg)
	}
	publish(t, s, topic, "still here")
	if got, _ := receive(t, staying); got != "still here" {
		t.Errorf("the remaining reader got %q", got)
	}
}

func slowReader(t *testing.T, s ephemeral.Store) {
	topic := newTopic()
	slow := subscribe(t.Context(), t, s, topic)
	const sent = 2000
	for i := range sent {
		publish(t, s, topic, string(binary.BigEndian.AppendUint32(nil, uint32(i))))
	}
	// Another topic of the same store still works, although nobody has read the first.
	other := newTopic()
	quick := subscribe(t.Context(), t, s, other)
	publish(t, s, other, "through")
	if got, _ := receive(t, quick); got != "through" {
		t.Errorf("the other topic brought %q", got)
	}
	last, kept := -1, 0
	// The first one may still be on its way through the store.
	for ; kept == 0 || len(slow) > 0; kept++ {
		msg, _ := receive(t, slow)
		if n := int(binary.BigEndian.Uint32([]byte(msg))); n <= last {
			t.Errorf("message %d came after %d", n, last)
		} else {
			last = n
		}
	}
	if kept >= sent {
		t.Errorf("all %d messages waited for the slow reader", sent)
	}
}

func topicIsJoinedAgain(t *testing.T, s ephemeral.Store) {
	topic := newTopic()
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		messages := subscribe(ctx, t, s, topic)
		publish(t, s, topic, "again")
		if got, _ := receive(t, messages); got != "again" {
			t.Errorf("got %q", got)
		}
		cancel()
		if _, open := receive(t, messages); open {
			t.Error("a message came after the last")
		}
	}
}

func closedStore(t *testing.T, s ephemeral.Store) {
	messages := subscribe(t.Context(), t, s, newTopic())
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	if _, open := receive(t, messages); open {
		t.Error("a message came after Close")
	}
	l := ephemeral.Limit{Events: 1, Per: time.Hour}
	if _, err := s.Take(t.Context(), newKey(), l); !errors.Is(err, ephemeral.ErrClosed) {
		t.Errorf("Take: %v, want %v", err, ephemeral.ErrClosed)
	}
	if err := s.Give(t.Context(), newKey(), l); !errors.Is(err, ephemeral.ErrClosed) {
		t.Errorf("Give: %v, want %v", err, ephemeral.ErrClosed)
	}
	if err := s.Publish(t.Context(), "topic", nil); !errors.Is(err, ephemeral.ErrClosed) {
		t.Errorf("Publish: %v, want %v", err, ephemeral.ErrClosed)
	}
	if _, err := s.Subscribe(t.Context(), "topic"); !errors.Is(err, ephemeral.ErrClosed) {
		t.Errorf("Subscribe: %v, want %v", err, ephemeral.ErrClosed)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, ephemeral.ErrClosed) {
		t.Errorf("Ping: %v, want %v", err, ephemeral.ErrClosed)
	}
}
