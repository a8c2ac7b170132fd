package graph

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/graph/generated"
)

// asRead is the schema as requests are held to it.
func asRead() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

// MutateOperationContext refuses an enum in the variables that is written in other letters: the library lets it through to the
// arguments, where it would be an error beside data.
func (documentLimits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, v := range op.Operation.VariableDefinitions {
		if wrong := wrongEnum(asRead(), v.Type, op.Variables[v.Variable], ast.Path{ast.PathName(v.Variable)}); wrong != nil {
			return wrong
		}
	}
	return nil
}

// wrongEnum finds an enum of no such value in a variable whose shape is that of its type.
func wrongEnum(schema *ast.Schema, t *ast.Type, value any, at ast.Path) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if t.Elem != nil {
		list := reflect.ValueOf(value)
		if list.Kind() != reflect.Slice { // one stands for a list of one
			return wrongEnum(schema, t.Elem, value, at)
		}
		for i := range list.Len() {
			if wrong := wrongEnum(schema, t.Elem, list.Index(i).Interface(), append(slices.Clone(at), ast.PathIndex(i))); wrong != nil {
				return wrong
			}
		}
		return nil
	}
	switch def := schema.Types[t.NamedType]; def.Kind {
	case ast.Enum:
		if def.EnumValues.ForName(fmt.Sprint(value)) == nil {
			wrong := refusal(codeValidation, valuesOf(def))
			wrong.Path = at
			return wrong
		}
	case ast.InputObject:
		members, _ := value.(map[string]any)
		for _, f := range def.Fields {
			if wrong := wrongEnum(schema, f.Type, members[f.Name], append(slices.Clone(at), ast.PathName(f.Name))); wrong != nil {
				return wrong
			}
		}
	}
	return nil
}

// valuesOf says which values an enum has.
func valuesOf(enum *ast.Definition) string {
	var names []string
	for _, v := range enum.EnumValues {
		names = append(names, v.Name)
	}
	last := len(names) - 1
	if last == 0 {
		return "Use " + names[0] + "."
	}
	return "Use " + strings.Join(names[:last], ", ") + " or " + names[last] + "."
}

var (
	namesEnum = regexp.MustCompile(`(?:in|Enum|a valid) "?(\w+)"?`)
	namesType = regexp.MustCompile(`^(?:cannot use \w+ as|must be a) (\w+)`)
)

// withValues adds to what is said about an enum which values it has.
func withValues(message string) string {
	if found := namesEnum.FindStringSubmatch(message); found != nil {
		if def := asRead().Types[found[1]]; def != nil && def.Kind == ast.Enum {
			return strings.TrimSuffix(message, ".") + ". " + valuesOf(def)
		}
	}
	return message
}

// ofVariable says in a sentence what the library says in words about a place in a variable.
func ofVariable(message string, path ast.Path) string {
	name := dotted(path)
	if found := namesType.FindStringSubmatch(message); found != nil {
		return name + " must be of the type " + found[1] + "."
	}
	switch {
	case message == "unknown field":
		return "There is no field " + name + "."
	case message == "must be defined":
		return "Give " + name + "."
	case message == "cannot be null":
		return "Give " + name + " a value other than null."
	case strings.HasPrefix(message, "is not a valid "):
		if def := asRead().Types[strings.TrimPrefix(message, "is not a valid ")]; def != nil {
			return valuesOf(def)
		}
	}
	return "The value of " + name + " does not suit its type."
}

// dotted writes a place in a variable as user errors do: input.changes[0].path.
func dotted(path ast.Path) string {
	var b strings.Builder
	for i, step := range path {
		switch s := step.(type) {
		case ast.PathIndex:
			fmt.Fprintf(&b, "[%d]", s)
		case ast.PathName:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(s))
		}
	}
	return b.String()
}
