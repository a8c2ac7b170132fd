package graph_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
)

// exchange is a document of a transcript with what it was answered.
type exchange struct {
	kind   ast.Operation
	fields map[string]string // of the root, by the name in the answer
	data   map[string]any
	text   string
}

var statusLine = regexp.MustCompile(`\n\n(\d{3})\n`)

// exchanges reads all transcripts.
func exchanges(t *testing.T) []exchange {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	must(t, err)
	var out []exchange
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, part := range txtar.Parse(text).Files {
			if e, ok := readExchange(string(part.Data)); ok {
				out = append(out, e)
			}
		}
	}
	return out
}

func readExchange(text string) (exchange, bool) {
	_, text, _ = strings.Cut(text, "\n\n") // as whom
	at := statusLine.FindStringIndex(text)
	if at == nil {
		return exchange{}, false
	}
	document, answer := text[:at[0]], text[at[1]:]
	for cut := strings.LastIndex(document, "\n\n{"); cut > 0; cut = -1 {
		if json.Valid([]byte(document[cut:])) {
			document = document[:cut]
		}
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil || len(doc.Operations) == 0 {
		return exchange{}, false
	}
	e := exchange{kind: doc.Operations[0].Operation, fields: map[string]string{}, text: answer}
	for _, s := range doc.Operations[0].SelectionSet {
		if f, ok := s.(*ast.Field); ok {
			e.fields[f.Alias] = f.Name
		}
	}
	var read struct{ Data map[string]any }
	_ = json.Unmarshal([]byte(answer), &read) // a stream is none
	e.data = read.Data
	return e, true
}

func TestASubscriptionOnTheWire(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	env.Place(t)
	tr := env.Transcribe(t, "subscription", "events tells what is committed, over server-sent events.")
	tr.Stream("a user is made", env.Key(t, access.Auditor, graphtest.Acme), `subscription($tenant: ID!, $types: [String!]) {
  events(tenant: $tenant, types: $types) { eventId tenantId type actor userId position cursor at } }`,
		graphtest.Vars{"tenant": env.TenantID(t, graphtest.Acme), "types": []string{"user.signed_up"}}, 1, func() {
			env.SignUp(t, graphtest.Acme, "ann@ex.test")
			env.Place(t)
		})
}

// TestEveryFieldHasAGoldenExchange demands that each field at a root is recorded with a success, and each mutation with a user
// error too.
func TestEveryFieldHasAGoldenExchange(t *testing.T) {
	t.Parallel()
	done, refused := map[string]bool{}, map[string]bool{}
	for _, e := range exchanges(t) {
		for alias, name := range e.fields {
			place := string(e.kind) + " " + name
			payload, _ := e.data[alias].(map[string]any)
			wrong, _ := payload["userErrors"].([]any)
			switch {
			case e.kind == ast.Subscription:
				done[place] = done[place] || strings.Contains(e.text, `"`+name+`"`)
			case len(wrong) > 0:
				refused[place] = true
			case e.data[alias] != nil:
				done[place] = true
			}
		}
	}
	schema := apiSchema()
	for kind, root := range map[ast.Operation]*ast.Definition{
		ast.Query: schema.Query, ast.Mutation: schema.Mutation, ast.Subscription: schema.Subscription,
	} {
		for _, f := range root.Fields {
			place := string(kind) + " " + f.Name
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			if !done[place] {
				t.Errorf("no transcript in testdata shows %s with a success", place)
			}
			if kind == ast.Mutation && !refused[place] {
				t.Errorf("no transcript in testdata shows %s with a user error", place)
			}
		}
	}
}
