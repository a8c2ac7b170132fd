package memory

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/ephemeraltest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// moved is a store with a clock that stands still until it is moved.
type moved struct {
	*Store
	micros *atomic.Int64
}

func (m moved) Advance(d time.Duration) {
	m.micros.Add(d.Microseconds())
}

func open(t *testing.T, maxKeys int) moved {
	t.Helper()
	micros := &atomic.Int64{}
	micros.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMicro())
	s := New(func() time.Time { return clock.Normal(time.UnixMicro(micros.Load())) }, maxKeys)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return moved{s, micros}
}

func TestTheStoreInMemoryConforms(t *testing.T) {
	t.Parallel()
	ephemeraltest.Run(t, func(t *testing.T) ephemeral.Store { return open(t, DefaultKeys) })
}

func TestTheStoreConformsWithTheRealClock(t *testing.T) {
	t.Parallel()
	ephemeraltest.Run(t, func(t *testing.T) ephemeral.Store {
		s := New(clock.Now, DefaultKeys)
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}

func mustTake(t *testing.T, s ephemeral.Store, subject string, l ephemeral.Limit) time.Duration {
	t.Helper()
	key := ephemeral.TenantKey(uuid.Max, "test", subject)
	wait, err := s.Take(t.Context(), key, l)
	if err != nil {
		t.Fatalf("Take: %v", err)
	}
	return wait
}

func TestARefusalEndsToTheMicrosecond(t *testing.T) {
	t.Parallel()
	s, l := open(t, 10), ephemeral.Limit{Events: 3, Per: 10 * time.Second}
	for range l.Events {
		mustTake(t, s, "a", l)
	}
	s.Advance(time.Second)
	wait := mustTake(t, s, "a", l)
	if want := 2333334 * time.Microsecond; wait != want {
		t.Fatalf("wait of %v, want %v", wait, want)
	}
	s.Advance(wait - time.Microsecond)
	if wait := mustTake(t, s, "a", l); wait != time.Microsecond {
		t.Errorf("wait of %v a microsecond early", wait)
	}
	s.Advance(time.Microsecond)
	if wait := mustTake(t, s, "a", l); wait != 0 {
		t.Errorf("wait of %v when it is over", wait)
	}
}

func TestBucketsAreBoundedAndTheOneUnusedForLongestGoesFirst(t *testing.T) {
	t.Parallel()
	s, l := open(t, 100), ephemeral.Limit{Events: 1, Per: time.Hour}
	mustTake(t, s, "old", l)
	mustTake(t, s, "used", l)
	for i := range 99 {
		mustTake(t, s, strconv.Itoa(i), l)
		// A refusal is a use: who goes on hammering is not forgotten.
		if wait := mustTake(t, s, "used", l); wait == 0 {
			t.Fatalf("the bucket in use was dropped after %d others", i+1)
		}
	}
	if n := len(s.buckets); n != 100 {
		t.Errorf("%d buckets, want 100", n)
	}
	if wait := mustTake(t, s, "old", l); wait != 0 {
		t.Errorf("the oldest bucket was kept: wait of %v", wait)
	}
	if n := s.used.Len(); n != len(s.buckets) {
		t.Errorf("%d buckets in order, %d by key", n, len(s.buckets))
	}
}

func TestDrainedBucketsAreDropped(t *testing.T) {
	t.Parallel()
	s, l := open(t, DefaultKeys), ephemeral.Limit{Events: 1, Per: time.Second}
	for i := range 20_000 {
		s.Advance(10 * time.Millisecond) // 100 buckets are not drained at any time
		mustTake(t, s, strconv.Itoa(i), l)
	}
	if n := len(s.buckets); n > 1000 {
		t.Errorf("%d buckets are held where 100 say anything", n)
	}
}

func TestAClockThatGoesBackLocksNobodyOutForLonger(t *testing.T) {
	t.Parallel()
	s, l := open(t, 10), ephemeral.Limit{Events: 2, Per: time.Minute}
	mustTake(t, s, "a", l)
	s.Advance(-24 * time.Hour)
	if wait := mustTake(t, s, "a", l); wait != 30*time.Second {
		t.Errorf("wait of %v, want that of a full bucket", wait)
	}
}

func TestABucketThatIsGivenEverythingBackIsDropped(t *testing.T) {
	t.Parallel()
	s, l := open(t, 10), ephemeral.Limit{Events: 3, Per: time.Hour}
	key := ephemeral.TenantKey(uuid.Max, "test", "a")
	for range 2 {
		mustTake(t, s, "a", l)
	}
	mustTake(t, s, "b", l)
	for i, want := range []int{2, 1, 1} {
		if err := s.Give(t.Context(), key, l); err != nil {
			t.Fatal(err)
		}
		if n := len(s.buckets); n != want || s.used.Len() != want {
			t.Errorf("%d buckets by key, %d in order after %d given back; want %d", n, s.used.Len(), i+1, want)
		}
	}
}

func TestGivingBackIsExactToTheMicrosecond(t *testing.T) {
	t.Parallel()
	s, l := open(t, 10), ephemeral.Limit{Events: 3, Per: 10 * time.Second}
	key := ephemeral.TenantKey(uuid.Max, "test", "a")
	for range l.Events {
		mustTake(t, s, "a", l)
	}
	s.Advance(time.Second)
	if err := s.Give(t.Context(), key, l); err != nil {
		t.Fatal(err)
	}
	mustTake(t, s, "a", l)
	if wait, want := mustTake(t, s, "a", l), 2333334*time.Microsecond; wait != want {
		t.Errorf("wait of %v, want %v as if nothing had been taken and given back", wait, want)
	}
}

func BenchmarkTake(b *testing.B) {
	s, l := New(clock.Now, DefaultKeys), ephemeral.Limit{Events: 60, Per: time.Minute}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := ephemeral.TenantKey(uuid.Max, "login.address", strconv.Itoa(i))
		if _, err := s.Take(b.Context(), key, l); err != nil {
			b.Fatal(err)
		}
	}
}
