package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tenantgate/tenantgate/graph/generated"
	"github.com/tenantgate/tenantgate/graph/graphtest"
)

// apiSchema is the schema as it is served.
func apiSchema() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

// probe is one place for an id in one field at a root.
type probe struct {
	place    string // such as Mutation.suspendUser(input.id)
	kind     string // what the id names: a type, or the name of a text
	document string
	position []string
	values   graphtest.Vars // without the id
	list     bool           // the place takes several ids
}

// with returns the variables with an id in its place.
func (p probe) with(id string) graphtest.Vars {
	var value any = id
	if p.list {
		value = []string{id}
	}
	return place(p.values, p.position, value)
}

func place(in graphtest.Vars, path []string, value any) graphtest.Vars {
	out := maps.Clone(in)
	if len(path) == 1 {
		out[path[0]] = value
		return out
	}
	below, _ := out[path[0]].(graphtest.Vars)
	if below == nil {
		below = graphtest.Vars{}
	}
	out[path[0]] = place(below, path[1:], value)
	return out
}

// prober makes probes of a schema. It fails for what it has no sample for.
type prober struct {
	t      *testing.T
	schema *ast.Schema
	root   string
	field  *ast.FieldDefinition
}

// probesOf returns a probe for every place of an id in a schema, and the documents of queries that take none.
func probesOf(t *testing.T, schema *ast.Schema) (probes []probe, bare []string) {
	t.Helper()
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range root.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			p := &prober{t, schema, root.Name, f}
			of := p.probes()
			if len(of) == 0 && root == schema.Query {
				bare = append(bare, p.document(p.given(nil)))
			}
			probes = append(probes, of...)
		}
	}
	return probes, bare
}

func (p *prober) probes() []probe {
	var out []probe
	for _, a := range p.field.Arguments {
		for _, position := range p.positions([]string{a.Name}, a.Type, nil) {
			place := fmt.Sprintf("%s.%s(%s)", p.root, p.field.Name, strings.Join(position, "."))
			kinds, ok := idKinds[place]
			if !ok {
				kinds, ok = idKinds[position[len(position)-1]]
			}
			if !ok {
				p.t.Errorf("isolation: no sample says what the id of %s names", place)
			}
			values := p.given(position)
			for _, kind := range kinds {
				out = append(out, probe{place, kind, p.document(values), position, values, p.typeAt(position).Elem != nil})
			}
		}
	}
	return out
}

// positions finds the places of ids in an argument: of type ID, and texts that are named as an id or are one.
func (p *prober) positions(path []string, of *ast.Type, within []string) [][]string {
	name := path[len(path)-1]
	def := p.schema.Types[of.Name()]
	switch {
	case of.Name() == "ID", of.Name() == "String" && (strings.HasSuffix(name, "Id") || name == "slug" && p.root == "Query"):
		return [][]string{path}
	case def.Kind != ast.InputObject || slices.Contains(within, def.Name):
		return nil
	}
	var out [][]string
	for _, f := range def.Fields {
		out = append(out, p.positions(append(slices.Clone(path), f.Name), f.Type, append(slices.Clone(within), def.Name))...)
	}
	return out
}

func (p *prober) typeAt(path []string) *ast.Type {
	at := p.field.Arguments.ForName(path[0]).Type
	for _, step := range path[1:] {
		at = p.schema.Types[at.Name()].Fields.ForName(step).Type
	}
	return at
}

// given returns the arguments that a probe needs beside its id.
func (p *prober) given(position []string) graphtest.Vars {
	out := graphtest.Vars{}
	for _, a := range p.field.Arguments {
		if v, ok := p.value([]string{a.Name}, a.Type, a.DefaultValue, position); ok {
			out[a.Name] = v
		}
	}
	return out
}

// value returns a sample for an argument or input field, none for what may be left out or is the probe's id.
func (p *prober) value(path []string, of *ast.Type, fallback *ast.Value, position []string) (any, bool) {
	if slices.Equal(path, position) {
		return nil, false
	}
	place := fmt.Sprintf("%s.%s(%s)", p.root, p.field.Name, strings.Join(path, "."))
	if v, ok := samples[place]; ok {
		return v, true
	}
	if v, ok := samples[path[len(path)-1]]; ok && (of.NonNull || path[0] == "first" || path[len(path)-1] == "idempotencyKey") {
		return v, true
	}
	if !of.NonNull || fallback != nil {
		return nil, false
	}
	def := p.schema.Types[of.Name()]
	if def.Kind != ast.InputObject {
		p.t.Errorf("isolation: no sample for %s", place)
		return nil, false
	}
	out := graphtest.Vars{}
	for _, f := range def.Fields {
		if v, ok := p.value(append(slices.Clone(path), f.Name), f.Type, f.DefaultValue, position); ok {
			out[f.Name] = v
		}
	}
	return out, true
}

// document asks for all that the field can answer, three levels deep.
func (p *prober) document(values graphtest.Vars) string {
	return p.documentOf(values, p.selection(p.field.Type, nil))
}

// documentOf asks for a selection.
func (p *prober) documentOf(values graphtest.Vars, selection string) string {
	var declared, passed []string
	for _, a := range p.field.Arguments {
		_, given := values[a.Name]
		of := p.schema.Types[a.Type.Name()]
		if !given && a.DefaultValue == nil && !hasID(p.schema, a, of) {
			continue
		}
		if !given && a.DefaultValue != nil {
			continue
		}
		declared = append(declared, "$"+a.Name+": "+a.Type.String())
		passed = append(passed, a.Name+": $"+a.Name)
	}
	arguments := func(in []string) string {
		if len(in) == 0 {
			return ""
		}
		return "(" + strings.Join(in, ", ") + ")"
	}
	return strings.ToLower(p.root) + arguments(declared) + " { " + p.field.Name + arguments(passed) +
		selection + " }"
}

func hasID(schema *ast.Schema, a *ast.ArgumentDefinition, of *ast.Definition) bool {
	p := &prober{nil, schema, "Query", nil}
	return of != nil && len(p.positions([]string{a.Name}, a.Type, nil)) > 0
}

func (p *prober) selection(of *ast.Type, within []string) string {
	def := p.schema.Types[of.Name()]
	if !def.IsCompositeType() {
		return ""
	}
	if def.Kind == ast.Interface {
		return p.nodes(def)
	}
	var out []string
	for _, f := range def.Fields {
		below := p.schema.Types[f.Type.Name()]
		switch {
		case strings.HasPrefix(f.Name, "__"), f.Name == "edges":
		case !below.IsCompositeType():
			out = append(out, f.Name)
		case len(within) < 3 && below.Name != "PageInfo" && !slices.Contains(within, below.Name):
			arguments := ""
			if f.Arguments.ForName("first") != nil {
				arguments = "(first: 5)"
			}
			out = append(out, f.Name+arguments+p.selection(f.Type, append(slices.Clone(within), def.Name)))
		}
	}
	return " { " + strings.Join(out, " ") + " }"
}

// nodes selects of each type what only that type has: fields of one name must be of one type.
func (p *prober) nodes(def *ast.Definition) string {
	seen := map[string]int{}
	all := p.schema.GetPossibleTypes(def)
	for _, t := range all {
		for _, f := range t.Fields {
			seen[f.Name]++
		}
	}
	out := " { __typename id"
	for _, t := range all {
		out += " ... on " + t.Name + " {"
		for _, f := range t.Fields {
			if seen[f.Name] == 1 && !p.schema.Types[f.Type.Name()].IsCompositeType() {
				out += " " + f.Name
			}
		}
		out += " __typename }"
	}
	return out + " }"
}
