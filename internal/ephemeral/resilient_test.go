package ephemeral_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/ephemeraltest"
	"github.com/tenantgate/tenantgate/internal/ephemeral/memory"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

var errDown = errors.New("connection refused")

// patient is a primary store that a test breaks.
type patient struct {
	ephemeral.Store
	down  atomic.Bool
	delay atomic.Int64 // of each call, in nanoseconds
	calls atomic.Int64
}

func (p *patient) call(ctx context.Context) error {
	p.calls.Add(1)
	if d := p.delay.Load(); d > 0 {
		select {
		case <-time.After(time.Duration(d)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if p.down.Load() {
		return errDown
	}
	return nil
}

func (p *patient) TakeN(ctx context.Context, k ephemeral.Key, l ephemeral.Limit, n int) (int, time.Duration, error) {
	if err := p.call(ctx); err != nil {
		return 0, 0, err
	}
	return p.Store.TakeN(ctx, k, l, n)
}

func (p *patient) GiveN(ctx context.Context, k ephemeral.Key, l ephemeral.Limit, n int) error {
	if err := p.call(ctx); err != nil {
		return err
	}
	return p.Store.GiveN(ctx, k, l, n)
}

func (p *patient) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := p.call(ctx); err != nil {
		return err
	}
	return p.Store.Publish(ctx, topic, msg)
}

// ward is a resilient store over a patient, with what it reported.
type ward struct {
	*ephemeral.ResilientStore
	patient *patient
	changes chan bool
}

func openWard(t *testing.T) ward {
	t.Helper()
	w := ward{
		patient: &patient{Store: memory.New(clock.Now, 1000)},
		changes: make(chan bool, 100),
	}
	w.ResilientStore = ephemeral.Resilient(w.patient, memory.New(clock.Now, 1000), func(d bool) { w.changes <- d })
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return w
}

func (w ward) reported() []bool {
	var all []bool
	for len(w.changes) > 0 {
		all = append(all, <-w.changes)
	}
	return all
}

func (w ward) take(t *testing.T, key ephemeral.Key, l ephemeral.Limit) time.Duration {
	t.Helper()
	wait, err := w.Take(t.Context(), key, l)
	if err != nil {
		t.Fatalf("Take: %v", err)
	}
	return wait
}

func (w ward) give(t *testing.T, key ephemeral.Key, l ephemeral.Limit) {
	t.Helper()
	if err := w.Give(t.Context(), key, l); err != nil {
		t.Fatalf("Give: %v", err)
	}
}

// room fails the test unless exactly want events pass.
func (w ward) room(t *testing.T, key ephemeral.Key, l ephemeral.Limit, want int) {
	t.Helper()
	got := 0
	for w.take(t, key, l) == 0 {
		got++
	}
	if got != want {
		t.Errorf("%d events pass, want %d", got, want)
	}
}

func newKey() ephemeral.Key {
	return ephemeral.TenantKey(uuid.New(), "test", "subject")
}

var hourly = ephemeral.Limit{Events: 10, Per: time.Hour}

// inBubble runs a test in a world whose time moves only while all its goroutines wait.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

func TestAResilientStoreConforms(t *testing.T) {
	t.Parallel()
	ephemeraltest.Run(t, func(t *testing.T) ephemeral.Store { return openWard(t) })
}

func TestALimitHoldsOverTheLossOfThePrimary(t *testing.T) { // OPS-01
	inBubble(t, func(t *testing.T) {
		w, key := openWard(t), newKey()
		for range 6 {
			w.take(t, key, hourly)
		}
		w.patient.down.Store(true)
		for range 4 {
			if wait := w.take(t, key, hourly); wait != 0 {
				t.Fatalf("wait of %v below the limit", wait)
			}
		}
		if wait := w.take(t, key, hourly); wait == 0 {
			t.Error("losing the primary gave a fresh allowance")
		}
		synctest.Wait()
		if !w.Degraded() || !slices.Equal(w.reported(), []bool{true}) {
			t.Error("the loss was not reported once")
		}
	})
}

func TestADeadPrimaryIsNotAskedForEachRequest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := openWard(t)
		w.patient.delay.Store(int64(time.Hour))
		start := time.Now()
		w.take(t, newKey(), hourly)
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("the first request waited for %v, want its budget of 50ms", took)
		}
		for range 1000 {
			w.take(t, newKey(), hourly)
		}
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("1000 further requests waited for %v", took-50*time.Millisecond)
		}
		if calls := w.patient.calls.Load(); calls != 1 {
			t.Errorf("the primary was asked %d times, want once", calls)
		}
	})
}

func TestThePrimaryIsUsedAgainOnceAProbeSucceeds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := openWard(t)
		w.patient.down.Store(true)
		w.take(t, newKey(), hourly)
		time.Sleep(10 * time.Second)
		if !w.Degraded() {
			t.Fatal("the primary is used although it is down")
		}
		// A probe and the request that found out, not more than one probe a second.
		if calls := w.patient.calls.Load(); calls < 9 || calls > 12 {
			t.Errorf("the primary was asked %d times in 10s", calls)
		}
		w.patient.down.Store(false)
		time.Sleep(1100 * time.Millisecond)
		if w.Degraded() || !slices.Equal(w.reported(), []bool{true, false}) {
			t.Error("the recovery was not reported once")
		}
		before := w.patient.calls.Load()
		w.take(t, newKey(), hourly)
		if w.patient.calls.Load() == before {
			t.Error("the primary is not asked after its recovery")
		}
	})
}

func TestASlowPrimaryStaysGivenUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := openWard(t)
		w.patient.delay.Store(int64(60 * time.Millisecond))
		w.take(t, newKey(), hourly)
		time.Sleep(10 * time.Second)
		if !w.Degraded() {
			t.Error("a primary that misses each request's budget is used again")
		}
		w.patient.delay.Store(int64(40 * time.Millisecond))
		time.Sleep(2 * time.Second)
		if w.Degraded() {
			t.Error("a primary within the budget is not used again")
		}
	})
}

func TestAPrimaryThatForgotGivesNoFreshAllowance(t *testing.T) { // OPS-02
	inBubble(t, func(t *testing.T) {
		w, key := openWard(t), newKey()
		w.patient.down.Store(true)
		for range 10 {
			w.take(t, key, hourly)
		}
		w.patient.down.Store(false) // It never saw these ten.
		time.Sleep(2 * time.Second)
		if w.Degraded() {
			t.Fatal("still degraded")
		}
		if wait := w.take(t, key, hourly); wait == 0 {
			t.Error("what was counted during the outage is forgotten after it")
		}
		time.Sleep(2 * time.Hour)
		for i := range 10 {
			if wait := w.take(t, key, hourly); wait != 0 {
				t.Fatalf("event %d has to wait for %v long after the outage", i+1, wait)
			}
		}
	})
}

func TestACallersOwnDeadlineIsNotThePrimarysFault(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := openWard(t)
		w.patient.delay.Store(int64(30 * time.Millisecond))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := w.Take(ctx, newKey(), hourly); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Take: %v, want %v", err, context.DeadlineExceeded)
		}
		if w.Degraded() {
			t.Error("the primary is given up")
		}
		if _, err := w.Take(t.Context(), newKey(), ephemeral.Limit{Events: 1}); err == nil || w.Degraded() {
			t.Errorf("a bad limit: error %v, degraded %v", err, w.Degraded())
		}
	})
}

func TestMessagesReachThisProcessWithoutThePrimary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := openWard(t)
		ctx, cancel := context.WithCancel(t.Context())
		messages, err := w.Subscribe(ctx, "topic")
		if err != nil {
			t.Fatal(err)
		}
		for _, down := range []bool{false, true} {
			w.patient.down.Store(down)
			if err := w.Publish(t.Context(), "topic", []byte("hint")); err != nil {
				t.Fatalf("Publish, down %v: %v", down, err)
			}
			if got := <-messages; string(got) != "hint" {
				t.Errorf("down %v: got %q", down, got)
			}
		}
		cancel()
		if got, open := <-messages; open {
			t.Errorf("got %q after the end", got)
		}
	})
}

func TestClosingEndsTheProbesOfADeadPrimary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := openWard(t)
		w.patient.delay.Store(int64(time.Hour))
		w.take(t, newKey(), hourly)
		time.Sleep(1500 * time.Millisecond) // in the middle of a probe
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		calls := w.patient.calls.Load()
		time.Sleep(time.Minute)
		if w.patient.calls.Load() != calls {
			t.Error("the primary is probed after Close")
		}
	})
}
