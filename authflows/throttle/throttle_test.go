package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var limit = ephemeral.Limit{Events: 3, Per: time.Minute}

func TestAttemptsBeyondTheLimitWaitForTheWindowToEnd(t *testing.T) { // RTL-03
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		now := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
		id := uuid.New()
		err := db.Tenant.Create().SetID(id).SetSlug("acme").SetName("acme").SetStatus(tenant.StatusActive).SetIssuer("x").
			SetSettings([]byte("{}")).SetCreatedAt(now).SetUpdatedAt(now).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx := tenancy.With(t.Context(), id)
		count := func(s throttle.Subject) error {
			_, err := throttle.Count(ctx, db.Client, s, throttle.Limits{Window: limit}, now)
			return err
		}
		subject := throttle.User(id)
		for range 3 {
			if err := count(subject); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(20 * time.Second)
		var refused *fault.Fault
		if err := count(subject); !errors.As(err, &refused) || refused.Code != fault.RateLimited || refused.RetryAfter != 40*time.Second {
			t.Errorf("got %v, %+v", err, refused)
		}
		if err := count(throttle.User(uuid.New())); err != nil {
			t.Errorf("another subject: %v", err)
		}
		now = now.Add(40 * time.Second)
		if err := count(subject); err != nil {
			t.Errorf("after the window: %v", err)
		}
		for range 2 {
			_ = count(subject)
		}
		_, err = store.InTx(ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (int, error) { return 0, throttle.Reset(ctx, tx, subject) })
		if err != nil || count(subject) != nil {
			t.Errorf("after a success: %v", err)
		}
		if _, err := throttle.Count(ctx, db.Client, subject, throttle.Limits{}, now); err != nil {
			t.Errorf("a limit that is off: %v", err)
		}
	})
}

func TestStrangersShareABoundedNumberOfSubjects(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 100_000 {
		seen[throttle.Stranger([]byte("key"), fmt.Sprint(i)).Row()] = true
	}
	if len(seen) > 65536 || len(seen) < 50_000 {
		t.Errorf("%d subjects", len(seen))
	}
	if throttle.Stranger([]byte("key"), "a") == throttle.Stranger([]byte("other"), "a") {
		t.Error("the subject does not depend on the key")
	}
	if throttle.Mailed([]byte("key"), "a") == throttle.Mailed([]byte("key"), "b") {
		t.Error("two addresses share a subject")
	}
}

// counted is a tenant of its own with a clock, to count attempts in.
type counted struct {
	t   *testing.T
	db  *store.Store
	ctx context.Context
	now time.Time
}

func newCounted(t *testing.T, db *store.Store) *counted {
	t.Helper()
	return newCountedAs(t, db, "acme")
}

func newCountedAs(t *testing.T, db *store.Store, slug string) *counted {
	t.Helper()
	c := &counted{t: t, db: db, now: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)}
	id := uuid.New()
	err := db.Tenant.Create().SetID(id).SetSlug(slug).SetName(slug).SetStatus(tenant.StatusActive).SetIssuer(slug).
		SetSettings([]byte("{}")).SetCreatedAt(c.now).SetUpdatedAt(c.now).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.ctx = tenancy.With(t.Context(), id)
	return c
}

// try counts an attempt: whether it was the last of its window, and how long to wait where it was refused.
func (c *counted) try(s throttle.Subject, l throttle.Limits) (last bool, wait time.Duration) {
	c.t.Helper()
	last, err := throttle.Count(c.ctx, c.db.Client, s, l, c.now)
	var refused *fault.Fault
	if err != nil && (!errors.As(err, &refused) || refused.Code != fault.RateLimited || refused.RetryAfter <= 0) {
		c.t.Fatal(err)
	}
	if refused != nil {
		wait = refused.RetryAfter
	}
	return last, wait
}

func (c *counted) fail(s throttle.Subject, daily ephemeral.Limit) {
	c.t.Helper()
	if err := throttle.Fail(c.ctx, c.db.Client, s, daily, c.now); err != nil {
		c.t.Fatal(err)
	}
}

func (c *counted) inTx(do func(context.Context, *ent.Tx) error) {
	c.t.Helper()
	_, err := store.InTx(c.ctx, c.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) { return struct{}{}, do(ctx, tx) })
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestTheLastAttemptOfAWindowSaysSo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		c := newCounted(t, db)
		for _, s := range []throttle.Subject{throttle.User(uuid.New()), throttle.Known(uuid.New()), throttle.Stranger([]byte("key"), "a")} {
			for _, events := range []int{1, 2, 3} {
				limits := throttle.Limits{Window: ephemeral.Limit{Events: events, Per: time.Minute}}
				for i := range events + 2 {
					last, wait := c.try(s, limits)
					if last != (i == events-1) || (wait > 0) != (i >= events) {
						t.Errorf("%s, %d of %d: last %t, wait %s", s.Row(), i+1, events, last, wait)
					}
				}
				c.now = c.now.Add(time.Minute)
			}
		}
	})
}

// RTL-04: of parallel attempts as many are counted as the limit says, and one of them is the last.
func TestRTL04ParallelAttemptsAreCountedUpToTheLimit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		c := newCounted(t, db)
		user := uuid.New()
		c.inTx(func(ctx context.Context, tx *ent.Tx) error { return throttle.Prepare(ctx, tx, user, c.now) })
		limits := throttle.Limits{Window: ephemeral.Limit{Events: 10, Per: time.Minute}, Daily: ephemeral.Limit{Events: 100, Per: time.Hour}}
		for _, s := range []throttle.Subject{throttle.User(user), throttle.Known(user), throttle.Stranger([]byte("key"), "nobody")} {
			var passed, lasts atomic.Int32
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					last, err := throttle.Count(c.ctx, db.Client, s, limits, c.now)
					switch {
					case err == nil:
						passed.Add(1)
					case fault.CodeOf(err) != fault.RateLimited:
						t.Error(err)
					}
					if last {
						lasts.Add(1)
					}
				})
			}
			all.Wait()
			if passed.Load() != 10 || lasts.Load() != 1 {
				t.Errorf("%s: %d counted, %d of them the last", s.Row(), passed.Load(), lasts.Load())
			}
		}
	})
}
