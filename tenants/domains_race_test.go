package tenants

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestOfTenantsThatVerifyAHostAtOnceOneWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, _ := newReplicas(t, db, 2)
		slugs := []string{"acme", "other", "third", "fourth"}
		tenants := map[string]uuid.UUID{}
		for _, slug := range slugs {
			tenants[slug] = create(t, all[0], slug).ID
		}
		for round := range 5 {
			host := fmt.Sprintf("login%d.acme.test", round)
			results := make([]error, len(slugs))
			var ready, done sync.WaitGroup
			ready.Add(len(slugs))
			for i, slug := range slugs {
				d := addDomain(t, all[0], slug, host)
				done.Go(func() {
					_, results[i] = all[i%2].VerifyDomain(t.Context(), slug, host, func(context.Context, string) ([]string, error) {
						ready.Done()
						ready.Wait() // all have proven before the first is stored
						return []string{d.Record}, nil
					}, false)
				})
			}
			done.Wait()
			winner := ""
			for i, err := range results {
				switch {
				case err == nil && winner == "":
					winner = slugs[i]
				case err == nil:
					t.Errorf("%s and %s have %s", winner, slugs[i], host)
				default:
					expectFault(t, slugs[i], err, fault.DomainTaken)
				}
			}
			for _, r := range all {
				r.poll(t)
				if got := owner(t, r, host); winner == "" || got != tenants[winner] {
					t.Errorf("%s is %s's, and %q won", host, got, winner)
				}
			}
		}
	})
}

func TestATenantHasTwentyHostsAndNotOneMore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		create(t, r, "acme")
		create(t, r, "other")
		const tries = MaxDomains + 5
		results := make(chan error, tries)
		for i := range tries {
			go func() {
				_, err := r.AddDomain(t.Context(), "acme", fmt.Sprintf("h%02d.acme.test", i))
				results <- err
			}()
		}
		added := 0
		for range tries {
			if err := <-results; err == nil {
				added++
			} else {
				expectFault(t, "too many", err, fault.LimitReached)
			}
		}
		list, err := r.Domains(t.Context(), "acme")
		if err != nil || added != MaxDomains || len(list) != MaxDomains {
			t.Fatalf("%d added, %d listed, %v", added, len(list), err)
		}
		addDomain(t, r, "acme", list[0].Host) // once more
		addDomain(t, r, "other", list[0].Host)
		if err := r.RemoveDomain(t.Context(), "acme", list[0].Host); err != nil {
			t.Fatal(err)
		}
		addDomain(t, r, "acme", "one.more.test")
		for i := range list[1:] {
			if list[i].Host >= list[i+1].Host {
				t.Errorf("%s is listed before %s", list[i].Host, list[i+1].Host)
			}
		}
	})
}

func TestWhatWasProvenIsTheRecordThatWasLookedUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		create(t, r, "acme")
		old := addDomain(t, r, "acme", host)
		_, err := r.VerifyDomain(t.Context(), "acme", host, func(context.Context, string) ([]string, error) {
			if err := r.RemoveDomain(t.Context(), "acme", host); err != nil {
				t.Error(err)
			}
			if fresh := addDomain(t, r, "acme", host); fresh.Record == old.Record {
				t.Error("the proof is the same again")
			}
			return []string{old.Record}, nil
		}, false)
		expectFault(t, "removed meanwhile", err, fault.NotFound)
		if owner(t, r, host) != uuid.Nil {
			t.Error("the host resolves")
		}
	})
}

func TestADeletedTenantKeepsNoHostHoweverTheyRace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		for round := range 5 {
			slug := fmt.Sprintf("acme%d", round)
			id := create(t, r, slug).ID
			addDomain(t, r, slug, host)
			var done sync.WaitGroup
			done.Go(func() {
				if err := r.Delete(context.Background(), slug, nil); err != nil {
					t.Error(err)
				}
			})
			done.Go(func() {
				_, err := r.VerifyDomain(t.Context(), slug, host, unasked(t), true)
				if code := fault.CodeOf(err); err != nil && code != fault.TenantNotFound && code != fault.NotFound {
					t.Errorf("verify: %v", err)
				}
			})
			done.Go(func() {
				_, err := r.AddDomain(t.Context(), slug, "second.acme.test")
				if err != nil && fault.CodeOf(err) != fault.TenantNotFound {
					t.Errorf("add: %v", err)
				}
			})
			done.Wait()
			n, err := db.TenantDomain.Query().Count(tenancy.With(t.Context(), id))
			if err != nil || n != 0 {
				t.Errorf("%d hosts are left, %v", n, err)
			}
			r.poll(t)
			if owner(t, r, host) != uuid.Nil {
				t.Error("the host resolves")
			}
		}
	})
}
