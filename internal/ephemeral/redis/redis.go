// Package redis is the ephemeral store that all replicas of a service share. It alone knows the client library.
//
// It does not decide what happens while the server is down: its methods then fail, and ephemeral.Resilient falls
// back.
package redis

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

const (
	// timeout bounds a dial, a read and a write where the URL sets nothing else and the caller's context is longer.
	timeout = time.Second
	// bufferSize is per connection and direction; commands here are short.
	bufferSize = 4 << 10
)

var (
	//go:embed take.lua
	takeSource string
	//go:embed give.lua
	giveSource string

	takeScript = goredis.NewScript(takeSource)
	giveScript = goredis.NewScript(giveSource)
)

// Client is the library's client, named here so that internal/telemetry can instrument it without naming the library.
type Client = goredis.UniversalClient

// Option changes how a store is opened.
type Option func(Client) error

// WithInstrumentation hands the client to instrument before its first use, for tracing and metrics.
func WithInstrumentation(instrument func(Client) error) Option {
	return instrument
}

// Store implements ephemeral.Store.
type Store struct {
	client   *goredis.Client
	listener *listener
	close    func() error
}

// Open reads url (redis:// or rediss://, with the library's options as its query) and returns its store. It does not
// connect: a server that is down shows in the methods. Errors name no part of url, which may hold a password.
func Open(ctx context.Context, url string, opts ...Option) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open redis: %w", err)
	}
	o, err := options(url)
	if err != nil {
		return nil, fmt.Errorf("open redis: %w", err)
	}
	quiet()
	client := goredis.NewClient(o)
	for _, opt := range opts {
		if err := opt(client); err != nil {
			return nil, errors.Join(fmt.Errorf("instrument redis: %w", err), client.Close())
		}
	}
	s := &Store{
		client: client,
		// Channels, unlike keys, are shared by all databases of a server.
		listener: newListener(client, "tenantgate:"+strconv.Itoa(o.DB)+":"),
	}
	s.close = sync.OnceValue(func() error {
		return errors.Join(s.listener.close(), client.Close())
	})
	return s, nil
}

// errURL says nothing of what it read: a password that was not escaped may turn up in any part.
var errURL = errors.New("want redis://[user:password@]host[:port][/database] or rediss://…, " +
	"with user and password percent-encoded")

func options(text string) (*goredis.Options, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Opaque != "" {
		return nil, errURL
	}
	o, err := goredis.ParseURL(text)
	if err != nil {
		return nil, errURL
	}
	o.ClientName = "tenantgate"
	o.ContextTimeoutEnabled = true
	// Valkey and older servers do not know the command that the other modes send.
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	// A try that failed half-way may have counted, and the caller's budget is short: no second one.
	o.MaxRetries, o.DialerRetries = -1, 1
	o.PipelinePoolSize = -1
	o.ReadBufferSize, o.WriteBufferSize = bufferSize, bufferSize
	for _, d := range []*time.Duration{&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout} {
		if *d == 0 {
			*d = timeout
		}
	}
	o.Dialer = dialer(o.DialTimeout, o.TLSConfig)
	return o, nil
}

// dialer opens connections whose keep-alive finds a vanished server in 20 s: nothing is ever written to a listening
// connection, so no write would find it.
func dialer(timeout time.Duration, config *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	plain := &net.Dialer{
		Timeout:         timeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	if config == nil {
		return plain.DialContext
	}
	return (&tls.Dialer{NetDialer: plain, Config: config}).DialContext
}

// quiet moves what the library would print on standard error to the debug log: each failure is returned anyway.
var quiet = sync.OnceFunc(func() { goredis.SetLogger(debugLog{}) })

type debugLog struct{}

func (debugLog) Printf(ctx context.Context, format string, args ...any) {
	if slog.Default().Enabled(ctx, slog.LevelDebug) {
		slog.DebugContext(ctx, "redis client", "detail", fmt.Sprintf(format, args...))
	}
}

// Take counts one event by the server's clock. Its key expires once the bucket has drained.
func (s *Store) Take(ctx context.Context, key ephemeral.Key, l ephemeral.Limit) (time.Duration, error) {
	_, wait, err := s.TakeN(ctx, key, l, 1)
	return wait, err
}

// TakeN counts n events, all or none, in one step of the server's.
func (s *Store) TakeN(ctx context.Context, key ephemeral.Key, l ephemeral.Limit, n int) (int, time.Duration, error) {
	if err := ephemeral.CheckTake(ctx, key, l, n); err != nil {
		return 0, 0, err
	}
	if l.Off() {
		return ephemeral.MaxEvents, 0, nil
	}
	answer, err := takeScript.Run(ctx, s.client, []string{key.String()},
		l.Interval().Microseconds(), l.Burst().Microseconds(), n).Int64Slice()
	if err == nil && len(answer) != 2 {
		err = errors.New("the script answered something else")
	}
	if err != nil {
		return 0, 0, failed(ctx, "take from redis", err)
	}
	return int(answer[1]), time.Duration(answer[0]) * time.Microsecond, nil
}

// Give takes one event back by the server's clock. The key of a bucket that is empty then goes at once.
func (s *Store) Give(ctx context.Context, key ephemeral.Key, l ephemeral.Limit) error {
	return s.GiveN(ctx, key, l, 1)
}

// GiveN takes n events back.
func (s *Store) GiveN(ctx context.Context, key ephemeral.Key, l ephemeral.Limit, n int) error {
	if err := ephemeral.CheckTake(ctx, key, l, n); err != nil || l.Off() {
		return err
	}
	err := giveScript.Run(ctx, s.client, []string{key.String()},
		l.Interval().Microseconds(), l.Burst().Microseconds(), n).Err()
	return failed(ctx, "give to redis", err)
}

// Publish sends to the subscribers of all replicas.
func (s *Store) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return failed(ctx, "publish to redis", s.client.Publish(ctx, s.listener.prefix+topic, msg).Err())
}

// Subscribe returns once the server has confirmed, cannot be reached or has been silent for a second. Without the
// confirmation the subscription begins later, when the server can be reached.
func (s *Store) Subscribe(ctx context.Context, topic string) (<-chan []byte, error) {
	return s.listener.subscribe(ctx, topic)
}

// Ping asks the server.
func (s *Store) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return failed(ctx, "ping redis", s.client.Ping(ctx).Err())
}

// Close ends the subscriptions and closes the connections.
func (s *Store) Close() error {
	return s.close()
}

// failed gives err in the terms of ephemeral.Store.
func failed(ctx context.Context, action string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, goredis.ErrClosed):
		return ephemeral.ErrClosed
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", action, ctx.Err())
	}
	return fmt.Errorf("%s: %w", action, err)
}
