package throttle_test

import (
	"context"
	"errors"
	"fmt"
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
	if len(seen) > 4096 || len(seen) < 4000 {
		t.Errorf("%d subjects", len(seen))
	}
	if throttle.Stranger([]byte("key"), "a") == throttle.Stranger([]byte("other"), "a") {
		t.Error("the subject does not depend on the key")
	}
	if throttle.Mailed([]byte("key"), "a") == throttle.Mailed([]byte("key"), "b") {
		t.Error("two addresses share a subject")
	}
}
