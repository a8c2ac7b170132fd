package redis_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/ephemeraltest"
	"github.com/tenantgate/tenantgate/internal/ephemeral/redis"
	"github.com/tenantgate/tenantgate/internal/testenv"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, url string, opts ...redis.Option) *redis.Store {
	t.Helper()
	s, err := redis.Open(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func newKey() ephemeral.Key {
	return ephemeral.TenantKey(uuid.New(), "test", "subject")
}

var hourly = ephemeral.Limit{Events: 10, Per: time.Hour}

func TestTheStoreInRedisConforms(t *testing.T) {
	t.Parallel()
	url := testenv.Redis(t)
	ephemeraltest.Run(t, func(t *testing.T) ephemeral.Store { return open(t, url) })
}

func TestTheStoresOfAllReplicasAreOne(t *testing.T) {
	t.Parallel()
	url, key := testenv.Redis(t), newKey()
	a, b := open(t, url), open(t, url)
	messages, err := b.Subscribe(t.Context(), key.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Publish(t.Context(), key.String(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := <-messages; string(got) != "hello" {
		t.Errorf("got %q", got)
	}
	allowed := 0
	for range 8 {
		for _, s := range []*redis.Store{a, b} {
			wait, err := s.Take(t.Context(), key, hourly)
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				allowed++
			}
		}
	}
	if allowed != hourly.Events {
		t.Errorf("two replicas allow %d, want %d together", allowed, hourly.Events)
	}
}

func TestACounterExpiresWhenItsBucketHasDrained(t *testing.T) {
	t.Parallel()
	var client redis.Client
	s := open(t, testenv.Redis(t), redis.WithInstrumentation(func(c redis.Client) error {
		client = c
		return nil
	}))
	key := newKey()
	for range 3 {
		if _, err := s.Take(t.Context(), key, hourly); err != nil {
			t.Fatal(err)
		}
	}
	left, err := client.PTTL(t.Context(), key.String()).Result()
	if want := 3 * hourly.Interval(); err != nil || left > want || left < want-30*time.Second {
		t.Errorf("the counter lives for %v, %v; want nearly %v", left, err, want)
	}
}

func TestAnEventGivenBackShortensTheLifeOfItsCounter(t *testing.T) {
	t.Parallel()
	var client redis.Client
	s := open(t, testenv.Redis(t), redis.WithInstrumentation(func(c redis.Client) error {
		client = c
		return nil
	}))
	key := newKey()
	for range 3 {
		if _, err := s.Take(t.Context(), key, hourly); err != nil {
			t.Fatal(err)
		}
	}
	for given := 1; given <= 4; given++ {
		if err := s.Give(t.Context(), key, hourly); err != nil {
			t.Fatal(err)
		}
		left, err := client.PTTL(t.Context(), key.String()).Result()
		if err != nil {
			t.Fatal(err)
		}
		if given >= 3 {
			if left != -2 { // what the server answers where there is no key
				t.Errorf("after %d of 3 were given back the counter lives for %v, want none", given, left)
			}
			continue
		}
		if want := time.Duration(3-given) * hourly.Interval(); left > want || left < want-30*time.Second {
			t.Errorf("after %d of 3 were given back the counter lives for %v, want nearly %v", given, left, want)
		}
	}
}

func TestTheScriptsAreSentAgainToAServerThatForgotThem(t *testing.T) {
	t.Parallel()
	var client redis.Client
	s := open(t, testenv.Redis(t), redis.WithInstrumentation(func(c redis.Client) error {
		client = c
		return nil
	}))
	for range 2 {
		if err := client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Take(t.Context(), newKey(), hourly); err != nil {
			t.Errorf("Take: %v", err)
		}
		if err := s.Give(t.Context(), newKey(), hourly); err != nil {
			t.Errorf("Give: %v", err)
		}
	}
}

func TestOpenRefusesABadURLWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "localhost:6379", "http://localhost", "unix:///run/redis.sock", "redis:s3cret@localhost",
		"redis://user:s3cret#x@localhost:6379", "redis://:s3cret/x@localhost:6379/0", "redis://localhost/s3cret",
		"redis://localhost/0?s3cret=1", "redis://localhost:s3cret", "redis://%s3cret@localhost", "redis://h/0/s3cret",
	} {
		s, err := redis.Open(t.Context(), url)
		if err == nil {
			_ = s.Close()
			t.Errorf("Open(%q) succeeds", url)
		} else if strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "want redis://") {
			t.Errorf("Open(%q): %v", url, err)
		}
	}
}

func TestOpenReportsWhatInstrumentingItReports(t *testing.T) {
	t.Parallel()
	broken := errors.New("no meter")
	_, err := redis.Open(t.Context(), "redis://localhost:1", redis.WithInstrumentation(func(redis.Client) error {
		return broken
	}))
	if !errors.Is(err, broken) {
		t.Errorf("Open: %v, want %v", err, broken)
	}
}

// silent returns the URL of a server that accepts connections and never answers.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return "redis://" + l.Addr().String()
}

func TestADeadlineHoldsAgainstASilentServer(t *testing.T) {
	t.Parallel()
	s := open(t, silent(t))
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Take(ctx, newKey(), hourly); err == nil {
		t.Error("Take succeeds")
	}
	if err := s.Give(ctx, newKey(), hourly); err == nil {
		t.Error("Give succeeds")
	}
	if err := s.Ping(ctx); err == nil {
		t.Error("Ping succeeds")
	}
	if err := s.Publish(ctx, "topic", nil); err == nil {
		t.Error("Publish succeeds")
	}
	if took := time.Since(start); took > 900*time.Millisecond {
		t.Errorf("four calls with 50ms together took %v", took)
	}
}

func TestSubscribingToASilentServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, silent(t))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	messages, err := s.Subscribe(ctx, "topic")
	if err != nil {
		t.Fatal(err)
	}
	if msg, open := <-messages; open {
		t.Errorf("got %q", msg)
	}
}

func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	t.Parallel()
	// It speaks TLS, though not the protocol behind it: the handshake is what is tested.
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	address := "rediss://" + stranger.Listener.Addr().String()
	var unknown x509.UnknownAuthorityError
	if err := open(t, address).Ping(t.Context()); !errors.As(err, &unknown) {
		t.Errorf("Ping: %v, want the certificate refused", err)
	}
	if err := open(t, address+"?skip_verify=true").Ping(t.Context()); err == nil || errors.As(err, &unknown) {
		t.Errorf("Ping: %v, want the certificate accepted where the operator says so", err)
	}
}

func BenchmarkTake(b *testing.B) {
	s, err := redis.Open(b.Context(), testenv.Redis(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	key := newKey()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Take(b.Context(), key, hourly); err != nil {
			b.Fatal(err)
		}
	}
}
