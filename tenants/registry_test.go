package tenants

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestAChangeAtOneReplicaIsSeenAtTheOtherAfterItsPoll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, clk := newReplicas(t, db, 2)
		here, there := all[0], all[1]
		create(t, here, "acme")
		create(t, here, "bystander")
		must := func(_ *Tenant, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			name   string
			change func()
			seen   func(before, now *Tenant) bool
		}{
			{
				"settings", func() { must(here.Set(t.Context(), "acme", 0, parseChanges(t, "codes.digits=9"))) },
				func(_, now *Tenant) bool { return now.Settings.Codes.Digits == 9 },
			},
			{
				"suspension", func() { must(here.Suspend(t.Context(), "acme")) },
				func(_, now *Tenant) bool { return now.Status == Suspended },
			},
			{
				"resumption", func() { must(here.Resume(t.Context(), "acme")) },
				func(_, now *Tenant) bool { return now.Status == Active },
			},
			{
				"compromised key", func() { must(here.Rotate(t.Context(), "acme", RotateInput{Compromised: true})) },
				func(before, now *Tenant) bool {
					return !accepts(t, now, before.Signing.ActiveKid(), clk.read())
				},
			},
			{
				"rotation", func() {
					clk.advance(PublishLead)
					must(here.Rotate(t.Context(), "acme", RotateInput{}))
				},
				func(_, now *Tenant) bool { return published(now) == 3 },
			},
			{
				"retirement", func() {
					clk.advance(time.Duration(maxAccess) + Leeway + JWKSMaxAge + time.Second)
					if err := here.RotateDue(t.Context()); err != nil {
						t.Fatal(err)
					}
				},
				func(_, now *Tenant) bool { return published(now) == 2 },
			},
		} {
			there.poll(t)
			before, bystander := find(t, there, "acme"), find(t, there, "bystander")
			byID, err := there.ByID(t.Context(), before.ID)
			if err != nil {
				t.Fatal(err)
			}
			if c.seen(before, before) || c.seen(before, byID) {
				t.Fatalf("%s: seen before it happened", c.name)
			}
			c.change()
			if !c.seen(before, find(t, here, "acme")) {
				t.Errorf("%s: not seen at once where it happened", c.name)
			}
			there.poll(t)
			if !c.seen(before, find(t, there, "acme")) {
				t.Errorf("%s: not seen by slug after a poll", c.name)
			}
			if byID, err = there.ByID(t.Context(), before.ID); err != nil || !c.seen(before, byID) {
				t.Errorf("%s: not seen by id after a poll, %v", c.name, err)
			}
			if find(t, there, "bystander") != bystander {
				t.Errorf("%s: the other tenant was forgotten too", c.name)
			}
		}
		before := find(t, there, "acme")
		if err := here.Delete(t.Context(), "acme", nil); err != nil {
			t.Fatal(err)
		}
		there.poll(t)
		_, err := there.BySlug(t.Context(), "acme")
		expectFault(t, "deleted, by slug", err, fault.TenantNotFound)
		_, err = there.ByID(t.Context(), before.ID)
		expectFault(t, "deleted, by id", err, fault.TenantNotFound)
		_, err = there.Keys(t.Context(), before.ID)
		expectFault(t, "deleted, its keys", err, fault.TenantNotFound)
	})
}

func TestASlugLeadsToItsNextTenantOnceTheFirstIsDeleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, _ := newReplicas(t, db, 2)
		here, there := all[0], all[1]
		first := create(t, here, "acme")
		there.poll(t)
		if found := find(t, there, "acme"); found.ID != first.ID {
			t.Fatal("another tenant was found")
		}
		if err := here.Delete(t.Context(), "acme", nil); err != nil {
			t.Fatal(err)
		}
		next := create(t, here, "acme")
		for name, r := range map[string]*replica{"where it happened": here, "elsewhere, after a poll": there} {
			r.poll(t)
			if found := find(t, r, "acme"); found.ID != next.ID || found.ID == first.ID {
				t.Errorf("%s the slug leads to %s, not to %s", name, found.ID, next.ID)
			}
		}
	})
}

func TestUnknownTenantsAreNotFoundAndLaterOnesAre(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, _ := newReplicas(t, db, 2)
		all[1].poll(t)
		_, err := all[1].BySlug(t.Context(), "acme")
		expectFault(t, "not made yet", err, fault.TenantNotFound)
		for _, id := range []uuid.UUID{{}, ids.New()} {
			_, err = all[1].ByID(t.Context(), id)
			expectFault(t, "no such id", err, fault.TenantNotFound)
		}
		made := create(t, all[0], "acme")
		if found := find(t, all[1], "acme"); found.ID != made.ID {
			t.Error("a refusal was cached")
		}
		keys, err := all[1].Keys(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		box, err := made.Keys.Seal(settingPlace("x"), []byte("canary"))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := keys.Open(settingPlace("x"), box); err != nil || string(plain) != "canary" {
			t.Errorf("the other replica opens %q, %v", plain, err)
		}
	})
}

func TestWithoutPollsForASecondEveryResolutionReadsTheDatabase(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	synctest.Test(t, func(t *testing.T) {
		all, _ := newReplicas(t, open(t, url), 2)
		here, there := all[0], all[1]
		create(t, here, "acme")
		there.poll(t)
		cached := find(t, there, "acme")
		if _, err := here.Suspend(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if find(t, there, "acme") != cached {
			t.Error("a poll of a second ago does not confirm the cache")
		}
		time.Sleep(time.Nanosecond)
		if got := find(t, there, "acme"); got.Status != Suspended {
			t.Errorf("more than a second after the last poll the tenant is %s", got.Status)
		}
		if _, err := here.Resume(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if got := find(t, there, "acme"); got.Status != Active {
			t.Errorf("without polls the tenant is %s", got.Status)
		}
	})
}

func TestAChangeBetweenReadingAndKeepingATenantLeavesNoStaleEntry(t *testing.T) {
	t.Parallel()
	for name, newStore := range map[string]func(testing.TB, ...store.Option) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var between hook
			db := newStore(t, store.Watch(between.seen))
			all, _ := newReplicas(t, db, 3)
			here := all[0]
			made := create(t, here, "acme")
			for lookup, of := range map[string]struct {
				there  *replica // has not seen the tenant
				get    func(*replica) (*Tenant, error)
				change string
			}{
				"by slug": {all[1], func(r *replica) (*Tenant, error) { return r.BySlug(t.Context(), "acme") }, "codes.digits=9"},
				"by id":   {all[2], func(r *replica) (*Tenant, error) { return r.ByID(t.Context(), made.ID) }, "codes.tries=4"},
			} {
				there := of.there
				there.poll(t)
				want := 1
				// The row has been read when its keys are.
				between.once("signing_keys", func() {
					changed, err := here.Set(context.Background(), "acme", 0, parseChanges(t, of.change))
					if err != nil {
						t.Error(err)
						return
					}
					want = changed.Version
					there.poll(t)
				})
				stale, err := of.get(there)
				if err != nil || stale.Version >= want {
					t.Fatalf("%s: version %v, %v; the change of version %d did not come between", lookup, stale, err, want)
				}
				there.poll(t)
				if got, err := of.get(there); err != nil || got.Version != want {
					t.Errorf("%s: a stale entry was kept: %v, %v", lookup, got, err)
				}
			}
		})
	}
}

// hook runs something once, just before a statement on a table is sent.
type hook struct {
	mu    sync.Mutex
	table string
	do    func()
}

func (h *hook) once(table string, do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.table, h.do = table, do
}

func (h *hook) seen(_ context.Context, s store.Statement) {
	h.mu.Lock()
	do := h.do
	if do == nil || !strings.Contains(s.Query, h.table) {
		h.mu.Unlock()
		return
	}
	h.do = nil
	h.mu.Unlock()
	do()
}
