package devices_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/devices"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// tenantWithUsers makes a tenant with two users and returns a context of it.
func tenantWithUsers(t *testing.T, db *store.Store, slug string) (ctx context.Context, ann, bob uuid.UUID) {
	t.Helper()
	id := ids.New()
	err := db.Tenant.Create().SetID(id).SetSlug(slug).SetName(slug).SetStatus(tenant.StatusActive).SetIssuer(slug).
		SetSettings([]byte("{}")).SetCreatedAt(now).SetUpdatedAt(now).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx = tenancy.With(t.Context(), id)
	for _, user := range []*uuid.UUID{&ann, &bob} {
		*user = ids.New()
		if err := db.User.Create().SetID(*user).SetName("").SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return ctx, ann, bob
}

func inTx[T any](ctx context.Context, t *testing.T, db *store.Store, do func(context.Context, *ent.Tx) (T, error)) T {
	t.Helper()
	out, err := store.InTx(ctx, db.Client, do)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func trust(ctx context.Context, t *testing.T, db *store.Store, user uuid.UUID, d devices.Device) {
	t.Helper()
	inTx(ctx, t, db, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, devices.Trust(ctx, tx, user, d)
	})
}

func trusted(ctx context.Context, t *testing.T, db *store.Store, user, device uuid.UUID, at time.Time) bool {
	t.Helper()
	is, err := devices.Trusted(ctx, db.Client, user, device, at)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func list(ctx context.Context, t *testing.T, db *store.Store, user uuid.UUID, at time.Time) []*devices.Device {
	t.Helper()
	all, err := devices.List(ctx, db.Client, user, at)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTrustLastsUntilItsTimeForItsUserAndTenant(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, ann, bob := tenantWithUsers(t, db, "acme")
		other, theirs, _ := tenantWithUsers(t, db, "globex")
		device, until := ids.NewUnguessable(), now.Add(24*time.Hour)
		trust(ctx, t, db, ann, devices.Device{DeviceID: device, CreatedAt: now, ExpiresAt: until})
		for _, c := range []struct {
			name         string
			ctx          context.Context
			user, device uuid.UUID
			at           time.Time
			want         bool
		}{
			{"now", ctx, ann, device, now, true},
			{"a moment before its end", ctx, ann, device, until.Add(-time.Microsecond), true},
			{"at its end", ctx, ann, device, until, false},
			{"another user", ctx, bob, device, now, false},
			{"another device", ctx, ann, ids.NewUnguessable(), now, false},
			{"another tenant", other, ann, device, now, false},
			{"another tenant's user", other, theirs, device, now, false},
		} {
			if got := trusted(c.ctx, t, db, c.user, c.device, c.at); got != c.want {
				t.Errorf("%s: %t", c.name, got)
			}
		}
		// Where it is trusted already, the trust begins anew and there is one.
		trust(ctx, t, db, ann, devices.Device{DeviceID: device, UserAgent: "renewed", CreatedAt: until, ExpiresAt: until.Add(24 * time.Hour)})
		if all := list(ctx, t, db, ann, until); len(all) != 1 || all[0].UserAgent != "renewed" || !trusted(ctx, t, db, ann, device, until) {
			t.Errorf("got %+v", all)
		}
	})
}

func TestDevicesAreListedNewestFirstAndForgottenByTheirUser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, ann, bob := tenantWithUsers(t, db, "acme")
		other, _, _ := tenantWithUsers(t, db, "globex")
		for i := range 3 {
			trust(ctx, t, db, ann, devices.Device{
				DeviceID: ids.NewUnguessable(), UserAgent: fmt.Sprint(i), Address: "192.0.2.1",
				CreatedAt: now.Add(time.Duration(i) * time.Minute), ExpiresAt: now.Add(time.Duration(3-i) * time.Hour),
			})
		}
		trust(ctx, t, db, bob, devices.Device{DeviceID: ids.NewUnguessable(), CreatedAt: now, ExpiresAt: now.Add(time.Hour)})
		var agents []string
		for _, d := range list(ctx, t, db, ann, now) {
			agents = append(agents, d.UserAgent)
		}
		if diff := cmp.Diff([]string{"2", "1", "0"}, agents); diff != "" {
			t.Error(diff)
		}
		if n := len(list(ctx, t, db, ann, now.Add(time.Hour))); n != 2 {
			t.Errorf("%d an hour later, want 2: one has ended", n)
		}
		oldest := list(ctx, t, db, ann, now)[2]
		forget := func(ctx context.Context, user, id uuid.UUID) bool {
			return inTx(ctx, t, db, func(ctx context.Context, tx *ent.Tx) (bool, error) { return devices.Forget(ctx, tx, user, id) })
		}
		if forget(ctx, bob, oldest.ID) || forget(other, ann, oldest.ID) || forget(ctx, ann, oldest.DeviceID) {
			t.Error("somebody else forgot it")
		}
		if !forget(ctx, ann, oldest.ID) || forget(ctx, ann, oldest.ID) || trusted(ctx, t, db, ann, oldest.DeviceID, now) {
			t.Error("it is not forgotten once")
		}
		inTx(ctx, t, db, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
			return struct{}{}, devices.ForgetAll(ctx, tx, ann)
		})
		if len(list(ctx, t, db, ann, now)) != 0 || len(list(ctx, t, db, bob, now)) != 1 {
			t.Error("want all of one user's gone, and nobody else's")
		}
	})
}

func TestExpiredTrustIsWhatTheSweeperFinds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, ann, _ := tenantWithUsers(t, db, "acme")
		for i := range 4 {
			trust(ctx, t, db, ann, devices.Device{
				DeviceID: ids.NewUnguessable(), CreatedAt: now, ExpiresAt: now.Add(time.Duration(i) * time.Hour),
			})
		}
		n, err := db.TrustedDevice.Query().Where(devices.Expired(now.Add(2 * time.Hour))).Count(ctx)
		if err != nil || n != 2 {
			t.Errorf("%d, %v; want 2", n, err)
		}
	})
}
