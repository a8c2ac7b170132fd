package ephemeraltest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// slack is how much of a period may go by while a test runs.
const slack = 30 * time.Second

func limitIsExact(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 50, Per: 24 * time.Hour}
	var allowed atomic.Int32
	var group sync.WaitGroup
	start := make(chan struct{})
	for range 200 {
		group.Go(func() {
			<-start
			wait, err := s.Take(t.Context(), key, l)
			if err != nil {
				t.Errorf("Take: %v", err)
			} else if wait == 0 {
				allowed.Add(1)
			}
		})
	}
	close(start)
	group.Wait()
	if got := allowed.Load(); got != 50 {
		t.Errorf("%d of 200 passed a limit of %v", got, l)
	}
}

func refusalCountsNothing(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 3, Per: 3 * time.Hour}
	for i := range l.Events {
		if wait := take(t, s, key, l); wait != 0 {
			t.Fatalf("event %d of %d has to wait for %v", i+1, l.Events, wait)
		}
	}
	for range 20 {
		if wait := take(t, s, key, l); wait > time.Hour || wait < time.Hour-slack {
			t.Fatalf("wait of %v, want nearly %v however often it is asked", wait, time.Hour)
		}
	}
}

func bucketDrains(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 10, Per: time.Second}
	for range 2 {
		wait := exhaust(t, s, key, l)
		if wait > l.Interval() {
			t.Fatalf("wait of %v, but %v brings one event each %v", wait, l, l.Interval())
		}
		pass(t, s, wait)
		if wait := take(t, s, key, l); wait != 0 {
			t.Fatalf("after the wait that Take named, it names another of %v", wait)
		}
	}
	pass(t, s, l.Burst())
	for i := range l.Events {
		if wait := take(t, s, key, l); wait != 0 {
			t.Fatalf("event %d of %d has to wait for %v after a whole period", i+1, l.Events, wait)
		}
	}
}

func keysAreSeparate(t *testing.T, s ephemeral.Store) {
	a, b, l := uuid.New(), uuid.New(), ephemeral.Limit{Events: 1, Per: time.Hour}
	run := uuid.NewString()
	for _, key := range []ephemeral.Key{
		ephemeral.TenantKey(a, "login", run),
		ephemeral.TenantKey(b, "login", run),
		ephemeral.TenantKey(a, "mail", run),
		ephemeral.TenantKey(a, "login", run+" "),
		ephemeral.ServerKey("login", run),
	} {
		if wait := take(t, s, key, l); wait != 0 {
			t.Errorf("the first event of %v has to wait for %v", key, wait)
		}
		if wait := take(t, s, key, l); wait == 0 {
			t.Errorf("the second event of %v passes", key)
		}
	}
}

// Case TEN-11.
func separatorsJoinNothing(t *testing.T, s ephemeral.Store) {
	tenant, l := uuid.New(), ephemeral.Limit{Events: 1, Per: time.Hour}
	for _, sep := range []string{":", "/", "%3A", "}", "\x00", "+"} {
		for _, key := range []ephemeral.Key{
			ephemeral.TenantKey(tenant, "a", "b"+sep+"c@x.test"),
			ephemeral.TenantKey(tenant, "a"+sep+"b", "c@x.test"),
			ephemeral.TenantKey(tenant, "a"+sep, "b"+sep+"c@x.test"),
			ephemeral.TenantKey(tenant, "", "a"+sep+"b"+sep+"c@x.test"),
			ephemeral.ServerKey(tenant.String()+sep+"a", "b"+sep+"c@x.test"),
			ephemeral.ServerKey("", tenant.String()+sep+"a"+sep+"b"+sep+"c@x.test"),
		} {
			if wait := take(t, s, key, l); wait != 0 {
				t.Errorf("separator %q: %v shares a counter with another key", sep, key)
			}
		}
	}
}

func narrowedLimit(t *testing.T, s ephemeral.Store) {
	key := newKey()
	exhaust(t, s, key, ephemeral.Limit{Events: 1, Per: 24 * time.Hour})
	if wait := take(t, s, key, ephemeral.Limit{Events: 1, Per: time.Minute}); wait <= 0 || wait > time.Minute {
		t.Errorf("wait of %v, want one within the new period of %v", wait, time.Minute)
	}
}

func offAllows(t *testing.T, s ephemeral.Store) {
	key := newKey()
	for range 1000 {
		if wait := take(t, s, key, ephemeral.Limit{}); wait != 0 {
			t.Fatalf("wait of %v without a limit", wait)
		}
	}
}

func nonsenseIsRefused(t *testing.T, s ephemeral.Store) {
	for _, l := range []ephemeral.Limit{
		{Events: 1}, {Per: time.Hour}, {Events: -1, Per: time.Hour}, {Events: 1, Per: time.Millisecond},
	} {
		if _, err := s.Take(t.Context(), newKey(), l); err == nil {
			t.Errorf("Take accepts %d events in %v", l.Events, l.Per)
		}
		if err := s.Give(t.Context(), newKey(), l); err == nil {
			t.Errorf("Give accepts %d events in %v", l.Events, l.Per)
		}
	}
	nobodys, l := ephemeral.TenantKey(uuid.Nil, "a", "b"), ephemeral.Limit{Events: 1, Per: time.Hour}
	if _, err := s.Take(t.Context(), nobodys, l); !errors.Is(err, ephemeral.ErrNoKey) {
		t.Errorf("Take without a tenant: %v, want %v", err, ephemeral.ErrNoKey)
	}
	if err := s.Give(t.Context(), nobodys, l); !errors.Is(err, ephemeral.ErrNoKey) {
		t.Errorf("Give without a tenant: %v, want %v", err, ephemeral.ErrNoKey)
	}
}

func endedContext(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 1, Per: time.Hour}
	full := newKey()
	take(t, s, full, l)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		if _, err := s.Take(ctx, key, l); !errors.Is(err, ctx.Err()) {
			t.Errorf("Take: %v, want %v", err, ctx.Err())
		}
		if err := s.Give(ctx, full, l); !errors.Is(err, ctx.Err()) {
			t.Errorf("Give: %v, want %v", err, ctx.Err())
		}
		if err := s.Publish(ctx, "topic", nil); !errors.Is(err, ctx.Err()) {
			t.Errorf("Publish: %v, want %v", err, ctx.Err())
		}
		if _, err := s.Subscribe(ctx, "topic"); !errors.Is(err, ctx.Err()) {
			t.Errorf("Subscribe: %v, want %v", err, ctx.Err())
		}
		if err := s.Ping(ctx); !errors.Is(err, ctx.Err()) {
			t.Errorf("Ping: %v, want %v", err, ctx.Err())
		}
	}
	if wait := take(t, s, key, l); wait != 0 {
		t.Errorf("a call with an ended context was counted: wait of %v", wait)
	}
	if wait := take(t, s, full, l); wait == 0 {
		t.Error("a call with an ended context took an event back")
	}
}
