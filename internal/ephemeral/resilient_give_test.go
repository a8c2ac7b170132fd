package ephemeral_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

func TestWhatWasGivenBackStaysGivenOverTheLossOfThePrimary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w, key := openWard(t), newKey()
		for range 6 {
			w.take(t, key, hourly)
		}
		for range 4 {
			w.give(t, key, hourly)
		}
		w.patient.down.Store(true)
		w.room(t, key, hourly, 8)
	})
}

func TestAnEventIsGivenBackWithoutThePrimary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w, key := openWard(t), newKey()
		w.room(t, key, hourly, 10)
		w.patient.down.Store(true)
		w.give(t, key, hourly) // finds out that the primary is down
		if !w.Degraded() {
			t.Error("a primary that fails to give is not given up")
		}
		calls := w.patient.calls.Load()
		w.give(t, key, hourly)
		if w.patient.calls.Load() != calls {
			t.Error("a primary that is given up is asked")
		}
		w.room(t, key, hourly, 2)
		w.patient.down.Store(false)
		time.Sleep(2 * time.Second)
		// The primary kept what could not be given to it: narrower, never wider.
		w.room(t, key, hourly, 0)
	})
}

func TestAfterAnOutageBothStoresTakeBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w, key := openWard(t), newKey()
		w.patient.down.Store(true)
		w.take(t, newKey(), hourly)
		time.Sleep(2 * time.Second)
		w.patient.down.Store(false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if w.Degraded() {
			t.Fatal("still degraded")
		}
		w.room(t, key, hourly, 10)
		for range 3 {
			w.give(t, key, hourly)
		}
		w.room(t, key, hourly, 3)
	})
}

func TestGivingBackWaitsNoLongerForThePrimaryThanTaking(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w, key := openWard(t), newKey()
		w.patient.delay.Store(int64(30 * time.Millisecond))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := w.Give(ctx, key, hourly); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Give: %v, want %v", err, context.DeadlineExceeded)
		}
		if err := w.Give(t.Context(), key, ephemeral.Limit{Events: 1}); err == nil {
			t.Error("a bad limit is accepted")
		}
		if w.Degraded() {
			t.Error("the primary is given up for a fault of the caller's")
		}
		w.patient.delay.Store(int64(time.Hour))
		start := time.Now()
		w.give(t, key, hourly)
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("giving waited for %v, want its budget of 50ms", took)
		}
	})
}

func TestSeveralEventsPassTogetherOverTheLossOfThePrimary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w, key := openWard(t), newKey()
		several := func(n, wantLeft int, wantPass bool) {
			t.Helper()
			left, wait, err := w.TakeN(t.Context(), key, hourly, n)
			if err != nil || left != wantLeft || (wait == 0) != wantPass {
				t.Errorf("%d events: %d left, wait of %v, error %v; want %d left, passing %v", n, left, wait, err, wantLeft, wantPass)
			}
		}
		several(6, 4, true)
		w.patient.down.Store(true)
		several(5, 4, false)
		several(3, 1, true)
		w.patient.down.Store(false)
		time.Sleep(2 * time.Second)
		several(1, 0, true) // the primary has four left, this replica one
		several(1, 0, false)
	})
}
