package throttle_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestFailuresOfADayOutlastWindowsAndSuccesses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		c := newCounted(t, db)
		daily := ephemeral.Limit{Events: 4, Per: time.Hour}
		limits := throttle.Limits{Window: limit, Daily: daily}
		user := uuid.New()
		s := throttle.User(user)
		c.inTx(func(ctx context.Context, tx *ent.Tx) error { return throttle.Prepare(ctx, tx, user, c.now) })
		for range 2 {
			for range 2 {
				if _, wait := c.try(s, limits); wait > 0 {
					t.Fatalf("wait %s", wait)
				}
				c.fail(s, daily)
			}
			c.inTx(func(ctx context.Context, tx *ent.Tx) error { return throttle.Reset(ctx, tx, s) })
			c.now = c.now.Add(2 * time.Minute)
		}
		if last, wait := c.try(s, limits); last || wait != 56*time.Minute {
			t.Errorf("wait %s, want until an hour after the first failure", wait)
		}
		if _, wait := c.try(throttle.Known(user), limits); wait > 0 {
			t.Error("a known device waits with the others")
		}
		if _, wait := c.try(s, throttle.Limits{Window: limit}); wait > 0 {
			t.Error("it holds where it is off")
		}
		c.now = c.now.Add(56 * time.Minute)
		if _, wait := c.try(s, limits); wait > 0 {
			t.Errorf("after the day: wait %s", wait)
		}
		c.fail(s, daily) // the first of a new day
		c.now = c.now.Add(time.Minute)
		for range 3 {
			if _, wait := c.try(s, limits); wait > 0 {
				t.Errorf("on the next day: wait %s", wait)
			}
		}
	})
}

// The row opens again when both its window and its day allow.
func TestARowOpensWhenTheLaterOfItsLimitsEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		for _, day := range []time.Duration{10 * time.Second, 10 * time.Minute} {
			c := newCountedAs(t, db, fmt.Sprint("day-of-", int(day.Seconds())))
			daily := ephemeral.Limit{Events: 3, Per: day}
			limits := throttle.Limits{Window: limit, Daily: daily}
			s := throttle.User(uuid.New())
			for range 3 {
				c.try(s, limits)
				c.fail(s, daily)
			}
			want := max(day, limit.Per)
			if _, wait := c.try(s, limits); wait != want {
				t.Errorf("wait %s, want %s", wait, want)
			}
			c.now = c.now.Add(want)
			if _, wait := c.try(s, limits); wait != 0 {
				t.Errorf("it is still closed for %s", wait)
			}
		}
	})
}

// Two strangers of one row take it from each other while it has room, and begin anew: neither the window nor the day of one
// counts for the other. A full row stays its holder's until it reopens.
func TestStrangersOfOneRowBeginAnewUnlessItIsFull(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		c := newCounted(t, db)
		key := []byte("key")
		first := throttle.Stranger(key, "first")
		var second throttle.Subject
		for i := 0; second.Row() != first.Row(); i++ {
			second = throttle.Stranger(key, fmt.Sprint(i))
		}
		daily := ephemeral.Limit{Events: 2, Per: time.Hour}
		limits := throttle.Limits{Window: ephemeral.Limit{Events: 2, Per: time.Minute}, Daily: daily}
		for range 3 {
			for _, s := range []throttle.Subject{first, second} {
				if last, wait := c.try(s, limits); wait > 0 || last {
					t.Fatalf("last %t, wait %s", last, wait)
				}
				c.fail(s, daily)
			}
		}
		if last, wait := c.try(second, limits); wait > 0 || !last {
			t.Fatalf("last %t, wait %s", last, wait)
		}
		c.fail(second, daily)
		for range 2 {
			for _, s := range []throttle.Subject{second, first} {
				if _, wait := c.try(s, limits); wait != time.Hour {
					t.Errorf("wait %s, want the day of its holder's failures", wait)
				}
			}
		}
		c.fail(first, daily) // not its row
		c.now = c.now.Add(time.Hour)
		if _, wait := c.try(first, limits); wait != 0 {
			t.Errorf("it is still closed for %s", wait)
		}
		if n, err := db.Throttle.Query().Count(c.ctx); err != nil || n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

func TestAUsersRowsComeAndGoWithIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		c := newCounted(t, db)
		user, other := uuid.New(), uuid.New()
		for _, id := range []uuid.UUID{user, other} {
			c.inTx(func(ctx context.Context, tx *ent.Tx) error { return throttle.Prepare(ctx, tx, id, c.now) })
		}
		c.try(throttle.User(user), throttle.Limits{Window: limit})
		c.try(throttle.Known(user), throttle.Limits{Window: limit})
		if n, err := db.Throttle.Query().Count(c.ctx); err != nil || n != 4 {
			t.Errorf("%d rows, %v; want 4", n, err)
		}
		c.inTx(func(ctx context.Context, tx *ent.Tx) error { return throttle.Forget(ctx, tx, user) })
		if n, err := db.Throttle.Query().Count(c.ctx); err != nil || n != 2 {
			t.Errorf("%d rows, %v; want the other's 2", n, err)
		}
	})
}
