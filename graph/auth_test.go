package graph_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
)

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	var sources []*ast.Source
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: f, Input: string(text)})
	}
	return gqlparser.MustLoadSchema(sources...)
}

// sample is a value of a type that a document may hold: of an input all that it needs.
func sample(s *ast.Schema, t *ast.Type) any {
	if t.Elem != nil {
		return []any{sample(s, t.Elem)}
	}
	switch def := s.Types[t.NamedType]; def.Kind {
	case ast.Enum:
		return def.EnumValues[0].Name
	case ast.InputObject:
		out := map[string]any{}
		for _, f := range def.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				out[f.Name] = sample(s, f.Type)
			}
		}
		return out
	}
	switch t.NamedType {
	case "Int":
		return 1
	case "Boolean":
		return false
	case "Time":
		return "2026-01-01T00:00:00Z"
	case "Duration":
		return "1d"
	}
	return "x"
}

// asking is a document of one root field, with its variables.
func asking(s *ast.Schema, kind string, f *ast.FieldDefinition) (string, graphtest.Vars) {
	vars, declared, given := graphtest.Vars{}, []string{}, []string{}
	for _, a := range f.Arguments {
		if !a.Type.NonNull && a.Name != "first" {
			continue
		}
		vars[a.Name] = sample(s, a.Type)
		declared, given = append(declared, "$"+a.Name+": "+a.Type.String()), append(given, a.Name+": $"+a.Name)
	}
	document := kind
	if len(declared) > 0 {
		document += "(" + strings.Join(declared, ", ") + ")"
	}
	document += " { " + f.Name
	if len(given) > 0 {
		document += "(" + strings.Join(given, ", ") + ")"
	}
	if of := s.Types[f.Type.Name()]; of.Kind != ast.Scalar && of.Kind != ast.Enum {
		document += " { __typename }"
	}
	return document + " }", vars
}

// asks is the scope that a field's @auth asks for, empty for none.
func asks(f *ast.FieldDefinition) access.Scope {
	if d := f.Directives.ForName("auth"); d != nil {
		if a := d.Arguments.ForName("scope"); a != nil {
			return model.Scope(a.Value.Raw).Access()
		}
	}
	return ""
}

// Every query, mutation and subscription with a key of every single scope: allowed exactly where the schema says.
func TestADM01EachOperationIsAllowedToItsScopeAlone(t *testing.T) {
	t.Parallel()
	env, schema := graphtest.New(t), loadSchema(t)
	for _, scope := range access.Scopes() {
		key := env.Key(t, access.Owner, "", scope)
		for kind, root := range map[string]*ast.Definition{"query": schema.Query, "mutation": schema.Mutation, "subscription": schema.Subscription} {
			for _, f := range root.Fields {
				if strings.HasPrefix(f.Name, "__") {
					continue
				}
				env.Clock.Advance(time.Minute) // for the budget of costs
				document, vars := asking(schema, kind, f)
				var refused bool
				if kind == "subscription" {
					refused = refusedToFollow(t, env, key, document, vars)
				} else {
					refused = env.Do(t, key, document, vars).Code() == "FORBIDDEN"
				}
				if may := asks(f) == "" || asks(f) == scope; refused == may {
					t.Errorf("%s %s with %s: refused is %t", kind, f.Name, scope, refused)
				}
			}
		}
	}
}

func refusedToFollow(t *testing.T, env *graphtest.Env, as graphtest.Caller, document string, vars graphtest.Vars) bool {
	t.Helper()
	response, end := askStream(t, env, as, document, vars)
	defer end()
	text := make([]byte, 4096)
	n, err := io.ReadAtLeast(response.Body, text, 40)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	return strings.Contains(string(text[:n]), "FORBIDDEN")
}
