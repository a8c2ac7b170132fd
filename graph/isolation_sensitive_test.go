package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
)

// withheld are the scopes that the reader of this test lacks.
var withheld = []string{"USERS_PII", "KEYS_READ"}

// TestASensitiveFieldIsDeniedOnEveryWayToIt asks for each field that a scope guards, by every way that leads to it from a root.
func TestASensitiveFieldIsDeniedOnEveryWayToIt(t *testing.T) { // GQL-08
	t.Parallel()
	env := graphtest.New(t)
	a := fill(t, env, graphtest.Acme)
	env.Place(t)
	var scopes []access.Scope
	for _, s := range access.Auditor.Scopes() {
		if s != access.UsersPII && s != access.KeysRead {
			scopes = append(scopes, s)
		}
	}
	reader, owner := env.Key(t, access.Auditor, graphtest.Acme, scopes...), env.Key(t, access.Owner, graphtest.Acme)
	ways := 0
	for _, f := range apiSchema().Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		p := &prober{t, apiSchema(), "Query", f}
		for _, of := range p.probes() {
			if len(of.position) > 1 || !slices.Contains([]string{"Tenant", "User", "Session", "Event"}, of.kind) {
				continue
			}
			for _, selection := range p.sensitive(f.Type, nil) {
				ways++
				document, vars := p.documentOf(of.values, selection), of.in(a).with(a.id(of.kind))
				got := env.Do(t, reader, document, vars)
				if strings.Contains(got.Body, "@"+a.slug+".test") || strings.Contains(got.Body, "127.0.0.1") || len(got.Errors) > 0 && got.Code() != "FORBIDDEN" {
					t.Errorf("%s: %s", document, got.Body)
				}
				if all := env.Do(t, owner, document, vars); len(all.Errors) > 0 {
					t.Errorf("%s as an owner: %s", document, all.Body)
				} else if len(got.Errors) == 0 && all.Body != got.Body {
					t.Errorf("%s: without the scope %s, with it %s", document, got.Body, all.Body)
				}
			}
		}
	}
	if ways < 40 {
		t.Errorf("only %d ways lead to a sensitive field", ways)
	}
}

// sensitive returns a selection for each way from a type to a field that a withheld scope guards, each type met once on it.
func (p *prober) sensitive(of *ast.Type, within []string) []string {
	def := p.schema.Types[of.Name()]
	if !def.IsCompositeType() || slices.Contains(within, def.Name) {
		return nil
	}
	within = append(slices.Clone(within), def.Name)
	var out []string
	if def.Kind == ast.Interface {
		for _, t := range p.schema.GetPossibleTypes(def) {
			for _, below := range p.sensitive(ast.NamedType(t.Name, nil), within) {
				out = append(out, " { ... on "+t.Name+below+" }")
			}
		}
		return out
	}
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || f.Name == "edges" {
			continue
		}
		name := f.Name
		if f.Arguments.ForName("first") != nil {
			name += "(first: 5)"
		}
		if guard := f.Directives.ForName("auth"); guard != nil && guard.Arguments.ForName("scope") != nil &&
			slices.Contains(withheld, guard.Arguments.ForName("scope").Value.Raw) {
			out = append(out, " { "+name+p.leaf(f.Type)+" }")
			continue
		}
		for _, below := range p.sensitive(f.Type, within) {
			out = append(out, " { "+name+below+" }")
		}
	}
	return out
}

// leaf selects something of a type.
func (p *prober) leaf(of *ast.Type) string {
	if p.schema.Types[of.Name()].IsCompositeType() {
		return " { __typename }"
	}
	return ""
}
