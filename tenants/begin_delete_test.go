package tenants

import (
	"context"
	"testing"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestBeginningADeletionTouchesNoUserAndTheNextRoundTakesThem(t *testing.T) {
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		n := 0
		db, err := store.Open(url, store.Watch(func(context.Context, store.Statement) { n++ }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		r, clk := newOne(t, db)
		small, big := create(t, r, "small"), create(t, r, "big")
		addUsers(t, db, small.ID, 1)
		addUsers(t, db, big.ID, deleteBatch+1)
		counts := map[string]int{}
		for _, slug := range []string{"small", "big"} {
			n = 0
			if _, err := r.BeginDelete(t.Context(), slug); err != nil {
				t.Fatal(err)
			}
			counts[slug] = n
		}
		if counts["small"] != counts["big"] {
			t.Errorf("statements %v", counts)
		}
		_, err = r.BeginDelete(t.Context(), "big")
		expectFault(t, "again", err, fault.TenantNotFound)
		_, err = r.BeginDelete(t.Context(), Reserved)
		expectFault(t, "the platform", err, fault.TenantReserved)
		if left := contents(t, url, big.ID); len(left["users"]) != deleteBatch+1 || len(left["data_keys"])+len(left["signing_keys"]) > 0 {
			t.Errorf("%d users, %d data keys, %d signing keys are left", len(left["users"]), len(left["data_keys"]), len(left["signing_keys"]))
		}
		clk.advance(lastWords)
		if err := r.PurgeDeleted(t.Context()); err != nil {
			t.Fatal(err)
		}
		for table, rows := range contents(t, url, big.ID) {
			if len(rows) > 0 {
				t.Errorf("%s: %d rows left", table, len(rows))
			}
		}
	})
}

func TestATenantIsRenamedOnceAndEveryReplicaHears(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, _ := newReplicas(t, db, 2)
		made := create(t, all[0], "acme")
		find(t, all[1], "acme") // into its memory
		for range 2 {           // the second changes nothing
			renamed, err := all[0].Rename(t.Context(), "acme", " Acme & Söhne ")
			if err != nil || renamed.Name != "Acme & Söhne" || renamed.Version != made.Version {
				t.Fatalf("renamed to %+v, %v", renamed, err)
			}
		}
		all[1].poll(t)
		if got := find(t, all[1], "acme").Name; got != "Acme & Söhne" {
			t.Errorf("the other replica knows %q", got)
		}
		if got := facts(t, db, made.ID); len(got) != 2 || got[1] != string(events.TenantRenamed) {
			t.Errorf("events %v", got)
		}
		data := lastData(t, db, made.ID)
		if data["before"].(map[string]any)["name"] != "acme" || data["after"].(map[string]any)["name"] != "Acme & Söhne" {
			t.Errorf("event %v", data)
		}
		_, err := all[0].Rename(t.Context(), "acme", "a\nb")
		expectFault(t, "two lines", err, fault.InvalidInput)
		_, err = all[0].Rename(t.Context(), "nobody", "x")
		expectFault(t, "nobody", err, fault.TenantNotFound)
	})
}
