package tenants

import (
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestTheKeysOfATenantThatOpenSomethingAreBounded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, clock := newReplicas(t, db, 2)
		acme, other := create(t, all[0], "acme"), create(t, all[0], "other")
		in := NewAPIKey{Name: "ci", Role: access.Auditor}
		short := NewAPIKey{Name: "ci", Role: access.Auditor, Life: time.Hour}
		var last *APIKey
		for n := range MaxAPIKeys - 1 {
			of := in
			if n == 0 {
				of = short
			}
			k, _, err := all[0].CreateAPIKey(t.Context(), acme, of)
			if err != nil {
				t.Fatal(err)
			}
			last = k
		}
		results := make([]error, 6)
		var done sync.WaitGroup
		for i := range results {
			done.Go(func() { _, _, results[i] = all[i%2].CreateAPIKey(t.Context(), acme, in) })
		}
		done.Wait()
		made := 0
		for _, err := range results {
			if err == nil {
				made++
				continue
			}
			expectFault(t, "one too many", err, fault.LimitReached)
		}
		if made != 1 {
			t.Errorf("%d of the last were made", made)
		}
		if _, _, err := all[0].CreateAPIKey(t.Context(), other, in); err != nil {
			t.Errorf("of another tenant: %v", err)
		}
		// Those that open nothing any more do not count.
		if _, err := all[0].RevokeAPIKey(t.Context(), acme, last.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := all[0].CreateAPIKey(t.Context(), acme, in); err != nil {
			t.Errorf("after one was revoked: %v", err)
		}
		clock.advance(time.Hour)
		if _, _, err := all[0].CreateAPIKey(t.Context(), acme, in); err != nil {
			t.Errorf("after one has expired: %v", err)
		}
		_, _, err := all[0].CreateAPIKey(t.Context(), acme, in)
		expectFault(t, "and no more", err, fault.LimitReached)
	})
}
