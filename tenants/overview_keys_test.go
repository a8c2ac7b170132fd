package tenants

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestTheKeysOfSeveralTenantsAreListedByTenantAndFoundById(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		acme, other, left := create(t, r, "acme"), create(t, r, "other"), create(t, r, "left")
		made := func(of *Tenant, name string) *APIKey {
			t.Helper()
			k, _, err := r.CreateAPIKey(t.Context(), of, NewAPIKey{Name: name, Role: access.Auditor})
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		first := made(acme, "first")
		made(other, "second")
		made(acme, "third")
		made(left, "not asked for")

		keys, err := r.APIKeysOf(t.Context(), []*Tenant{acme, other})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for _, of := range []*Tenant{acme, other, left} {
			for _, k := range keys[of.ID] {
				if k.Tenant != of.ID {
					t.Errorf("%s is listed with %s", k.Name, of.Slug)
				}
				got[of.Slug] = append(got[of.Slug], k.Name)
			}
		}
		if diff := cmp.Diff(map[string][]string{"acme": {"third", "first"}, "other": {"second"}}, got); diff != "" {
			t.Error(diff)
		}

		of, err := r.TenantOfAPIKey(t.Context(), first.ID)
		if err != nil || of.Slug != "acme" {
			t.Errorf("the tenant of a key is %v, %v", of, err)
		}
		_, err = r.TenantOfAPIKey(t.Context(), ids.New())
		expectFault(t, "a key that does not exist", err, fault.NotFound)
	})
}
