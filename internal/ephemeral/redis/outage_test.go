package redis_test

import (
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/memory"
	"github.com/tenantgate/tenantgate/internal/testenv"
)

// patience bounds each step of an outage, on a machine that is busy with other tests.
const patience = 30 * time.Second

func startServer(t *testing.T, args ...string) *testenv.RedisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv(testenv.AllEnv) == "1" {
			t.Fatal(err)
		}
		t.Skip("needs redis-server: run make test")
	}
	server, err := testenv.StartRedis(t.Context(), t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return server
}

// outage is a resilient store over a server of its own.
type outage struct {
	*ephemeral.ResilientStore
	changes chan bool
}

func openOutage(t *testing.T, url string) outage {
	t.Helper()
	remote := open(t, url)
	o := outage{changes: make(chan bool, 100)}
	o.ResilientStore = ephemeral.Resilient(remote, memory.New(clock.Now, 1000), func(d bool) { o.changes <- d })
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return o
}

func (o outage) await(t *testing.T, degraded bool) {
	t.Helper()
	select {
	case got := <-o.changes:
		if got != degraded {
			t.Fatalf("reported degraded %v, want %v", got, degraded)
		}
	case <-time.After(patience):
		t.Fatalf("degraded %v was never reported", degraded)
	}
}

func (o outage) mustTake(t *testing.T, key ephemeral.Key) time.Duration {
	t.Helper()
	wait, err := o.Take(t.Context(), key, hourly)
	if err != nil {
		t.Fatalf("Take: %v", err)
	}
	return wait
}

// Case OPS-01.
func TestLimitsHoldWhileRedisIsGoneAndAfterItIsBack(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	o, key := openOutage(t, server.URL()), newKey()
	for range 5 {
		if wait := o.mustTake(t, key); wait != 0 {
			t.Fatalf("wait of %v below the limit", wait)
		}
	}
	server.Kill()
	for range 5 {
		if wait := o.mustTake(t, key); wait != 0 {
			t.Fatalf("wait of %v below the limit, without Redis", wait)
		}
	}
	if wait := o.mustTake(t, key); wait == 0 {
		t.Error("the limit is open without Redis")
	}
	if err := o.Give(t.Context(), key, hourly); err != nil {
		t.Errorf("Give without Redis: %v", err)
	}
	if wait := o.mustTake(t, key); wait != 0 {
		t.Errorf("wait of %v for the event given back without Redis", wait)
	}
	o.await(t, true)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	o.await(t, false)
	if wait := o.mustTake(t, key); wait == 0 {
		t.Error("a Redis that forgot everything gives a fresh allowance")
	}
}

func TestARedisThatDoesNotMoveIsGivenUpAndTakenBack(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	proxy := testenv.StartProxy(server.Addr())
	t.Cleanup(func() { _ = proxy.Close() })
	o := openOutage(t, "redis://"+proxy.Addr())
	o.mustTake(t, newKey())
	proxy.Delay(10 * time.Minute)
	o.mustTake(t, newKey())
	o.await(t, true)
	proxy.Cut() // What is held back in the proxy would still wait its time.
	proxy.Delay(0)
	proxy.Restore()
	o.await(t, false)
}

func TestARedisThatCannotWriteIsNotTakenBack(t *testing.T) {
	t.Parallel()
	// A replica of nobody: it answers pings and refuses writes.
	server := startServer(t, "--replicaof", "127.0.0.1", "1")
	o := openOutage(t, server.URL())
	if wait := o.mustTake(t, newKey()); wait != 0 {
		t.Errorf("wait of %v", wait)
	}
	o.await(t, true)
	if err := o.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	select {
	case got := <-o.changes:
		t.Errorf("reported degraded %v", got)
	case <-time.After(1500 * time.Millisecond): // a probe and a half
	}
}

func TestSubscriptionsOutliveAnOutage(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	server.Kill()
	s := open(t, server.URL())
	// One subscription begins while the server is down, the other while it is up.
	early, err := s.Subscribe(t.Context(), "early")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	untilReceived(t, s, "early", early)
	late, err := s.Subscribe(t.Context(), "late")
	if err != nil {
		t.Fatal(err)
	}
	untilReceived(t, s, "late", late)
	server.Kill()
	if err := s.Publish(t.Context(), "late", nil); err == nil {
		t.Error("Publish succeeds without a server")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	untilReceived(t, s, "early", early)
	untilReceived(t, s, "late", late)
}

// untilReceived publishes to topic until the subscription brings a message.
func untilReceived(t *testing.T, s ephemeral.Store, topic string, messages <-chan []byte) {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		_ = s.Publish(t.Context(), topic, []byte("hint")) // fails until the server is back
		select {
		case <-messages:
			for len(messages) > 0 {
				<-messages
			}
			return
		case <-deadline:
			t.Fatalf("no message of topic %s came", topic)
		case <-again.C:
		}
	}
}

func TestAStoreClosesWhileItsServerIsGone(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	s := open(t, server.URL())
	var readers sync.WaitGroup
	for _, topic := range []string{"a", "b"} {
		messages, err := s.Subscribe(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		readers.Go(func() {
			for range messages {
			}
		})
	}
	server.Kill()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	readers.Wait()
}
