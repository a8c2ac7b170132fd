package graph_test

import (
	"fmt"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
)

const (
	addDomain = `mutation($input: DomainInput!) { addDomain(input: $input) {
  domain { id host verified recordName recordValue verifiedAt } userErrors { field code message } eventId } }`
	verifyDomain = `mutation($input: DomainInput!) { verifyDomain(input: $input) {
  domain { host verified verifiedAt } userErrors { field code message } eventId } }`
	removeDomain = `mutation($input: DomainInput!) { removeDomain(input: $input) { removedHost userErrors { field code message } eventId } }`
)

func TestDomains(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner := env.Key(t, access.Owner, "")
	acme, globex := env.TenantID(t, graphtest.Acme), env.TenantID(t, graphtest.Globex)
	of := func(tenant, host string) graphtest.Vars {
		return graphtest.Vars{"input": graphtest.Vars{"tenant": tenant, "host": host}}
	}
	const host = "login.acme.test"
	tr := env.Transcribe(t, "domains", "The hosts of a tenant: added, proven by DNS, removed; with each user error.")
	added := tr.Do("add", owner, addDomain, of(acme, host))
	tr.Do("add again", owner, addDomain, of(acme, host))
	tr.Do("add what is no host", owner, addDomain, of(acme, "https://login.acme.test/"))
	tr.Do("add the service's own", owner, addDomain, of(acme, "auth.example.test"))
	tr.Do("add to another's", env.Key(t, access.Owner, graphtest.Globex), addDomain, of(acme, host))
	tr.Do("verify without a record", owner, verifyDomain, of(acme, host))
	env.DNS.Answer("_tenantgate.login.acme.test", "v=spf1 -all", "tenantgate-verification=guess")
	tr.Do("verify with other records", owner, verifyDomain, of(acme, host))
	env.DNS.Answer("_tenantgate.login.acme.test")
	tr.Do("verify while DNS is down", owner, verifyDomain, of(acme, host))
	env.DNS.Answer("_tenantgate.login.acme.test", "v=spf1 -all", added.Text("addDomain", "domain", "recordValue"))
	tr.Do("verify", owner, verifyDomain, of(acme, host))
	tr.Do("verify again", owner, verifyDomain, of(acme, host))
	tr.Do("verify what was not added", owner, verifyDomain, of(acme, "other.acme.test"))
	theirs := env.Must(t, owner, addDomain, of(globex, host))
	env.DNS.Answer("_tenantgate.login.acme.test", theirs.Text("addDomain", "domain", "recordValue"))
	tr.Do("verify what another serves", owner, verifyDomain, of(globex, host))
	tr.Do("remove", owner, removeDomain, of(acme, host))
	tr.Do("remove again", owner, removeDomain, of(acme, host))
	tr.Do("remove without the scope", env.Key(t, access.Auditor, graphtest.Acme), removeDomain, of(acme, host))
	for i := range tenants.MaxDomains {
		env.Must(t, owner, addDomain, of(acme, fmt.Sprintf("h%d.acme.test", i)))
	}
	tr.Do("one too many", owner, addDomain, of(acme, "more.acme.test"))
}

func TestADomainChangesOnceUnderAKey(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	with := func(key string) graphtest.Vars {
		return graphtest.Vars{"input": graphtest.Vars{"tenant": acme, "host": "login.acme.test", "idempotencyKey": key}}
	}
	first := env.Must(t, owner, addDomain, with("a"))
	env.DNS.Answer("_tenantgate.login.acme.test", first.Text("addDomain", "domain", "recordValue"))
	if again := env.Must(t, owner, addDomain, with("a")); again.Body != first.Body || first.Text("addDomain", "eventId") == "" {
		t.Errorf("added %s, then %s", first.Body, again.Body)
	}
	verified := env.Must(t, owner, verifyDomain, with("a")) // keys count by mutation
	if again := env.Must(t, owner, verifyDomain, with("a")); again.Body != verified.Body || verified.At("verifyDomain", "domain", "verified") != true {
		t.Errorf("verified %s, then %s", verified.Body, again.Body)
	}
	removed := env.Must(t, owner, removeDomain, with("a"))
	if again := env.Must(t, owner, removeDomain, with("a")); again.Body != removed.Body || removed.Text("removeDomain", "removedHost") == "" {
		t.Errorf("removed %s, then %s", removed.Body, again.Body)
	}
	// What was added under the key is gone; it was not done twice.
	gone := env.Must(t, owner, addDomain, with("a"))
	if gone.At("addDomain", "domain") != nil || gone.Text("addDomain", "eventId") != first.Text("addDomain", "eventId") {
		t.Error(gone.Body)
	}
	if hosts, err := env.Tenants.Domains(t.Context(), graphtest.Acme); err != nil || len(hosts) != 0 {
		t.Errorf("hosts %v, %v", hosts, err)
	}
}

func TestDomainsAndKeysAreFetchedAgainByTheirIDs(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	env.Must(t, owner, addDomain, graphtest.Vars{"input": graphtest.Vars{"tenant": acme, "host": "login.acme.test"}})
	list := env.Must(t, owner, `{ tenant(slug: "acme") { domains { id } signingKeys { id kid } } }`, nil)
	domain, key := list.Text("tenant", "domains", 0, "id"), list.Text("tenant", "signingKeys", 0, "id")
	const fetch = `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Domain { host } ... on SigningKey { kid } } }`
	got := env.Must(t, env.Key(t, access.Auditor, graphtest.Acme), fetch, graphtest.Vars{"ids": []string{domain, key}})
	if got.Text("nodes", 0, "host") != "login.acme.test" || got.Text("nodes", 1, "kid") != list.Text("tenant", "signingKeys", 0, "kid") ||
		got.Text("nodes", 0, "id") != domain || got.Text("nodes", 1, "id") != key {
		t.Error(got.Body)
	}
	for _, as := range []graphtest.Caller{
		env.Key(t, access.Auditor, graphtest.Globex), env.Key(t, access.Owner, graphtest.Acme, access.UsersRead),
	} {
		if got := env.Must(t, as, fetch, graphtest.Vars{"ids": []string{domain, key}}); got.At("nodes", 0) != nil || got.At("nodes", 1) != nil {
			t.Errorf("%s sees %s", as.Name, got.Body)
		}
	}
}
