package ephemeraltest

import (
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// give takes one event back and fails the test on an error.
func give(t *testing.T, s ephemeral.Store, key ephemeral.Key, l ephemeral.Limit) {
	t.Helper()
	if err := s.Give(t.Context(), key, l); err != nil {
		t.Fatalf("Give(%v, %v): %v", key, l, err)
	}
}

// room fails the test unless exactly want events pass. Their limit must drain none of them meanwhile.
func room(t *testing.T, s ephemeral.Store, key ephemeral.Key, l ephemeral.Limit, want int) {
	t.Helper()
	got := 0
	for take(t, s, key, l) == 0 {
		got++
	}
	if got != want {
		t.Errorf("%d events pass, want %d", got, want)
	}
}

func givenBackPassesAgain(t *testing.T, s ephemeral.Store) {
	key, other, l := newKey(), newKey(), ephemeral.Limit{Events: 5, Per: 24 * time.Hour}
	room(t, s, key, l, 5)
	room(t, s, other, l, 5)
	give(t, s, key, l)
	room(t, s, key, l, 1)
	for range 3 {
		give(t, s, key, l)
	}
	room(t, s, key, l, 3)
	room(t, s, other, l, 0)
}

func emptyStaysEmpty(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 3, Per: 24 * time.Hour}
	for range 10 {
		give(t, s, key, l)
	}
	room(t, s, key, l, 3)
	for range 10 {
		give(t, s, key, l)
	}
	room(t, s, key, l, 3)

	drained, quick := newKey(), ephemeral.Limit{Events: 10, Per: time.Second}
	take(t, s, drained, quick)
	pass(t, s, 2*quick.Interval())
	for range 10 {
		give(t, s, drained, quick)
	}
	room(t, s, drained, l, 3)
}

func giveEndsAWait(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 4, Per: 4 * time.Hour}
	room(t, s, key, l, 4)
	// What goes on draining is the rest: an event that is taken after one was given back waits no shorter.
	give(t, s, key, l)
	room(t, s, key, l, 1)
	if wait := take(t, s, key, l); wait > time.Hour || wait < time.Hour-slack {
		t.Errorf("wait of %v, want nearly %v", wait, time.Hour)
	}
}

func givenFromANarrowedLimit(t *testing.T, s ephemeral.Store) {
	key := newKey()
	exhaust(t, s, key, ephemeral.Limit{Events: 2, Per: 48 * time.Hour})
	// A bucket of the old limit is no fuller than full under the new one.
	narrow := ephemeral.Limit{Events: 2, Per: 12 * time.Hour}
	give(t, s, key, narrow)
	room(t, s, key, narrow, 1)
}

func givingIsExact(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 50, Per: 24 * time.Hour}
	for range 10 {
		take(t, s, key, l)
	}
	var group sync.WaitGroup
	start := make(chan struct{})
	for range 100 {
		group.Go(func() {
			<-start
			wait, err := s.Take(t.Context(), key, l)
			if err == nil && wait == 0 {
				err = s.Give(t.Context(), key, l)
			}
			if err != nil {
				t.Errorf("Take or Give: %v", err)
			}
		})
	}
	close(start)
	group.Wait()
	room(t, s, key, l, 40)
}

func offTakesNothingBack(t *testing.T, s ephemeral.Store) {
	key, l := newKey(), ephemeral.Limit{Events: 2, Per: time.Hour}
	room(t, s, key, l, 2)
	give(t, s, key, ephemeral.Limit{})
	room(t, s, key, l, 0)
}
