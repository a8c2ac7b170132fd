package redis

import (
	"context"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tenantgate/tenantgate/internal/ephemeral/fanout"
)

// retryAfter is the pause before a failed subscription is sent again.
const retryAfter = time.Second

// listener receives all topics of this process over one connection, which the library opens again whenever it
// breaks, and hands them to the subscribers.
type listener struct {
	client *goredis.Client
	prefix string // of the channels' names
	hub    *fanout.Hub
	wake   chan struct{} // the hub's topics have changed

	mu      sync.Mutex
	pubsub  *goredis.PubSub     // nil before the first subscriber
	settled map[string]*settled // by topic
	stop    context.CancelFunc
	running sync.WaitGroup
}

// settled closes its channel at the first answer to a topic's subscription, be it a confirmation or a failure.
type settled struct {
	once sync.Once
	done chan struct{}
}

func (s *settled) settle() {
	s.once.Do(func() { close(s.done) })
}

func newListener(client *goredis.Client, prefix string) *listener {
	l := &listener{
		client:  client,
		prefix:  prefix,
		wake:    make(chan struct{}, 1),
		settled: map[string]*settled{},
		stop:    func() {},
	}
	l.hub = fanout.New(func() {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	})
	return l
}

func (l *listener) subscribe(ctx context.Context, topic string) (<-chan []byte, error) {
	messages, confirmed, err := l.join(ctx, topic)
	if err != nil {
		return nil, err
	}
	patience := time.NewTimer(timeout)
	defer patience.Stop()
	select {
	case <-confirmed:
	case <-patience.C:
	case <-ctx.Done():
	}
	return messages, nil
}

// join adds a subscriber and returns what closes when the server has answered for its topic. It holds the lock, as
// does plan, so that a topic is not given up between the two.
func (l *listener) join(ctx context.Context, topic string) (<-chan []byte, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	messages, err := l.hub.Subscribe(ctx, topic)
	if err != nil {
		return nil, nil, err
	}
	if l.pubsub == nil {
		l.start()
	}
	if l.settled[topic] == nil {
		l.settled[topic] = &settled{done: make(chan struct{})}
	}
	return messages, l.settled[topic].done, nil
}

func (l *listener) start() {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.pubsub = l.client.Subscribe(ctx)
	// Without the library's pings no write is ever pending, and keep-alive may judge the connection.
	received := l.pubsub.ChannelWithSubscriptions(goredis.WithChannelHealthCheckInterval(0))
	l.running.Go(func() { l.follow(ctx) })
	l.running.Go(func() { l.receive(received) })
}

// follow keeps the server's subscriptions as the hub's topics are.
func (l *listener) follow(ctx context.Context) {
	current := map[string]bool{}
	for {
		var again <-chan time.Time
		gone, wanted := l.plan(current)
		for _, topic := range gone {
			delete(current, topic)
			// After a failure the library's next connection leaves the topic out; a stray message finds no one.
			_ = l.send(ctx, l.pubsub.Unsubscribe, topic)
		}
		for _, topic := range wanted {
			if err := l.send(ctx, l.pubsub.Subscribe, topic); err != nil {
				// The library may have opened a new connection before it noted the topic, so it is sent again.
				again = time.After(retryAfter)
				l.answered(topic)
				continue
			}
			current[topic] = true
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-again:
		}
	}
}

// plan returns the topics that nobody wants any more and those that are not yet subscribed to.
func (l *listener) plan(current map[string]bool) (gone, wanted []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	topics := l.hub.Topics()
	for topic := range l.settled {
		if !topics[topic] {
			delete(l.settled, topic)
		}
	}
	for topic := range current {
		if !topics[topic] {
			gone = append(gone, topic)
		}
	}
	for topic := range topics {
		if !current[topic] {
			wanted = append(wanted, topic)
		}
	}
	return gone, wanted
}

func (l *listener) send(ctx context.Context, command func(context.Context, ...string) error, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return command(ctx, l.prefix+topic)
}

// receive ends when the library closes the channel, which it does when the listener closes.
func (l *listener) receive(received <-chan any) {
	for item := range received {
		switch item := item.(type) {
		case *goredis.Subscription:
			if item.Kind == "subscribe" {
				l.answered(strings.TrimPrefix(item.Channel, l.prefix))
			}
		case *goredis.Message:
			// The hub fails only once it is closed, and then no one is left to tell.
			_ = l.hub.Send(strings.TrimPrefix(item.Channel, l.prefix), []byte(item.Payload))
		}
	}
}

func (l *listener) answered(topic string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.settled[topic]; s != nil {
		s.settle()
	}
}

func (l *listener) close() error {
	l.mu.Lock()
	l.hub.Close() // From here on, join fails before it would start anything.
	pubsub := l.pubsub
	l.stop()
	l.mu.Unlock()
	if pubsub == nil {
		return nil
	}
	err := pubsub.Close()
	l.running.Wait()
	return err
}
