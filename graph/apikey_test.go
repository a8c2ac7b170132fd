package graph_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
)

const (
	createKey = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  apiKey { id keyId name role scopes tenantId createdAt createdBy expiresAt lastUsedAt revokedAt active } secret userErrors { field code message } eventId } }`
	revokeKey = `mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  apiKey { keyId active revokedAt } userErrors { field code message } eventId } }`
	someKeys = `query($tenant: ID, $first: Int, $after: String, $last: Int, $where: ApiKeyWhere, $orderBy: ApiKeyOrder) {
  apiKeys(tenant: $tenant, first: $first, after: $after, last: $last, where: $where, orderBy: $orderBy) {
    nodes { id name role active } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`
	oneKey = `query($id: ID!) { node(id: $id) { id ... on ApiKey { name scopes } } }`
	whoAmI = `{ viewer { kind } }`
)

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	theirs, foreign := env.Key(t, access.Admin, graphtest.Acme), env.Key(t, access.Owner, graphtest.Globex)
	tr := env.Transcribe(t, "apikeys", "API keys: made, shown once, listed, revoked, with each user error.")
	made := tr.Do("of a tenant, for a while", owner, createKey,
		input("name", "ci", "role", "ADMIN", "scopes", []string{"USERS_READ", "TENANTS_READ"}, "tenant", acme, "expiresIn", "90d", "idempotencyKey", "k"))
	tr.Do("the same again under its key", owner, createKey,
		input("name", "ci", "role", "ADMIN", "scopes", []string{"USERS_READ", "TENANTS_READ"}, "tenant", acme, "expiresIn", "90d", "idempotencyKey", "k"))
	tr.Do("over every tenant", owner, createKey, input("name", "ops", "role", "AUDITOR"))
	tr.Do("by an admin of the tenant", theirs, createKey, input("name", "mine", "role", "SUPPORT", "tenant", acme))
	tr.Do("more than its maker", theirs, createKey, input("name", "more", "role", "OWNER", "tenant", acme))
	tr.Do("over every tenant by an admin of one", theirs, createKey, input("name", "more", "role", "AUDITOR"))
	tr.Do("a scope that the role lacks", owner, createKey, input("name", "x", "role", "SUPPORT", "scopes", []string{"KEYS_ROTATE"}))
	tr.Do("a life of ages", owner, createKey, input("name", "x", "role", "SUPPORT", "expiresIn", "36500d"))
	tr.Do("no scope", owner, createKey, input("name", "x", "role", "SUPPORT", "scopes", []string{}))
	tr.Do("no name, no life", owner, createKey, input("name", " ", "role", "SUPPORT", "expiresIn", "4000d"))
	tr.Do("a life of nothing", owner, createKey, input("name", "x", "role", "SUPPORT", "expiresIn", "0s"))
	tr.Do("of another tenant", foreign, createKey, input("name", "x", "role", "SUPPORT", "tenant", acme))
	page := tr.Do("list", theirs, someKeys, graphtest.Vars{"tenant": acme, "first": 2})
	tr.Do("the next page", theirs, someKeys, graphtest.Vars{"tenant": acme, "first": 2, "after": page.Text("apiKeys", "pageInfo", "endCursor")})
	tr.Do("oldest first", theirs, someKeys, graphtest.Vars{"tenant": acme, "last": 1, "orderBy": graphtest.Vars{"field": "CREATED_AT", "direction": "ASC"}})
	tr.Do("those that open nothing", theirs, someKeys, graphtest.Vars{"tenant": acme, "first": 5, "where": graphtest.Vars{"active": false}})
	tr.Do("a cursor of another list", theirs, someKeys, graphtest.Vars{
		"tenant": acme, "first": 2, "after": page.Text("apiKeys", "pageInfo", "endCursor"), "where": graphtest.Vars{"active": true},
	})
	tr.Do("of another tenant's", foreign, someKeys, graphtest.Vars{"tenant": acme, "first": 5})
	tr.Do("of every tenant for an admin of one", theirs, someKeys, graphtest.Vars{"first": 5})
	id := made.Text("createApiKey", "apiKey", "id")
	tr.Do("one as a node", theirs, oneKey, graphtest.Vars{"id": id})
	tr.Do("one of another tenant", foreign, oneKey, graphtest.Vars{"id": id})
	tr.Do("revoke another tenant's", foreign, revokeKey, input("id", id))
	tr.Do("revoke", theirs, revokeKey, input("id", id, "idempotencyKey", "r"))
	tr.Do("the same again under its key", theirs, revokeKey, input("id", id, "idempotencyKey", "r"))
	tr.Do("revoke again", theirs, revokeKey, input("id", id))
	tr.Do("what is no key", owner, revokeKey, input("id", acme))
	mighty := env.Must(t, owner, createKey, input("name", "root", "role", "OWNER", "tenant", acme)).Text("createApiKey", "apiKey", "id")
	tr.Do("revoke one that may do more", theirs, revokeKey, input("id", mighty))
}

func TestAKeyEndsWithItsTimeAndItsTenant(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	made := env.Must(t, owner, createKey, input("name", "x", "role", "AUDITOR", "tenant", acme, "expiresIn", "1h"))
	short := graphtest.Caller{Name: "short", Bearer: made.Text("createApiKey", "secret")}
	env.Must(t, short, whoAmI, nil)
	env.Clock.Advance(time.Hour)
	if over := env.Do(t, short, whoAmI, nil); over.Status != 401 || over.Code() != "INVALID_TOKEN" {
		t.Errorf("it has expired: %s", over.Body)
	}
	long := env.Key(t, access.Auditor, graphtest.Acme)
	if _, err := env.Tenants.Suspend(t.Context(), graphtest.Acme); err != nil {
		t.Fatal(err)
	}
	if off := env.Do(t, long, whoAmI, nil); off.Status != 401 {
		t.Errorf("its tenant is suspended: %s", off.Body)
	}
}

func TestADM03AWrongKey(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, env *graphtest.Env) {
		replicas := env.Replicas(t, 3)
		owner, victim := env.Key(t, access.Owner, ""), env.Key(t, access.Auditor, graphtest.Acme)
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(victim.Bearer, tenants.KeyPrefix))
		if err != nil {
			t.Fatal(err)
		}
		changed := func(at int) string {
			other := append([]byte(nil), raw...)
			other[at] ^= 1
			return tenants.KeyPrefix + base64.RawURLEncoding.EncodeToString(other)
		}
		for name, key := range map[string]string{
			"the same prefix": tenants.KeyPrefix + "abc", "another secret": changed(63), "another id": changed(20), "another tenant": changed(3),
			"the same length": strings.Repeat("x", len(victim.Bearer)), "no prefix": strings.TrimPrefix(victim.Bearer, tenants.KeyPrefix),
			"a longer one": victim.Bearer + "A", "padded": victim.Bearer + "=",
		} {
			if a := env.Do(t, graphtest.Caller{Name: name, Bearer: key}, whoAmI, nil); a.Status != 401 || a.Code() != "INVALID_TOKEN" {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		for _, r := range replicas {
			r.Must(t, victim, whoAmI, nil)
		}
		list := graphtest.Vars{"tenant": env.TenantID(t, graphtest.Acme), "first": 1}
		id := env.Must(t, owner, someKeys, list).Text("apiKeys", "nodes", 0, "id")
		replicas[1].Must(t, owner, revokeKey, input("id", id))
		for i, r := range replicas {
			if a := r.Do(t, victim, whoAmI, nil); a.Status != 401 {
				t.Errorf("replica %d takes a key that was revoked: %s", i, a.Body)
			}
		}
	})
}

func TestOnlyKeysThatAreNoneCountAgainstTheirAddress(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme := env.Tenant(t, graphtest.Acme)
	key := func() (*tenants.APIKey, graphtest.Caller) {
		k, secret, err := env.Tenants.CreateAPIKey(t.Context(), acme, tenants.NewAPIKey{Name: "x", Role: access.Auditor})
		if err != nil {
			t.Fatal(err)
		}
		return k, graphtest.Caller{Bearer: secret}
	}
	_, good := key()
	over, revoked := key()
	if _, err := env.Tenants.RevokeAPIKey(t.Context(), acme, over.ID); err != nil {
		t.Fatal(err)
	}
	for range 70 {
		if a := env.Do(t, revoked, whoAmI, nil); a.Code() != "INVALID_TOKEN" {
			t.Fatalf("a key that was revoked: %s", a.Body)
		}
	}
	wrong := graphtest.Caller{Name: "wrong", Bearer: good.Bearer[:len(good.Bearer)-2] + "AA"}
	for range 60 {
		if a := env.Do(t, wrong, whoAmI, nil); a.Code() != "INVALID_TOKEN" {
			t.Fatal(a.Body)
		}
	}
	limited := env.Do(t, wrong, whoAmI, nil)
	if wait, _ := limited.Errors[0].Extensions["retryAfter"].(float64); limited.Code() != "RATE_LIMITED" || wait < 1 {
		t.Fatal(limited.Body)
	}
	env.Must(t, good, whoAmI, nil) // behind the same address
	if a := env.Do(t, revoked, whoAmI, nil); a.Code() != "INVALID_TOKEN" {
		t.Errorf("a key that was revoked: %s", a.Body)
	}
	env.Clock.Advance(time.Minute)
	if a := env.Do(t, wrong, whoAmI, nil); a.Code() != "INVALID_TOKEN" {
		t.Error(a.Body)
	}
}

func TestATenantHasSoManyKeys(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	theirs, acme := env.Key(t, access.Admin, graphtest.Acme), env.TenantID(t, graphtest.Acme)
	for range tenants.MaxAPIKeys - 1 {
		env.Key(t, access.Auditor, graphtest.Acme)
	}
	full := env.Must(t, theirs, createKey, input("name", "x", "role", "AUDITOR", "tenant", acme))
	if full.Text("createApiKey", "userErrors", 0, "code") != "LIMIT_REACHED" || full.At("createApiKey", "secret") != nil {
		t.Error(full.Body)
	}
}
