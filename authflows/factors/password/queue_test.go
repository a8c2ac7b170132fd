package password

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestUnderAStampedeNeverMoreRunThanAllowedAndTheRestAreToldToComeBack(t *testing.T) {
	t.Parallel()
	const callers, parallel, waiting = 200, 3, 20
	var rejected atomic.Int64
	h := NewHasher(Options{
		Params: cheap, Parallel: parallel, QueueLen: waiting, MaxWait: time.Minute,
		OnReject: func(context.Context) { rejected.Add(1) },
	})
	phc := hash(t, h, "correct horse")

	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			if running, queued := h.queue.count(); running > parallel || queued > waiting {
				t.Errorf("%d run and %d wait", running, queued)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	var done, busy atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			ok, _, err := h.Verify(t.Context(), phc, "correct horse")
			switch {
			case err == nil && ok:
				done.Add(1)
			case errors.Is(err, fault.New(fault.Busy)):
				busy.Add(1)
			default:
				t.Errorf("Verify = %v, %v", ok, err)
			}
		})
	}
	all.Wait()
	close(stop)
	<-watched
	if done.Load()+busy.Load() != callers || done.Load() < parallel || busy.Load() != rejected.Load() {
		t.Errorf("%d done, %d busy, OnReject called %d times", done.Load(), busy.Load(), rejected.Load())
	}
	if h.Running() != 0 || h.Waiting() != 0 {
		t.Errorf("afterwards %d run and %d wait", h.Running(), h.Waiting())
	}
}

// hold takes every slot of a hasher.
func hold(t *testing.T, h *Hasher) {
	t.Helper()
	for range h.queue.parallel {
		if err := h.queue.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFullQueueRefusesAtOnceAndAnOverdueTurnAtItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(Options{Params: cheap, Parallel: 2, QueueLen: 5})
		hold(t, h)
		start := time.Now()
		var refused []time.Duration
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				_, err := h.Hash(t.Context(), "correct horse")
				wantFault(t, err, fault.New(fault.Busy).After(2*time.Second))
				mu.Lock()
				defer mu.Unlock()
				refused = append(refused, time.Since(start))
			})
		}
		synctest.Wait()
		if h.Running() != 2 || h.Waiting() != 5 {
			t.Errorf("%d run and %d wait, want 2 and 5", h.Running(), h.Waiting())
		}
		all.Wait()
		overdue := slices.Repeat([]time.Duration{2 * time.Second}, 5)
		if want := append(make([]time.Duration, 7), overdue...); !slices.Equal(refused, want) {
			t.Errorf("refused after %v, want %v", refused, want)
		}
		if h.Waiting() != 0 {
			t.Errorf("%d still wait", h.Waiting())
		}
	})
}

func TestTurnsComeInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := queue{parallel: 1, limit: 10, maxWait: time.Minute}
		if err := q.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 10 {
			go func() {
				if err := q.enter(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, i)
				q.leave()
			}()
			synctest.Wait()
		}
		q.leave()
		synctest.Wait()
		if !slices.IsSorted(order) || len(order) != 10 {
			t.Errorf("order %v", order)
		}
		if running, waiting := q.count(); running != 0 || waiting != 0 {
			t.Errorf("%d run and %d wait", running, waiting)
		}
	})
}

func TestACallerWhoGoesAwayLeavesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rejected := false
		h := NewHasher(Options{
			Params: cheap, Parallel: 1, QueueLen: 2, OnReject: func(context.Context) { rejected = true },
		})
		hold(t, h)
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		go func() { _, err := h.Hash(ctx, "gone"); errs <- err }()
		synctest.Wait()
		go func() { _, err := h.Hash(t.Context(), "stays"); errs <- err }()
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) || fault.CodeOf(err) != fault.Internal {
			t.Errorf("the one who left got %v", err)
		}
		if h.Waiting() != 1 || rejected {
			t.Errorf("%d wait, rejected: %v", h.Waiting(), rejected)
		}
		h.queue.leave()
		if err := <-errs; err != nil {
			t.Errorf("the one behind got %v", err)
		}
		if _, err := h.Hash(ctx, "late"); !errors.Is(err, context.Canceled) {
			t.Errorf("one who had left before got %v", err)
		}
		if h.Running() != 0 {
			t.Errorf("%d slots are lost", h.Running())
		}
	})
}

// Leaving and being called may coincide; the slot must then go on to somebody, whatever wins.
func TestNoSlotIsLostWhenLeavingAndTurnsCoincide(t *testing.T) {
	t.Parallel()
	q := queue{parallel: 2, limit: 100, maxWait: 50 * time.Microsecond}
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			for range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%2 == 0 {
					go cancel()
				}
				if err := q.enter(ctx); err == nil {
					q.leave()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if running, waiting := q.count(); running != 0 || waiting != 0 {
		t.Errorf("%d run and %d wait", running, waiting)
	}
}
