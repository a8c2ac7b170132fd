package tenants

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestDeletionTakesEveryRowOfTheTenantAndNoOther(t *testing.T) { // TEN-07
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		db := open(t, url)
		r, clk := newOne(t, db)
		acme, other := create(t, r, "acme"), create(t, r, "other")
		const users = 2*deleteBatch + 37
		addUsers(t, db, acme.ID, users)
		addUsers(t, db, other.ID, 3)
		addRest(t, db, acme.ID)
		addRest(t, db, other.ID)
		for table, rows := range contents(t, url, acme.ID) {
			if len(rows) == 0 {
				t.Errorf("the test fills no %s: add them to addUsers or addRest", table)
			}
		}
		untouched, token := contents(t, url, other.ID), sign(t, acme)

		var progress []int
		if err := r.Delete(t.Context(), "acme", func(rows int) { progress = append(progress, rows) }); err != nil {
			t.Fatal(err)
		}
		// Users and their aliases in three batches, and one row or two of each other table.
		if !slices.IsSorted(progress) || progress[0] != 0 || !slices.Contains(progress, deleteBatch) ||
			progress[len(progress)-1] != 2*users+9 {
			t.Errorf("progress %v", progress)
		}
		for table, rows := range contents(t, url, acme.ID) {
			want := map[string]int{"tenants": 1, "events": 1}[table] // its last words
			if len(rows) != want {
				t.Errorf("%s: %d rows left, want %d: %v", table, len(rows), want, rows)
			}
		}
		if got := facts(t, db, acme.ID); !slices.Equal(got, []string{"tenant.deleted"}) {
			t.Errorf("events %v", got)
		}
		data := lastData(t, db, find(t, r, Reserved).ID)
		want := map[string]any{
			"tenant": acme.PublicID(), "slug": "acme",
			"before": map[string]any{"slug": "acme", "name": "acme", "status": "active"},
		}
		if diff := cmp.Diff(want, data); diff != "" {
			t.Errorf("the platform's event (-want +got):\n%s", diff)
		}
		expectFault(t, "again", r.Delete(t.Context(), "acme", nil), fault.TenantNotFound)
		expectFault(t, "nobody", r.Delete(t.Context(), "nobody", nil), fault.TenantNotFound)

		heir := create(t, r, "acme")
		if heir.ID == acme.ID || heir.Issuer != acme.Issuer {
			t.Errorf("the heir is %+v", heir)
		}
		if err := verifyWith(heir.Signing.JWKS(), token); !errors.Is(err, errUnknownKid) {
			t.Errorf("a token of the old tenant at the new one: %v", err)
		}
		if got := facts(t, db, heir.ID); !slices.Equal(got, []string{"tenant.created"}) {
			t.Errorf("the heir's events %v", got)
		}

		purge := func() {
			t.Helper()
			if err := r.PurgeDeleted(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		clk.advance(lastWords - time.Microsecond)
		purge()
		if n := len(contents(t, url, acme.ID)["events"]); n != 1 {
			t.Errorf("%d events a moment before every replica has heard", n)
		}
		clk.advance(time.Microsecond)
		purge()
		purge()
		for table, rows := range contents(t, url, acme.ID) {
			if len(rows) > 0 {
				t.Errorf("%s: %d rows left", table, len(rows))
			}
		}
		if diff := cmp.Diff(untouched, contents(t, url, other.ID)); diff != "" {
			t.Errorf("the other tenant changed:\n%s", diff)
		}
		if got := find(t, r, "acme"); got.ID != heir.ID {
			t.Error("the heir was purged")
		}
	})
}

func TestADeletionThatDiesOnTheWayIsFinishedByAnotherProcess(t *testing.T) {
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		db := open(t, url)
		all, clk := newReplicas(t, db, 2)
		acme, other := create(t, all[0], "acme"), create(t, all[0], "other")
		addUsers(t, db, acme.ID, deleteBatch+1)
		addRest(t, db, acme.ID)
		addUsers(t, db, other.ID, 2)
		untouched := contents(t, url, other.ID)
		ctx, crash := context.WithCancel(t.Context())
		err := all[0].Delete(ctx, "acme", func(rows int) {
			if rows == deleteBatch {
				crash()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Delete: %v", err)
		}
		left := contents(t, url, acme.ID)
		if len(left["data_keys"])+len(left["signing_keys"]) > 0 || len(left["users"]) != 1 || len(left["jobs"]) != 1 {
			t.Errorf("after the crash: %d data keys, %d signing keys, %d users, %d jobs", len(left["data_keys"]),
				len(left["signing_keys"]), len(left["users"]), len(left["jobs"]))
		}
		for _, r := range all {
			r.poll(t)
			_, err := r.BySlug(t.Context(), "acme")
			expectFault(t, "by slug", err, fault.TenantNotFound)
			_, err = r.ByID(t.Context(), acme.ID)
			expectFault(t, "by id", err, fault.TenantNotFound)
		}
		create(t, all[1], "acme") // the slug is free already

		// Flows that had begun before the deletion end after it: their rows go too.
		key, err := newSigningKey(acme.Keys, ES256, signingkey.StatusNext, clk.read())
		if err != nil {
			t.Fatal(err)
		}
		within := tenancy.With(t.Context(), acme.ID)
		_, err = store.InTx(within, db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
			return struct{}{}, storeSigningKey(tx, key).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		addUsers(t, db, acme.ID, 1)

		clk.advance(lastWords)
		if err := all[1].PurgeDeleted(t.Context()); err != nil {
			t.Fatal(err)
		}
		for table, rows := range contents(t, url, acme.ID) {
			if len(rows) > 0 {
				t.Errorf("%s: %d rows left", table, len(rows))
			}
		}
		if diff := cmp.Diff(untouched, contents(t, url, other.ID)); diff != "" {
			t.Errorf("the other tenant changed:\n%s", diff)
		}
	})
}

func TestOfParallelDeletionsOneSucceeds(t *testing.T) {
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		db := open(t, url)
		all, clk := newReplicas(t, db, 2)
		acme := create(t, all[0], "acme")
		addUsers(t, db, acme.ID, 20)
		results := make(chan error, 4)
		for i := range cap(results) {
			go func() { results <- all[i%2].Delete(context.Background(), "acme", nil) }()
		}
		done := 0
		for range cap(results) {
			err := <-results
			code := fault.CodeOf(err)
			if err == nil {
				done++
			} else if code != fault.TenantNotFound && code != fault.VersionConflict {
				t.Error(err)
			}
		}
		if done != 1 {
			t.Errorf("%d succeeded", done)
		}
		clk.advance(lastWords)
		for range 3 {
			go func() { results <- all[0].PurgeDeleted(context.Background()) }()
		}
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		row, err := db.Tenant.Query().Where(tenant.ID(acme.ID)).Only(t.Context())
		if !ent.IsNotFound(err) {
			t.Errorf("still there: %v, %v", row, err)
		}
		if n := len(contents(t, url, uuid.Nil)["users"]); n > 0 {
			t.Errorf("%d users are left", n)
		}
	})
}
