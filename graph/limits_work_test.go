package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// What a document costs before it is refused is bounded by its size, whatever it says. It is counted in allocations, which a
// busy machine does not change.
func TestReadingADocumentTakesWorkInProportionToItsSize(t *testing.T) { //nolint:paralleltest // allocations are counted
	const size = 60 << 10
	fill := func(text string) string { return strings.Repeat(text, size/len(text)) }
	doubling := "query { ...f0 } "
	for i := range maxFragments - 1 {
		doubling += fmt.Sprintf("fragment f%d on Query { ...f%d ...f%d } ", i, i+1, i+1)
	}
	doubling += fmt.Sprintf("fragment f%d on Query { viewer { kind } }", maxFragments-1)
	circle := ""
	for i := range 40 {
		circle += fmt.Sprintf("fragment f%d on Query { ...f%d ...f%d } ", i, (i+1)%40, (i+7)%40)
	}
	for what, document := range map[string]string{
		"fragments that double":            doubling,
		"fragments in circles":             "query { ...f0 } " + circle,
		"nested selections":                fill("{viewer"),
		"nested lists":                     "{ a(b: " + fill("["),
		"nested objects":                   "{ a(b: " + fill("{c:"),
		"comments":                         fill("#\n") + "{ viewer { kind } }",
		"directives":                       "{ viewer " + fill("@a ") + "{ kind } }",
		"aliases":                          "{ " + fill("a: viewer { kind } ") + "}",
		"one long name":                    "{ " + fill("a") + " }",
		"one long text":                    `{ a(b: "` + fill(`\u0041`) + `") }`,
		"a block of text that never ends":  `{ a(b: """` + fill("a\n"),
		"fragments beyond the cap":         fill("fragment f on Query { a } "),
		"operations beyond the cap":        fill("query a { a } "),
		"variables of nested types":        "query(" + fill("$a: [[[Int]]] "),
		"what is no GraphQL but ends late": fill("query a { b } ") + "?",
	} {
		params := &graphql.RawParams{Query: document}
		allocations := testing.AllocsPerRun(1, func() {
			_ = documentLimits{}.MutateOperationParameters(t.Context(), params)
		})
		if allocations > 10*maxTokens {
			t.Errorf("%s: %.0f allocations", what, allocations)
		}
	}
}
