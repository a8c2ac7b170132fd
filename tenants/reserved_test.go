package tenants

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestTheReservedTenantBeginsWithWhatAdminsNeed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		got := find(t, r, Reserved)
		if s := got.Settings; s.Signup.Mode != SignupClosed || s.MFA.Policy != MFARequired || s.Tokens.Transport != TransportCookie {
			t.Errorf("it begins with %+v", s)
		}
		if err := r.EnsureReserved(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again := find(t, r, Reserved); again.Version != got.Version {
			t.Errorf("the next start made version %d of %d", again.Version, got.Version)
		}
		if lacks, err := r.ReservedLacks(t.Context()); err != nil || len(lacks) > 0 {
			t.Errorf("a new one lacks %v, %v", lacks, err)
		}
	})
}

func TestAReservedTenantOfBeforeIsBroughtUpUnlessSomebodyChangedIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, clk := newOne(t, db)
		id := find(t, r, Reserved).ID
		before := func(version int) {
			doc, _, err := Apply(nil, parseChanges(t, "signup.mode=closed"), nil)
			if err != nil {
				t.Fatal(err)
			}
			err = db.Tenant.Update().Where(tenant.ID(id)).SetSettings(doc).SetVersion(version).Exec(t.Context())
			if err != nil {
				t.Fatal(err)
			}
		}
		start := func() *replica {
			next := newReplica(db, clk.read, ringOf("a"))
			if err := next.EnsureReserved(t.Context()); err != nil {
				t.Fatal(err)
			}
			return next
		}
		before(1)
		up := find(t, start(), Reserved)
		if up.Version != 2 || up.Settings.MFA.Policy != MFARequired || up.Settings.Tokens.Transport != TransportCookie {
			t.Errorf("version %d has %+v", up.Version, up.Settings)
		}
		if again := find(t, start(), Reserved); again.Version != 2 {
			t.Errorf("the next start made version %d", again.Version)
		}
		before(5)
		kept := start()
		if got := find(t, kept, Reserved); got.Version != 5 || got.Settings.MFA.Policy != MFAOptional {
			t.Errorf("what somebody changed became version %d, %+v", got.Version, got.Settings)
		}
		lacks, err := kept.ReservedLacks(t.Context())
		if diff := cmp.Diff([]string{"mfa.policy=required", "tokens.transport=cookie"}, lacks); diff != "" || err != nil {
			t.Errorf("what it lacks (-want +got), %v:\n%s", err, diff)
		}
		if all := facts(t, db, id); !slices.Contains(all, "tenant.settings_changed") {
			t.Errorf("the change left no event: %v", all)
		}
	})
}
