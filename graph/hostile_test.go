package graph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tenantgate/tenantgate/graph"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// raw sends a body as it is, with headers beside the bearer.
func raw(t *testing.T, env *graphtest.Env, method string, as graphtest.Caller, body string, headers ...webtest.Header) *webtest.Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, env.AdminURL+"/admin/graphql", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if as.Bearer != "" {
		r.Header.Set("Authorization", "Bearer "+as.Bearer)
	}
	for _, h := range headers {
		r.Header.Set(h.Name, h.Value)
	}
	return env.Send(t, r)
}

// hostile is a document that is refused before it is validated: beside what is too much, each holds a field that does not exist.
func hostile() map[string]string {
	chain := "query { ...f0 }"
	for i := range 30 {
		chain += fmt.Sprintf(" fragment f%d on Query { ...f%d ...f%d }", i, i+1, i+1)
	}
	return map[string]string{
		"500 aliases of a mutation":   "mutation {" + numbered("m%d: suspendTenant(input: {id: \"x\"}) { nothing }", 500) + "}",
		"500 aliases of a look-up":    "{" + numbered("a%d: node(id: \"x\") { nothing }", 500) + "}",
		"aliases below the root":      "{ viewer {" + numbered("a%d: nothing", graph.MaxAliases+1) + "} }",
		"aliases in a fragment":       "{ viewer { ...f ...f } } fragment f on Viewer {" + numbered("a%d: nothing", graph.MaxAliases/2+1) + "}",
		"too many fields at the root": "{" + strings.Repeat("nothing ", graph.MaxRoots+1) + "}",
		"50 levels":                   strings.Repeat("{ nothing ", 50) + strings.Repeat("}", 50),
		"500 levels":                  strings.Repeat("{ nothing ", 500) + strings.Repeat("}", 500),
		"500 levels of a fragment":    "{ nothing } fragment f on Query " + strings.Repeat("{ nothing ", 500) + strings.Repeat("}", 500),
		"10 000 directives":           "{ nothing " + strings.Repeat("@a ", 10_000) + "}",
		"too many directives":         "{ nothing " + strings.Repeat("@skip(if: false) ", graph.MaxDirectives+1) + "}",
		"10 000 lines of comments":    strings.Repeat("#\n", 10_000) + "{ nothing }",
		"fragments that double":       chain + " fragment f30 on Query { nothing }",
		"too many fragments":          "{ nothing }" + numbered(" fragment f%d on Query { nothing }", graph.MaxFragments+1),
		"too many operations":         numbered(" query o%d { nothing }", graph.MaxOperations+1),
		"too many fields":             "{ nothing { " + strings.Repeat("nothing ", graph.MaxFields) + "} }",
		"nested lists":                "{ nothing(a: " + strings.Repeat("[", 50) + "1" + strings.Repeat("]", 50) + ") }",
		"too many variables":          "query(" + numbered("$v%d: Int ", 51) + ") { nothing }",
		"an endless schema query":     "{ __schema { types { fields { type " + strings.Repeat("{ ofType ", 30) + "{ name }" + strings.Repeat("}", 34),
	}
}

func numbered(form string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form+" ", i)
	}
	return b.String()
}

func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner := env.Key(t, access.Owner, "")
	env.Must(t, owner, `{ viewer { kind } }`, nil)
	idle := len(env.Statements(func() { env.Do(t, owner, `{`, nil) })) // who is asking

	t.Run("GQL-01 GQL-03 what is too much is refused before it is validated", func(t *testing.T) {
		for what, document := range hostile() {
			var got *graphtest.Answer
			statements := len(env.Statements(func() { got = env.Do(t, owner, document, nil) }))
			if got.Status != 400 || got.Code() != "TOO_COMPLEX" || len(got.Errors) != 1 {
				t.Errorf("%s: %d %s", what, got.Status, got.Body)
			}
			if statements > idle || got.Data != nil || len(got.Body) > 300 {
				t.Errorf("%s: %d statements, %s", what, statements, got.Body)
			}
		}
	})
	t.Run("GQL-02 a list of operations is refused", func(t *testing.T) {
		one := `{"query":"{ viewer { kind } }"}`
		for _, body := range []string{"[" + one + "]", " \n[" + strings.Repeat(one+",", 99) + one + "]", "[]"} {
			if got := raw(t, env, "POST", owner, body); got.Status != 400 || !strings.Contains(got.Body, `"code":"VALIDATION"`) {
				t.Errorf("%d %s", got.Status, got.Body)
			}
		}
	})
	t.Run("GQL-03 a circle of fragments is found", func(t *testing.T) {
		for _, document := range []string{
			"{ ...a } fragment a on Query { ...a }",
			"{ viewer { kind } } fragment a on Query { ...b } fragment b on Query { viewer { ... on Viewer { kind } } ...a }",
			"{ ...a } fragment a on Query { ...b ...c } fragment b on Query { ...c } fragment c on Query { ...a }",
		} {
			got := env.Do(t, owner, document, nil)
			if got.Status != 400 || got.Code() != "VALIDATION" || !strings.Contains(got.Body, `"locations":[{"line":1`) {
				t.Errorf("%s: %d %s", document, got.Status, got.Body)
			}
		}
	})
	t.Run("GQL-03 a body of a megabyte is not read", func(t *testing.T) {
		got := raw(t, env, "POST", owner, `{"query":"`+strings.Repeat("#", 1<<20)+`"}`)
		if got.Status != 413 || !strings.Contains(got.Body, `"code":"BODY_TOO_LARGE"`) {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	t.Run("GQL-03 a page of 10^9 is refused, and nothing is read for it", func(t *testing.T) {
		for _, first := range []string{"1000000000", "101", "0", "-1"} {
			var got *graphtest.Answer
			for _, s := range env.Statements(func() { got = env.Do(t, owner, "{ tenants(first: "+first+") { nodes { counts { users } } } }", nil) }) {
				if strings.Contains(s.Query, "LIMIT 1000000001") || strings.Contains(s.Query, "`users`") {
					t.Errorf("first: %s: %s", first, s.Query)
				}
			}
			if got.Code() != "INVALID_INPUT" || got.Errors[0].Extensions["field"] != "first" || len(got.Errors[0].Path) != 1 {
				t.Errorf("first: %s: %s", first, got.Body)
			}
		}
	})
	t.Run("GQL-04 without a key there is no schema", func(t *testing.T) {
		for _, document := range []string{"{ __schema { types { name } } }", `{ __type(name: "User") { name } }`, "{ veiwer { kind } }"} {
			got := env.Do(t, graphtest.Nobody(), document, nil)
			if got.Status != 401 || got.Code() != "UNAUTHENTICATED" || strings.Contains(got.Body, "viewer") {
				t.Errorf("%s: %d %s", document, got.Status, got.Body)
			}
		}
	})
	t.Run("GQL-04 nothing is suggested", func(t *testing.T) {
		for _, document := range []string{
			"{ veiwer { kind } }", "{ viewer { knd } }", "{ viewer }", "{ viewer(idd: 1) { kind } }", "{ node(idd: 1) { id } }",
			"{ node(id: 1) { ... on Usr { id } } }", "query($a: Strng) { node(id: $a) { id } }", "{ viewer @skp(if: true) { kind } }",
			"{ tenants(first: 1, orderBy: {field: SLUGG}) { nodes { id } } }",
		} {
			got := env.Do(t, owner, document, nil)
			if got.Status != 400 || got.Code() != "VALIDATION" || strings.Contains(got.Body, "Did you mean") {
				t.Errorf("%s: %d %s", document, got.Status, got.Body)
			}
		}
	})
	t.Run("GQL-06 documents come by POST and as JSON", func(t *testing.T) {
		query := "query=%7B%20viewer%20%7B%20kind%20%7D%20%7D"
		for what, c := range map[string]struct {
			method, path, body, mediaType string
			status                        int
			code                          string
		}{
			"by GET":       {"GET", "?" + query, "", "", 405, "METHOD_NOT_ALLOWED"},
			"by HEAD":      {"HEAD", "?" + query, "", "", 405, ""},
			"by PUT":       {"PUT", "", `{"query":"{ viewer { kind } }"}`, "application/json", 405, "METHOD_NOT_ALLOWED"},
			"as a form":    {"POST", "", query, "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"},
			"as parts":     {"POST", "", "--x--", "multipart/form-data; boundary=x", 415, "UNSUPPORTED_MEDIA_TYPE"},
			"as text":      {"POST", "", `{"query":"{ viewer { kind } }"}`, "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"},
			"as a query":   {"POST", "", "{ viewer { kind } }", "application/graphql", 415, "UNSUPPORTED_MEDIA_TYPE"},
			"in the query": {"POST", "?" + query, "", "application/json", 400, "INVALID_JSON"},
		} {
			r, err := http.NewRequestWithContext(t.Context(), c.method, env.AdminURL+"/admin/graphql"+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+owner.Bearer)
			if c.mediaType != "" {
				r.Header.Set("Content-Type", c.mediaType)
			}
			got := env.Send(t, r)
			if got.Status != c.status || c.code != "" && !strings.Contains(got.Body, `{"errors":[{"message":"`) || !strings.Contains(got.Body, c.code) {
				t.Errorf("%s: %d %s", what, got.Status, got.Body)
			}
		}
	})
	t.Run("GQL-07 what goes wrong inside is not told", func(t *testing.T) {
		const inside = `ERROR: relation "users" does not exist (host=10.0.0.7 /srv/tenantgate/graph/users.go)`
		for what, fail := range map[string]func() error{
			"an error": func() error { return errors.New(inside) },
			"a panic":  func() error { panic(inside) },
		} {
			got := inject(t, env, owner, fail)
			if !strings.Contains(got, `"code":"INTERNAL"`) || !strings.Contains(got, "request id") || strings.Contains(got, "relation") ||
				strings.Contains(got, "10.0.0.7") || strings.Contains(got, "users.go") || strings.Contains(got, "goroutine") {
				t.Errorf("%s: %s", what, got)
			}
		}
		got := inject(t, env, owner, func() error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_, err := env.DB.Tenant.Query().Count(ctx) // an error of the database's
			return err
		})
		if !strings.Contains(got, `"code":"UNAVAILABLE"`) || strings.Contains(got, "context") {
			t.Errorf("an error of the database: %s", got)
		}
		if got := env.Do(t, owner, `{ viewer { kind } }`, nil); got.Header.Get("X-Request-Id") == "" {
			t.Error("an answer has no request id")
		}
	})
}

// inject answers a query from a server whose resolvers fail.
func inject(t *testing.T, env *graphtest.Env, as graphtest.Caller, fail func() error) string {
	t.Helper()
	server := graph.New(graph.Deps{Engine: env.Engine, Tenants: env.Tenants, Now: env.Clock.Now})
	server.AroundFields(func(ctx context.Context, next graphql.Resolver) (any, error) {
		if graphql.GetFieldContext(ctx).Object == "Query" {
			return nil, fail()
		}
		return next(ctx)
	})
	r := httptest.NewRequestWithContext(access.Present(t.Context(), access.Credential{Bearer: as.Bearer}), http.MethodPost, "/admin/graphql",
		strings.NewReader(`{"query":"{ viewer { kind } }"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w.Body.String()
}
