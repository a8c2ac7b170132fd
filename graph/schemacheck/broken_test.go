package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const before = `
type Query { things(first: Int!, kind: Kind = SMALL, filter: Filter): [Thing!]! one: Thing }
interface Named { name: String }
type Thing implements Named { id: ID! name: String size: Int! }
enum Kind { SMALL LARGE }
input Filter { name: String! = "x", size: Int }
union Any = Thing | Other
type Other { id: ID! }
enum Spare { ONE }
`

func TestWhatBreaksCallersIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, from, to, want string }{
		{"a type is gone", "enum Spare { ONE }", "", "Spare: is gone"},
		{"a type is of another kind", "enum Spare { ONE }", "scalar Spare", "Spare: was ENUM and is SCALAR"},
		{"a field is gone", "name: String size: Int! }", "name: String }", "Thing.size: is gone"},
		{"an argument is gone", ", kind: Kind = SMALL", "", "Query.things(kind): is gone"},
		{"an enum value is gone", "{ SMALL LARGE }", "{ SMALL }", "Kind.LARGE: is gone"},
		{"an input field is gone", ", size: Int }", "}", "Filter.size: is gone"},
		{"a field is of another type", "size: Int! }", "size: Float! }", "Thing.size: was Int! and is Float!"},
		{"a field may be null", "size: Int! }", "size: Int }", "Thing.size: was Int! and is Int"},
		{"what a list holds may be null", "[Thing!]!", "[Thing]!", "Query.things: was [Thing!]! and is [Thing]!"},
		{"a list is none any more", "): [Thing!]!", "): Thing!", "Query.things: was [Thing!]! and is Thing!"},
		{"an argument must be given", "filter: Filter)", "filter: Filter!)", "Query.things(filter): was Filter and is Filter!"},
		{"an argument is of another type", "first: Int!", "first: String!", "Query.things(first): was Int! and is String!"},
		{"an input field must be given", "size: Int }\nunion", "size: Int! }\nunion", "Filter.size: was Int and is Int!"},
		{"an input field has lost its default", `String! = "x"`, `String!`, `Filter.name: its default "x" has changed`},
		{"an argument has another default", `Kind = SMALL`, `Kind = LARGE`, `Query.things(kind): its default SMALL has changed`},
		{"a new argument is required", "filter: Filter)", "filter: Filter, more: Int!)", "Query.things(more): is new and required"},
		{"a new input field is required", ", size: Int }", ", size: Int, more: Int! }", "Filter.more: is new and required"},
		{"an interface is left", "type Thing implements Named", "type Thing", "Thing: implements Named no more"},
		{"a member of a union is gone", "Thing | Other", "Thing", "Any: holds Other no more"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			if strings.Count(before, c.from) != 1 {
				t.Fatalf("%q stands %d times in the schema", c.from, strings.Count(before, c.from))
			}
			got := Broken(schemaOf(t, before), schemaOf(t, strings.Replace(before, c.from, c.to, 1)))
			if len(got) != 1 || got[0] != "breaks callers: "+c.want {
				t.Errorf("found %q, want %q alone", got, c.want)
			}
		})
	}
}

func TestWhatCallersCanLiveWithIsNotNamed(t *testing.T) {
	t.Parallel()
	for what, c := range map[string][2]string{
		"a new type":                        {"enum Kind", "type More { id: ID! } enum Kind"},
		"a new field":                       {"size: Int! }", "size: Int! more: Int }"},
		"a new enum value":                  {"{ SMALL LARGE }", "{ SMALL MEDIUM LARGE }"},
		"a field that is never null":        {"name: String size", "name: String! size"},
		"an argument that may be left out":  {"first: Int!", "first: Int"},
		"a new argument that may be":        {"filter: Filter)", "filter: Filter, more: Int)"},
		"a new argument with a default":     {"filter: Filter)", "filter: Filter, more: Int! = 1)"},
		"a default for an argument":         {"filter: Filter)", "filter: Filter = {})"},
		"a default for one never null now":  {"filter: Filter)", "filter: Filter! = {})"},
		"a new input field that may be":     {", size: Int }", ", size: Int, more: Int }"},
		"an input field that may be now":    {`String! = "x"`, `String = "x"`},
		"a new description, another order":  {"type Other { id: ID! }", "\"New.\"\ntype Other { id: ID! }"},
		"a new member of a union":           {"Thing | Other", "Other | Thing"},
		"an interface is implemented newly": {"type Other { id: ID! }", "type Other implements Named { id: ID! name: String }"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if strings.Count(before, c[0]) != 1 {
				t.Fatalf("%q stands %d times in the schema", c[0], strings.Count(before, c[0]))
			}
			if got := Broken(schemaOf(t, before), schemaOf(t, strings.Replace(before, c[0], c[1], 1))); len(got) > 0 {
				t.Errorf("found %q", got)
			}
		})
	}
}

// module writes a module with a schema and returns its root.
func module(t *testing.T, schema string) string {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{sources, "docs", filepath.Dir(released)} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, root, schema)
	return root
}

func write(t *testing.T, root, schema string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, sources, "all.graphqls"), []byte(schema), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestABreakIsRefusedUntilItIsReleased(t *testing.T) {
	t.Parallel()
	root := module(t, sound)
	var out bytes.Buffer
	if err := run(root, true, &out); err != nil {
		t.Fatalf("release: %v\n%s", err, &out)
	}
	next := strings.Replace(sound, `"D" name: String @auth(scope: USERS_PII)`, "", 1)
	write(t, root, next)
	if err := run(root, false, &out); err == nil || !strings.Contains(out.String(), "breaks callers: User.name: is gone\n") {
		t.Fatalf("a field that was released is taken away: %v\n%s", err, &out)
	}
	if text, err := os.ReadFile(filepath.Join(root, dumped)); err != nil || !strings.Contains(string(text), "name: String") {
		t.Errorf("the schema was printed although it is refused: %v", err)
	}
	if err := run(root, true, &out); err != nil {
		t.Fatalf("accept: %v\n%s", err, &out)
	}
	if err := run(root, false, &out); err != nil {
		t.Fatalf("after it was accepted: %v\n%s", err, &out)
	}
	if text, err := os.ReadFile(filepath.Join(root, dumped)); err != nil || strings.Contains(string(text), "name: String") {
		t.Errorf("the schema was not printed: %v", err)
	}
}

func TestABrokenRuleStopsARelease(t *testing.T) {
	t.Parallel()
	root := module(t, strings.Replace(sound, `"D" email:`, `email:`, 1))
	var out bytes.Buffer
	if err := run(root, true, &out); err == nil || out.String() != "User.email: is not described\n" {
		t.Errorf("%v: %s", err, &out)
	}
	if _, err := os.Stat(filepath.Join(root, released)); err == nil {
		t.Error("a schema that breaks a rule was released")
	}
}
