package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
)

func TestTimesAreUTCAndWholeMicroseconds(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("east", 2*3600)
	in := time.Date(2026, 3, 29, 2, 30, 0, 123_456_789, zone)
	want := time.Date(2026, 3, 29, 0, 30, 0, 123_456_000, time.UTC)
	if got := clock.Normal(in); got != want {
		t.Errorf("Normal(%v) = %v, want %v", in, got, want)
	}
	if got := clock.Normal(clock.Normal(in)); got != want {
		t.Errorf("Normal of a normal time is %v, want %v", got, want)
	}
	if now := clock.Now(); now != clock.Normal(now) {
		t.Errorf("Now() = %v is not in the stored form", now)
	}
}

func TestElapsedGrowsWithTheTimeThatPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := clock.Elapsed()
		time.Sleep(90 * time.Second) // of the bubble: nobody waits
		if got := clock.Elapsed() - before; got != 90*time.Second {
			t.Errorf("Elapsed grew by %v in 90 s", got)
		}
	})
}
