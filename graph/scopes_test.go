package graph_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const setSettings = `mutation($input: UpdateTenantSettingsInput!) { updateTenantSettings(input: $input) { tenant { id } userErrors { code } } }`

// What a scope decides beyond the directives of the schema: allowed with it, refused without.
func TestScopesThatNoDirectiveNamesAreAskedForToo(t *testing.T) { // ADM-01
	t.Parallel()
	env := graphtest.New(t)
	acme := env.TenantID(t, graphtest.Acme)
	setting := func(path string, value any) graphtest.Vars {
		return graphtest.Vars{"input": graphtest.Vars{"id": acme, "changes": []any{graphtest.Vars{"path": path, "value": value}}}}
	}
	users := func(where, order any) graphtest.Vars {
		return graphtest.Vars{"tenant": acme, "where": where, "orderBy": order}
	}
	const listUsers = `query($tenant: ID!, $where: UserWhere, $orderBy: UserOrder) {
  users(tenant: $tenant, first: 1, where: $where, orderBy: $orderBy) { nodes { id } } }`
	for _, c := range []struct {
		what     string
		by, more access.Scope
		document string
		vars     graphtest.Vars
	}{
		{"a setting of the policy", access.TenantsWrite, access.PolicyWrite, setSettings, setting("mfa.policy", "required")},
		{"the whole policy as a setting", access.TenantsWrite, access.PolicyWrite, setSettings, setting("mfa", map[string]any{"policy": "optional"})},
		{"the beginning of an address", access.UsersRead, access.UsersPII, listUsers, users(graphtest.Vars{"emailPrefix": "a"}, nil)},
		{"a whole address", access.UsersRead, access.UsersPII, listUsers, users(graphtest.Vars{"identifier": "a@x.test"}, nil)},
		{"the order of addresses", access.UsersRead, access.UsersPII, listUsers, users(nil, graphtest.Vars{"field": "EMAIL"})},
	} {
		if a := env.Do(t, env.Key(t, access.Owner, graphtest.Acme, c.by), c.document, c.vars); a.Code() != "FORBIDDEN" {
			t.Errorf("%s with %s alone: %s", c.what, c.by, a.Body)
		}
		if a := env.Do(t, env.Key(t, access.Owner, graphtest.Acme, c.by, c.more), c.document, c.vars); len(a.Errors) > 0 || a.At("updateTenantSettings", "userErrors", 0) != nil {
			t.Errorf("%s with %s and %s: %s", c.what, c.by, c.more, a.Body)
		}
	}
	other := env.Key(t, access.Owner, graphtest.Acme, access.TenantsWrite)
	if a := env.Must(t, other, setSettings, setting("branding.name", "Acme")); a.At("updateTenantSettings", "tenant") == nil {
		t.Errorf("a setting of another kind: %s", a.Body)
	}
}

// Of each scope a key is made by one that holds it, and not by one that holds all the others.
func TestNobodyGivesAScopeThatItDoesNotHold(t *testing.T) { // ADM-01
	t.Parallel()
	env := graphtest.New(t)
	for _, slug := range []string{graphtest.Acme, ""} {
		for _, scope := range access.Scopes() {
			vars := graphtest.Vars{"name": "made", "role": "OWNER", "scopes": []string{string(model.ScopeOf(scope))}}
			if slug != "" {
				vars["tenant"] = env.TenantID(t, slug)
			}
			env.Clock.Advance(time.Minute)                                            // for the budget of costs
			holding := []access.Scope{access.APIKeysWrite, access.AdminsWrite, scope} // who makes keys over all may make admins
			if a := env.Do(t, env.Key(t, access.Owner, slug, holding...), createKey, graphtest.Vars{"input": vars}); a.Text("createApiKey", "secret") == "" {
				t.Errorf("over %q, with %s: %s", slug, scope, a.Body)
			}
			if slices.Contains(holding[:2], scope) {
				continue
			}
			others := slices.DeleteFunc(access.Scopes(), func(s access.Scope) bool { return s == scope })
			if a := env.Do(t, env.Key(t, access.Owner, slug, others...), createKey, graphtest.Vars{"input": vars}); a.Code() != "FORBIDDEN" {
				t.Errorf("over %q, with all but %s: %s", slug, scope, a.Body)
			}
		}
	}
}

// The export, and the endpoints for resource servers, with a key of every single scope.
func TestTheExportAndTheEndpointsForTokensAreAllowedToTheirScopesAlone(t *testing.T) { // ADM-01
	t.Parallel()
	env := graphtest.New(t)
	form := webtest.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}
	for _, scope := range access.Scopes() {
		for _, over := range []string{graphtest.Acme, ""} {
			key := webtest.Bearer(env.Key(t, access.Owner, over, scope).Bearer)
			for what, c := range map[string]struct {
				scope access.Scope
				a     *webtest.Answer
			}{
				"export":     {access.EventsRead, env.Env.Do(t, "GET", env.AdminURL+"/admin/events.jsonl?tenant=acme", nil, key)},
				"introspect": {access.TokensInspect, env.Env.Do(t, "POST", webtest.API(graphtest.Acme)+"/introspect", "token=x", key, form)},
				"revoke":     {access.TokensInspect, env.Env.Do(t, "POST", webtest.API(graphtest.Acme)+"/revoke", "token=x", key, form)},
			} {
				want := 403
				if scope == c.scope {
					want = 200
				}
				if c.a.Status != want {
					t.Errorf("%s with %s over %q: %d, want %d: %s", what, scope, over, c.a.Status, want, c.a.Body)
				}
			}
		}
	}
}
