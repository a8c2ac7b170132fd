package graph

import (
	"fmt"
	"math"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// shape is how large a selection is, with each fragment counted wherever it is spread.
type shape struct {
	depth       int // levels of fields
	schemaDepth int // levels below __schema and __type
	fields      int
	aliases     int
	roots       int // fields of the selection itself
	simulations int // the one field that may stand only once, so much work is it
}

// simulation is the name of that field.
const simulation = "simulateMfaPolicy"

// add joins the shape of what stands beside.
func (s *shape) add(o shape) {
	s.depth, s.schemaDepth = max(s.depth, o.depth), max(s.schemaDepth, o.schemaDepth)
	s.fields, s.aliases, s.roots = sum(s.fields, o.fields), sum(s.aliases, o.aliases), sum(s.roots, o.roots)
	s.simulations = sum(s.simulations, o.simulations)
}

// sum adds without overflowing: fragments that spread each other twice double with each of them.
func sum(a, b int) int {
	if a > math.MaxInt32-b {
		return math.MaxInt32
	}
	return a + b
}

// product multiplies without overflowing.
func product(a, b int) int {
	if a != 0 && b > math.MaxInt32/a {
		return math.MaxInt32
	}
	return a * b
}

// measure walks a document, each fragment once.
type measure struct {
	fragments  ast.FragmentDefinitionList
	known      map[string]shape
	under      map[string]bool // fragments that are being measured: meeting one again is a circle
	directives int
	valueDepth int
	circle     *ast.FragmentSpread
	inParts    *ast.Directive // that asks for an answer in parts
}

// excessOf says which cap a document exceeds, nil for none. Its time is linear in the document's size.
func excessOf(doc *ast.QueryDocument) *gqlerror.Error {
	switch {
	case len(doc.Fragments) > maxFragments:
		return tooMany("fragments", maxFragments)
	case len(doc.Operations) > maxOperations:
		return tooMany("operations", maxOperations)
	}
	m := &measure{fragments: doc.Fragments, known: map[string]shape{}, under: map[string]bool{}}
	var all shape
	for _, f := range doc.Fragments {
		all.add(m.fragment(f))
	}
	if m.circle != nil {
		at := m.circle.Position
		wrong := refusal(codeValidation, "A fragment spreads itself, by itself or through others.")
		wrong.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
		return wrong
	}
	for _, op := range doc.Operations {
		s := m.operation(op)
		if m.inParts != nil {
			return notInParts(m.inParts)
		}
		if excess := s.excess(); excess != nil {
			return excess
		}
		if len(op.VariableDefinitions) > maxVariables {
			return tooMany("variables", maxVariables)
		}
		all.add(s)
	}
	switch {
	case all.fields > maxFields:
		return tooMany("fields", maxFields)
	case max(all.depth, all.schemaDepth) > maxSchemaDepth: // fragments that no operation uses
		return tooDeep("fields", maxSchemaDepth)
	case m.directives > maxDirectives:
		return tooMany("directives", maxDirectives)
	case m.valueDepth > maxValueDepth:
		return tooDeep("lists and objects in a value", maxValueDepth)
	}
	return nil
}

// excess says which cap of one operation is exceeded.
func (s shape) excess() *gqlerror.Error {
	switch {
	case s.roots > maxRoots:
		return tooMany("fields at the root", maxRoots)
	case s.simulations > 1:
		return refusal(codeTooComplex, "An operation holds at most one simulation.")
	case s.aliases > maxAliases:
		return tooMany("aliases", maxAliases)
	case s.depth > maxDepth:
		return tooDeep("fields", maxDepth)
	case s.schemaDepth > maxSchemaDepth:
		return tooDeep("fields", maxSchemaDepth)
	}
	return nil
}

func tooDeep(what string, limit int) *gqlerror.Error {
	return refusal(codeTooComplex, fmt.Sprintf("The document has too many levels of %s: at most %d are taken.", what, limit))
}

// notInParts refuses what the library knows and no transport here can send.
func notInParts(d *ast.Directive) *gqlerror.Error {
	wrong := refusal(codeValidation, "Answers come whole: @defer and @stream are not taken.")
	wrong.Locations = []gqlerror.Location{{Line: d.Position.Line, Column: d.Position.Column}}
	return wrong
}

func (m *measure) operation(op *ast.OperationDefinition) shape {
	m.attached(op.Directives)
	for _, v := range op.VariableDefinitions {
		m.attached(v.Directives)
		m.value(v.DefaultValue, 1)
	}
	return m.selection(op.SelectionSet)
}

func (m *measure) fragment(f *ast.FragmentDefinition) shape {
	if s, ok := m.known[f.Name]; ok {
		return s
	}
	m.under[f.Name] = true
	m.attached(f.Directives)
	s := m.selection(f.SelectionSet)
	delete(m.under, f.Name)
	m.known[f.Name] = s
	return s
}

func (m *measure) selection(set ast.SelectionSet) shape {
	var out shape
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			out.add(m.field(s))
		case *ast.InlineFragment:
			m.attached(s.Directives)
			out.add(m.selection(s.SelectionSet))
		case *ast.FragmentSpread:
			m.attached(s.Directives)
			out.add(m.spread(s))
		}
	}
	return out
}

func (m *measure) field(f *ast.Field) shape {
	m.attached(f.Directives)
	m.arguments(f.Arguments)
	s := m.selection(f.SelectionSet)
	s.fields, s.roots = sum(s.fields, 1), 1
	if f.Name == simulation {
		s.simulations = sum(s.simulations, 1)
	}
	if f.Alias != f.Name {
		s.aliases = sum(s.aliases, 1)
	}
	if f.Name == "__schema" || f.Name == "__type" {
		s.depth, s.schemaDepth = 1, max(s.depth, s.schemaDepth)+1
		return s
	}
	s.depth++
	return s
}

func (m *measure) spread(s *ast.FragmentSpread) shape {
	if m.under[s.Name] {
		m.circle = s
		return shape{}
	}
	f := m.fragments.ForName(s.Name)
	if f == nil {
		return shape{} // validation says which
	}
	return m.fragment(f)
}

func (m *measure) attached(directives ast.DirectiveList) {
	m.directives += len(directives)
	for _, d := range directives {
		if d.Name == "defer" || d.Name == "stream" {
			m.inParts = d
		}
		m.arguments(d.Arguments)
	}
}

func (m *measure) arguments(arguments ast.ArgumentList) {
	for _, a := range arguments {
		m.value(a.Value, 1)
	}
}

func (m *measure) value(v *ast.Value, depth int) {
	if v == nil {
		return
	}
	for _, child := range v.Children {
		m.valueDepth = max(m.valueDepth, depth)
		m.value(child.Value, depth+1)
	}
}
