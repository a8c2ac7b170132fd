package graph

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tenantgate/tenantgate/internal/page"
)

const (
	// maxCost is the most points that one operation may cost.
	maxCost = 10_000
	// unknownSize is how many objects a list counts for whose length the document does not tell.
	unknownSize = page.Max

	// What it costs to ask for the schema: it is read from memory, but large.
	schemaCost = 50
	typeCost   = 5
)

// costs says what each field costs by itself, by type and name: its @cost.
type costs map[string]map[string]int

func costsOf(schema *ast.Schema) costs {
	out := costs{}
	for _, t := range schema.Types {
		of := map[string]int{}
		for _, f := range t.Fields {
			if weight := weightOf(f); weight != 0 {
				of[f.Name] = weight
			}
		}
		out[t.Name] = of
	}
	out[schema.Query.Name]["__schema"] = schemaCost
	out[schema.Query.Name]["__type"] = typeCost
	return out
}

func weightOf(f *ast.FieldDefinition) int {
	directive := f.Directives.ForName("cost")
	if directive == nil {
		return 0
	}
	weight, _ := strconv.Atoi(directive.Arguments.ForName("weight").Value.Raw)
	return weight
}

// of returns what an operation can cost at most: each field its own points, for each id that it names, and what it selects as often as there may be of it.
// Fields that its variables leave out cost nothing.
func (c costs) of(op *graphql.OperationContext) int {
	return c.selection(op.Operation.SelectionSet, 1, op.Variables)
}

// selection adds up the fields of one object. size is how many objects a page has, where the object is one.
func (c costs) selection(set ast.SelectionSet, size int, vars map[string]any) int {
	total := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if selected(s.Directives, vars) {
				total = sum(total, c.field(s, size, vars))
			}
		case *ast.InlineFragment:
			if selected(s.Directives, vars) {
				total = sum(total, c.selection(s.SelectionSet, size, vars))
			}
		case *ast.FragmentSpread:
			if selected(s.Directives, vars) {
				total = sum(total, c.selection(s.Definition.SelectionSet, size, vars))
			}
		}
	}
	return total
}

func (c costs) field(f *ast.Field, size int, vars map[string]any) int {
	arguments := f.ArgumentMap(vars)
	own := sum(product(c[f.ObjectDefinition.Name][f.Name], idsIn(arguments)), filtered(arguments))
	asked, limited := sizeAsked(arguments)
	switch isList := f.Definition.Type.Elem != nil; {
	case isConnection(f.Definition.Type.Name()) && !isList:
		if !limited {
			asked = unknownSize
		}
		return sum(own, c.selection(f.SelectionSet, asked, vars))
	case isList && isConnection(f.ObjectDefinition.Name):
		asked = size
	case isList && !limited:
		asked = unknownSize
	case !isList:
		asked = 1
	}
	return sum(own, product(asked, c.selection(f.SelectionSet, 1, vars)))
}

func isConnection(name string) bool { return strings.HasSuffix(name, "Connection") }

// idsIn is how often a field costs its own points: once for each object that it is asked for by its id.
func idsIn(arguments map[string]any) int {
	switch ids := arguments["ids"].(type) {
	case []any:
		return max(1, len(ids))
	case []string:
		return max(1, len(ids))
	}
	return 1
}

// sizeAsked returns how many objects arguments ask for. What is beyond the bounds of a page is refused by the field itself.
func sizeAsked(arguments map[string]any) (int, bool) {
	if ids, ok := arguments["ids"].([]any); ok {
		return len(ids), true
	}
	for _, name := range []string{"first", "last"} {
		if n, ok := number(arguments[name]); ok {
			return int(max(0, min(n, page.Max))), true
		}
	}
	return 0, false
}

// number reads an Int as documents and variables hold it.
func number(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case float64:
		return int64(n), true
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}

// selected reads @skip and @include.
func selected(directives ast.DirectiveList, vars map[string]any) bool {
	for _, d := range directives {
		given, _ := d.ArgumentMap(vars)["if"].(bool)
		if d.Name == "skip" && given || d.Name == "include" && !given {
			return false
		}
	}
	return true
}
