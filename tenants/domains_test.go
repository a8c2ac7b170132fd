package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var _ TXTLookup = net.DefaultResolver.LookupTXT

const host = "login.acme.test"

// unasked is the look-up of a test in which nothing may be looked up.
func unasked(t testing.TB) TXTLookup {
	return func(context.Context, string) ([]string, error) {
		t.Error("DNS was asked")
		return nil, nil
	}
}

func answering(records ...string) TXTLookup {
	return func(context.Context, string) ([]string, error) { return records, nil }
}

func addDomain(t testing.TB, r *replica, slug, host string) *Domain {
	t.Helper()
	d, err := r.AddDomain(t.Context(), slug, host)
	if err != nil {
		t.Fatalf("add %s: %v %v", host, err, fieldsOf(err))
	}
	return d
}

// give lets a host be a tenant's by the operator's word.
func give(t testing.TB, r *replica, slug, host string) {
	t.Helper()
	addDomain(t, r, slug, host)
	if _, err := r.VerifyDomain(t.Context(), slug, host, unasked(t), true); err != nil {
		t.Fatalf("verify %s: %v", host, err)
	}
}

// owner is whose host it is at a replica, uuid.Nil if nobody's.
func owner(t testing.TB, r *replica, host string) uuid.UUID {
	t.Helper()
	found, err := r.ByHost(t.Context(), host)
	if fault.CodeOf(err) == fault.TenantNotFound {
		return uuid.Nil
	}
	if err != nil {
		t.Fatalf("find %s: %v", host, err)
	}
	return found.ID
}

func TestAHostLeadsToItsTenantOnceItIsProven(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, clk := newOne(t, db)
		acme := create(t, r, "acme")
		added := addDomain(t, r, "acme", host)
		if added.RecordName != "_tenantgate.login.acme.test" || added.Verified() ||
			len(added.Record) != len("tenantgate-verification=")+26 {
			t.Errorf("added %+v", added)
		}
		if again := addDomain(t, r, "acme", host); !cmp.Equal(again, added) {
			t.Errorf("added again %+v, at first %+v", again, added)
		}
		notFound := &net.DNSError{Err: "no such host", IsNotFound: true}
		for what, lookup := range map[string]TXTLookup{
			"none":            answering(),
			"another proof":   answering(added.Record[:len(added.Record)-1] + "#"),
			"only a part":     answering(added.Record[:len(added.Record)-1]),
			"more than it":    answering(added.Record + " "),
			"the bare proof":  answering(strings.TrimPrefix(added.Record, "tenantgate-verification=")),
			"no such name":    func(context.Context, string) ([]string, error) { return nil, notFound },
			"found and error": func(context.Context, string) ([]string, error) { return []string{added.Record}, notFound },
		} {
			_, err := r.VerifyDomain(t.Context(), "acme", host, lookup, false)
			expectFault(t, what, err, fault.DomainUnproven)
			found, wantErr := lookup(t.Context(), "")
			var why *Unproven
			if !errors.As(err, &why) || !cmp.Equal(why.Domain, added) || !cmp.Equal(why.Found, found) || !errors.Is(why.Err, wantErr) {
				t.Errorf("%s: the cause is %+v", what, why)
			}
			if owner(t, r, host) != uuid.Nil {
				t.Fatalf("%s: the host resolves", what)
			}
		}
		clk.advance(1e9)
		asked := ""
		verified, err := r.VerifyDomain(t.Context(), "acme", host, func(ctx context.Context, name string) ([]string, error) {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the look-up may take for ever")
			}
			asked = name
			return []string{"v=spf1 -all", added.Record}, nil
		}, false)
		// Without the dot at its end, the machine's search domains would be tried too.
		if err != nil || !verified.VerifiedAt.Equal(clk.read()) || asked != "_tenantgate.login.acme.test." {
			t.Fatalf("verified %+v, %v; asked for %q", verified, err, asked)
		}
		again, err := r.VerifyDomain(t.Context(), "acme", host, unasked(t), false)
		if err != nil || !again.VerifiedAt.Equal(verified.VerifiedAt) {
			t.Errorf("verified again %+v, %v", again, err)
		}
		if owner(t, r, host) != acme.ID {
			t.Error("the host does not resolve")
		}
		if _, err := r.Suspend(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if found, err := r.ByHost(t.Context(), host); err != nil || found.Status != Suspended {
			t.Errorf("while suspended: %v, %v", found, err)
		}
		event := map[string]any{
			"host": host, "by": "dns", "before": map[string]any{"verified": false}, "after": map[string]any{"verified": true},
		}
		if diff := cmp.Diff(event, dataOf(t, db, acme.ID, "domain.verified")); diff != "" {
			t.Errorf("the event (-want +got):\n%s", diff)
		}
		if err := r.RemoveDomain(t.Context(), "acme", host); err != nil {
			t.Fatal(err)
		}
		expectFault(t, "again", r.RemoveDomain(t.Context(), "acme", host), fault.NotFound)
		if owner(t, r, host) != uuid.Nil {
			t.Error("the removed host resolves")
		}
		want := []string{"tenant.created", "domain.added", "domain.verified", "tenant.suspended", "domain.removed"}
		if diff := cmp.Diff(want, facts(t, db, acme.ID)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// dataOf returns what a tenant's event of a type says.
func dataOf(t testing.TB, db *store.Store, tenant uuid.UUID, fact string) map[string]any {
	t.Helper()
	rows, err := db.Event.Query().All(tenancy.With(t.Context(), tenant))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Type == fact {
			var out map[string]any
			if err := json.Unmarshal(row.Data, &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Fatalf("no event %s", fact)
	return nil
}

func TestOnlyWholeNamesThatAreNotOursCanBeATenants(t *testing.T) {
	t.Parallel()
	r, _ := newOne(t, storetest.SQLite(t))
	create(t, r, "acme")
	label := strings.Repeat("a", 63)
	for _, good := range []string{
		"a.b", "acme.localhost", "xn--bcher-kva.example", "1.2.3.com", "a-b.c9", strings.Repeat(label+".", 3) + strings.Repeat("a", 49),
	} {
		addDomain(t, r, "acme", good)
	}
	for _, bad := range []string{
		"", "localhost", "acme", "Login.acme.test", "login.acme.test.", ".acme.test", "login..test", "login.acme.test:443",
		"*.acme.test", "192.0.2.1", "[2001:db8::1]", "2001:db8::1", "1.2.3", "0x7f.0x1", "log_in.acme.test", "-a.test", "a-.test",
		"bücher.test", "login.acme.test/", "login acme.test", "a.test\n", "https://a.test", "user@a.test",
		strings.Repeat(label+".", 3) + strings.Repeat("a", 50), label + "a.test",
		"auth.test", // of the public URL
	} {
		_, err := r.AddDomain(t.Context(), "acme", bad)
		expectFault(t, fmt.Sprintf("%q", bad), err, fault.InvalidInput)
		if fields := fieldsOf(err); len(fields) != 1 || fields[0].Field != "host" {
			t.Errorf("%q: fields %v", bad, fields)
		}
		if owner(t, r, bad) != uuid.Nil {
			t.Errorf("%q resolves", bad)
		}
	}
	_, err := r.AddDomain(t.Context(), "nobody", host)
	expectFault(t, "no such tenant: add", err, fault.TenantNotFound)
	_, err = r.VerifyDomain(t.Context(), "nobody", host, unasked(t), true)
	expectFault(t, "no such tenant: verify", err, fault.TenantNotFound)
	expectFault(t, "no such tenant: remove", r.RemoveDomain(t.Context(), "nobody", host), fault.TenantNotFound)
	_, err = r.Domains(t.Context(), "nobody")
	expectFault(t, "no such tenant: list", err, fault.TenantNotFound)
	_, err = r.VerifyDomain(t.Context(), "acme", host, unasked(t), true)
	expectFault(t, "never added", err, fault.NotFound)
	expectFault(t, "never added: remove", r.RemoveDomain(t.Context(), "acme", host), fault.NotFound)
}

func TestAHostThatBecameThePublicOneIsNotVerified(t *testing.T) {
	t.Parallel()
	r, _ := newOne(t, storetest.SQLite(t))
	create(t, r, "acme")
	addDomain(t, r, "acme", host)
	r.publicURL = func() string { return "https://LOGIN.acme.test:8443/auth" }
	_, err := r.VerifyDomain(t.Context(), "acme", host, unasked(t), true)
	expectFault(t, "the public host", err, fault.InvalidInput)
}

func TestEveryReplicaHearsOfHosts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, _ := newReplicas(t, db, 3)
		acme, other := create(t, all[0], "acme"), create(t, all[0], "other")
		everywhere := func(what string, host string, want uuid.UUID) {
			t.Helper()
			for i, r := range all {
				r.poll(t)
				for range 2 { // from the database, then from the cache
					if got := owner(t, r, host); got != want {
						t.Errorf("%s: at replica %d %s is %s's, want %s", what, i, host, got, want)
					}
				}
			}
		}
		everywhere("at first", host, uuid.Nil) // which is kept
		addDomain(t, all[0], "acme", host)
		everywhere("added", host, uuid.Nil)
		give(t, all[1], "acme", host)
		everywhere("verified", host, acme.ID)
		if err := all[2].RemoveDomain(t.Context(), "acme", host); err != nil {
			t.Fatal(err)
		}
		everywhere("removed", host, uuid.Nil)
		give(t, all[0], "other", host)
		everywhere("another's now", host, other.ID)

		_, err := all[1].AddDomain(t.Context(), "acme", host)
		if err != nil {
			t.Fatal(err)
		}
		_, err = all[1].VerifyDomain(t.Context(), "acme", host, unasked(t), true)
		expectFault(t, "taken", err, fault.DomainTaken)
		if err := all[1].Delete(t.Context(), "other", nil); err != nil {
			t.Fatal(err)
		}
		everywhere("its tenant is gone", host, uuid.Nil)
		if _, err := all[1].VerifyDomain(t.Context(), "acme", host, unasked(t), true); err != nil {
			t.Errorf("the host is not free: %v", err)
		}
		everywhere("free for another", host, acme.ID)
	})
}

func TestAHostIsReadOnceWhileTheFeedConfirmsIt(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	reads := 0
	db := storetest.SQLite(t, store.Watch(func(_ context.Context, s store.Statement) {
		if strings.HasPrefix(s.Query, "SELECT") && strings.Contains(s.Query, "tenant_domains") {
			mu.Lock()
			defer mu.Unlock()
			reads++
		}
	}))
	r, _ := newOne(t, db)
	acme := create(t, r, "acme")
	give(t, r, "acme", host)
	count := func(do func()) int {
		mu.Lock()
		before := reads
		mu.Unlock()
		do()
		mu.Lock()
		defer mu.Unlock()
		return reads - before
	}
	if n := count(func() { owner(t, r, host); owner(t, r, host) }); n != 2 {
		t.Errorf("%d reads before the first poll", n)
	}
	for name, want := range map[string]uuid.UUID{host: acme.ID, "nobody.acme.test": uuid.Nil} {
		n := 0
		for range 20 { // the confirmation lasts a second, and the machine may be busy
			r.poll(t)
			owner(t, r, name)
			n = count(func() {
				if owner(t, r, name) != want {
					t.Errorf("%s is not %s's", name, want)
				}
			})
			if r.feed.Fresh() {
				break
			}
		}
		if n != 0 {
			t.Errorf("%s: %d reads while it is cached", name, n)
		}
	}
	if n := count(func() { owner(t, r, "no name at all") }); n != 0 {
		t.Errorf("%d reads for what is no name", n)
	}
}

func TestAnUnverifiedRowWithoutAnOwnerResolvesForNobody(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	r, _ := newOne(t, db)
	acme := create(t, r, "acme")
	// A row whose time says verified, which only serves decides.
	err := db.TenantDomain.Create().SetID(ids.New()).SetHost(host).SetProof("p").SetVerifiedAt(r.now()).SetCreatedAt(r.now()).
		Exec(tenancy.With(t.Context(), acme.ID))
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Domains(t.Context(), "acme")
	if err != nil || len(list) != 1 || list[0].Verified() || owner(t, r, host) != uuid.Nil {
		t.Errorf("%+v, %v", list, err)
	}
}
