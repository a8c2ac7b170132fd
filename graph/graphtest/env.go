// Package graphtest gives tests of the admin API a service with its listeners, callers with roles, and transcripts.
package graphtest

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// The tenants of every environment.
const (
	Acme   = webtest.Acme
	Globex = webtest.Globex
)

// Env is one replica of the service.
type Env struct{ *webtest.Env }

// New returns an environment on SQLite and the in-process store.
func New(t testing.TB, options ...webtest.Option) *Env {
	t.Helper()
	return &Env{webtest.New(t, options...)}
}

// Caller is somebody who uses the admin API.
type Caller struct {
	Name   string
	Bearer string

	// Of an admin who is signed in:
	Cookie string // name=value
	Email  string
	TOTP   string // the secret of the authenticator app
}

// Nobody shows no credential.
func Nobody() Caller { return Caller{Name: "nobody"} }

// Key is an API key of a role over a tenant, or over every tenant where slug is empty. Without scopes it has all of the role's.
func (env *Env) Key(t testing.TB, role access.Role, slug string, scopes ...access.Scope) Caller {
	t.Helper()
	name := string(role)
	if slug == "" {
		slug = tenants.Reserved
	} else {
		name += " of " + slug
	}
	_, secret, err := env.Tenants.CreateAPIKey(t.Context(), env.Tenant(t, slug), tenants.NewAPIKey{Name: name, Role: role, Scopes: scopes})
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	webtest.Log.Secret("an API key", secret)
	return Caller{Name: name, Bearer: secret}
}

// Vars are the variables of a document.
type Vars = map[string]any

// Answer is what a document was answered.
type Answer struct {
	*webtest.Answer
	Data       map[string]any
	Errors     []Error
	Extensions map[string]any
}

// Error is an error of the whole request.
type Error struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

// costs finds what an answer says of its cost. Bodies are without it: it depends on what was asked before.
var costs = regexp.MustCompile(`,"extensions":\{"cost":\{[^{}]*\}\}`)

// secrets are what answers hold that no log may: API keys, and what is behind the links of one-time pages.
var secrets = []*regexp.Regexp{regexp.MustCompile(`\b(tg_[\w-]{40,})`), regexp.MustCompile(`(?:[?&]|\\u0026)s=([\w-]{16,})`)}

// Logged returns what was logged about the request of an answer.
func (env *Env) Logged(t testing.TB, a *Answer) []string {
	t.Helper()
	return webtest.Log.Await(t, a.Header.Get("X-Request-Id"))
}

// Do sends a document. The cost of the answer is in its Extensions only.
func (env *Env) Do(t testing.TB, as Caller, document string, vars Vars) *Answer {
	t.Helper()
	var headers []webtest.Header
	if as.Bearer != "" {
		headers = append(headers, webtest.Bearer(as.Bearer))
	}
	if as.Cookie != "" {
		headers = append(headers, webtest.Header{Name: "Cookie", Value: as.Cookie}, webtest.Header{Name: "Tenantgate-Csrf", Value: "1"})
	}
	body := map[string]any{"query": document}
	if vars != nil {
		body["variables"] = vars
	}
	out := &Answer{Answer: env.Env.Do(t, "POST", env.AdminURL+"/admin/graphql", body, headers...)}
	var read struct {
		Data       map[string]any
		Errors     []Error
		Extensions map[string]any
	}
	if err := json.Unmarshal([]byte(out.Body), &read); err != nil {
		t.Fatalf("%s answered %d, no JSON: %s", document, out.Status, out.Body)
	}
	for _, form := range secrets {
		for _, found := range form.FindAllStringSubmatch(out.Body, -1) {
			webtest.Log.Secret("a secret of an answer", found[1])
		}
	}
	out.Data, out.Errors, out.Extensions = read.Data, read.Errors, read.Extensions
	out.Body = costs.ReplaceAllString(out.Body, "")
	return out
}

// Must is Do for a document that is answered without errors of the whole request.
func (env *Env) Must(t testing.TB, as Caller, document string, vars Vars) *Answer {
	t.Helper()
	a := env.Do(t, as, document, vars)
	if len(a.Errors) > 0 {
		t.Fatalf("%s as %s: %s", document, as.Name, a.Body)
	}
	return a
}

// At returns what the data holds along a path of names and indexes, nil where there is nothing.
func (a *Answer) At(path ...any) any {
	var at any = a.Data
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, _ := at.(map[string]any)
			at = object[s]
		case int:
			list, _ := at.([]any)
			if s >= len(list) {
				return nil
			}
			at = list[s]
		}
	}
	return at
}

// Text is At for a text.
func (a *Answer) Text(path ...any) string {
	text, _ := a.At(path...).(string)
	return text
}

// Code is the code of the first error of the whole request, empty where there is none.
func (a *Answer) Code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

// TenantID is the global id of a tenant.
func (env *Env) TenantID(t testing.TB, slug string) string {
	t.Helper()
	owner := env.Key(t, access.Owner, "")
	return env.Must(t, owner, `query($slug: String!) { tenant(slug: $slug) { id } }`, Vars{"slug": slug}).Text("tenant", "id")
}
