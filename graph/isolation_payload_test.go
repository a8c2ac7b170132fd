package graph_test

import (
	"bufio"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
)

// shownWithout finds the fields of an answer that have a value though their @auth asks for a scope that is not held.
func shownWithout(schema *ast.Schema, def *ast.Definition, value any, path string, held ...access.Scope) []string {
	var out []string
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			out = append(out, shownWithout(schema, def, one, path, held...)...)
		}
	case map[string]any:
		if name, ok := v["__typename"].(string); ok {
			def = schema.Types[name]
		}
		for name, below := range v {
			f := def.Fields.ForName(name)
			if f == nil || below == nil {
				continue
			}
			at := path + "." + name
			if scope := asks(f); scope != "" && !slices.Contains(held, scope) {
				out = append(out, at)
				continue
			}
			out = append(out, shownWithout(schema, schema.Types[f.Type.Name()], below, at, held...)...)
		}
	}
	return out
}

// With the one scope of a query or mutation, all that it can answer is asked for: nothing is shown that another scope guards.
func TestNoAnswerShowsWhatItsOwnScopeDoesNotRead(t *testing.T) { // GQL-08
	t.Parallel()
	env, schema := graphtest.New(t), apiSchema()
	own := fill(t, env, graphtest.Acme)
	env.Place(t)
	env.Clock.Advance(tenants.PublishLead) // a key can be rotated
	keys := map[access.Scope]graphtest.Caller{}
	answered := map[string]bool{}
	ask := func(p probe) {
		root, name, _ := strings.Cut(strings.TrimSuffix(p.place, p.place[strings.Index(p.place, "("):]), ".")
		def := schema.Types[root]
		scope := asks(def.Fields.ForName(name))
		if scope == "" {
			return // node and nodes: each object asks for its own
		}
		if keys[scope].Bearer == "" {
			keys[scope] = env.Key(t, access.Owner, graphtest.Acme, scope)
		}
		in := p.in(own)
		if root == "Mutation" {
			in.values = place(in.values, []string{"input", "idempotencyKey"}, p.place)
		}
		if name == "createApiKey" { // of no more than its maker has
			in.values = place(place(in.values, []string{"input", "role"}, "ADMIN"), []string{"input", "scopes"}, []string{"API_KEYS_WRITE"})
		}
		got := env.Do(t, keys[scope], in.document, in.with(own.id(p.kind)))
		for _, shown := range shownWithout(schema, def, got.Data, root, scope) {
			t.Errorf("%s with %s shows %s: %s", p.place, scope, shown, got.Body)
		}
		if errors, _ := got.At(name, "userErrors").([]any); got.At(name) != nil && len(errors) == 0 {
			answered[p.place] = true
		}
	}
	probes, _ := probesOf(t, schema)
	for _, root := range []string{"Query.", "Mutation."} {
		for _, late := range []bool{false, true} {
			for _, p := range probes {
				if strings.HasPrefix(p.place, root) && late == (strings.Contains(p.place, ".delete") || strings.Contains(p.place, ".suspend")) {
					ask(p)
				}
			}
		}
	}
	done := 0
	for at := range answered {
		if strings.HasPrefix(at, "Mutation.") {
			done++
		}
	}
	if done < 18 || len(answered)-done < 15 || !answered["Mutation.updateMfaPolicy(input.tenant)"] {
		t.Errorf("only %d mutations and %d queries were answered: %v", done, len(answered)-done, answered)
	}
}

// TestASubscriptionShowsNothingOfAnotherScope asks for all that an event leads to.
func TestASubscriptionShowsNothingOfAnotherScope(t *testing.T) { // GQL-08
	t.Parallel()
	env, schema := graphtest.New(t), apiSchema()
	acme := env.TenantID(t, graphtest.Acme)
	p := &prober{t, schema, "Subscription", schema.Subscription.Fields.ForName("events")}
	document := `subscription($tenant: ID!) { events(tenant: $tenant, types: ["user.signed_up"])` + p.selection(p.field.Type, nil) + ` }`
	response, _ := askStream(t, env, env.Key(t, access.Auditor, graphtest.Acme, access.EventsRead), document, graphtest.Vars{"tenant": acme})
	env.SignUp(t, graphtest.Acme, "ann@x.test")
	env.Place(t)
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var got struct{ Data map[string]any }
		must(t, json.Unmarshal([]byte(data), &got))
		if shown := shownWithout(schema, schema.Subscription, got.Data, "Subscription", access.EventsRead); got.Data["events"] == nil || len(shown) > 0 ||
			strings.Contains(data, "ann@x.test") {
			t.Errorf("with events:read alone %v is shown: %s", shown, data)
		}
		return
	}
	t.Error("nothing came")
}

// The policy is what was changed; the tenant with all its settings is more.
func TestWhoMayChangeThePolicyIsNotShownTheTenant(t *testing.T) { // GQL-08
	t.Parallel()
	env := graphtest.New(t)
	vars := graphtest.Vars{"input": graphtest.Vars{"tenant": env.TenantID(t, graphtest.Acme), "policy": graphtest.Vars{"trustDeviceDays": 3}}}
	const document = `mutation($input: UpdateMfaPolicyInput!) { updateMfaPolicy(input: $input) {
  mfaPolicy { trustDeviceDays } tenant { slug settings(under: "mail") { path value } } userErrors { code } } }`
	a := env.Do(t, env.Key(t, access.Owner, graphtest.Acme, access.PolicyWrite), document, vars)
	if a.At("updateMfaPolicy", "tenant") != nil || a.Code() != "FORBIDDEN" || a.At("updateMfaPolicy", "mfaPolicy", "trustDeviceDays") != 3.0 {
		t.Errorf("with policy:write alone: %s", a.Body)
	}
	a = env.Do(t, env.Key(t, access.Owner, graphtest.Acme, access.PolicyWrite, access.TenantsRead), document, vars)
	if a.Text("updateMfaPolicy", "tenant", "slug") != graphtest.Acme {
		t.Errorf("with tenants:read too: %s", a.Body)
	}
}
