package ephemeraltest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// takeN counts n events and fails the test unless left more would pass then.
func takeN(t *testing.T, s ephemeral.Store, key ephemeral.Key, l ephemeral.Limit, n, left int) time.Duration {
	t.Helper()
	got, wait, err := s.TakeN(t.Context(), key, l, n)
	if err != nil {
		t.Fatalf("TakeN(%v, %v, %d): %v", key, l, n, err)
	}
	if got != left {
		t.Errorf("TakeN of %d: %d are left, want %d", n, got, left)
	}
	return wait
}

func severalPassTogether(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 10, Per: 10 * time.Hour}
	if wait := takeN(t, s, key, l, 0, 10); wait != 0 {
		t.Errorf("asking waits for %v", wait)
	}
	if wait := takeN(t, s, key, l, 7, 3); wait != 0 {
		t.Errorf("seven of ten wait for %v", wait)
	}
	for range 5 {
		if wait := takeN(t, s, key, l, 5, 3); wait > 2*time.Hour || wait < 2*time.Hour-slack {
			t.Errorf("five where three pass: wait of %v, want nearly %v", wait, 2*time.Hour)
		}
	}
	if wait := takeN(t, s, key, l, 3, 0); wait != 0 {
		t.Errorf("the last three wait for %v", wait)
	}
	if wait := takeN(t, s, key, l, 0, 0); wait != 0 {
		t.Errorf("asking a full bucket waits for %v", wait)
	}
}

func severalAreGivenBack(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 10, Per: 24 * time.Hour}
	takeN(t, s, key, l, 9, 1)
	if err := s.GiveN(t.Context(), key, l, 4); err != nil {
		t.Fatal(err)
	}
	takeN(t, s, key, l, 0, 5)
	if err := s.GiveN(t.Context(), key, l, 0); err != nil {
		t.Fatal(err)
	}
	takeN(t, s, key, l, 2, 3)
	if err := s.GiveN(t.Context(), key, l, 10); err != nil { // more than were taken
		t.Fatal(err)
	}
	takeN(t, s, key, l, 10, 0)
}

func tooManyAreRefused(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 3, Per: time.Hour}
	for _, n := range []int{-1, 4} {
		if _, _, err := s.TakeN(t.Context(), key, l, n); err == nil {
			t.Errorf("%d events of a limit of 3 are taken", n)
		}
		if err := s.GiveN(t.Context(), key, l, n); err == nil {
			t.Errorf("%d events of a limit of 3 are given back", n)
		}
	}
	takeN(t, s, key, l, 3, 0)
	if wait := takeN(t, s, newKey(), ephemeral.Limit{}, 1000, ephemeral.MaxEvents); wait != 0 {
		t.Errorf("wait of %v without a limit", wait)
	}
}

func severalAreExact(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 100, Per: 24 * time.Hour}
	var allowed atomic.Int32
	var group sync.WaitGroup
	start := make(chan struct{})
	for range 60 {
		group.Go(func() {
			<-start
			_, wait, err := s.TakeN(t.Context(), key, l, 7)
			if err != nil {
				t.Errorf("TakeN: %v", err)
			} else if wait == 0 {
				allowed.Add(7)
			}
		})
	}
	close(start)
	group.Wait()
	if got := allowed.Load(); got != 98 {
		t.Errorf("%d of 420 passed a limit of %v in sevens", got, l)
	}
}
