package events

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
)

func TestEveryTypeOfEventsCanBeAskedFor(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "events.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "Type" {
			return false
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil || !Known(Type(value)) {
			t.Errorf("nobody can ask for %s: add it to types", spec.Names[0].Name)
		}
		n++
		return false
	})
	if n != len(types) {
		t.Errorf("%d types are declared, %d can be asked for", n, len(types))
	}
}
