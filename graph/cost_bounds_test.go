package graph_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/graph"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// GQL-03: what a valid document is answered is bounded too, however its fields multiply.
func TestAnAnswerIsBoundedWhateverItsDocumentCosts(t *testing.T) { //nolint:paralleltest // memory is counted
	env := graphtest.New(t)
	acme := env.TenantID(t, graphtest.Acme)
	env.Must(t, env.Key(t, access.Owner, graphtest.Acme), `mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }`,
		input("tenant", acme, "email", "ann@x.test", "emailVerified", true, "password", webtest.Password,
			"profile", map[string]string{"a": strings.Repeat("x", 8000)}))
	for range 20 {
		env.SignIn(t, graphtest.Acme, "ann@x.test")
		env.Clock.Advance(time.Minute)
	}
	auditor := env.Key(t, access.Auditor, graphtest.Acme)
	around := func(inner string) string {
		return `query($t: ID!) { sessions(tenant: $t, first: 20) { nodes { user { sessions(first: 20) { nodes { user { ` + inner + ` } } } } } } }`
	}
	for what, document := range map[string]string{
		"large values":      around(numbered("p%d: profile", 6)),
		"large names":       around(strings.Repeat("a", 30_000) + ": userId"),
		"names of types":    around(strings.Repeat("a", 30_000) + ": __typename"),
		"names by a spread": around("...f") + " fragment f on User { " + strings.Repeat("a", 30_000) + ": __typename }",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a := env.Do(t, auditor, document, graphtest.Vars{"t": acme})
		runtime.ReadMemStats(&after)
		if a.Code() != "TOO_COMPLEX" || a.Data != nil || len(a.Errors) != 1 || !strings.Contains(a.Errors[0].Message, "8 MiB") {
			t.Errorf("%s: %d bytes: %.300s", what, len(a.Body), a.Body)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 64 {
			t.Errorf("%s: %d MB are allocated", what, took)
		}
	}
	schema := `{ types { fields { description args { description type { fields { description type { fields { description } } } } } } } }`
	a := env.Do(t, auditor, "{"+numbered("s%d: __schema "+schema, 8)+"}", nil)
	if len(a.Body) > 8<<20 {
		t.Errorf("the schema by eight names: %d bytes", len(a.Body))
	}
}

func TestNodesAreReadOncePerKindAndTenantAndPaidForEach(t *testing.T) { //nolint:paralleltest // statements are counted
	env := graphtest.New(t)
	acme, owner := env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, graphtest.Acme)
	var many []string
	for i := range 3 {
		many = append(many, newcomer(t, env, owner, acme, fmt.Sprintf("ann%d@x.test", i)))
	}
	env.Must(t, owner, someNodes, graphtest.Vars{"ids": many})
	count := func(ids []string) (int, *graphtest.Answer) {
		var a *graphtest.Answer
		n := len(env.Statements(func() { a = env.Must(t, owner, someNodes, graphtest.Vars{"ids": ids}) }))
		return n, a
	}
	one, _ := count(many[:1])
	for len(many) < 100 {
		many = append(many, many[len(many)-3])
	}
	all, a := count(many)
	if all != one || cost(a, "requested") != 100 || cost(a, "actual") != 100 || len(a.At("nodes").([]any)) != 100 {
		t.Errorf("%d statements for 100 ids, %d for one; %v", all, one, a.Extensions)
	}
	for i, id := range many {
		if a.Text("nodes", i, "id") != id {
			t.Errorf("node %d is %s, want %s", i, a.Text("nodes", i, "id"), id)
		}
	}
}

func TestTheActorsOfATenantShareABudget(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	server := graph.New(graph.Deps{
		Engine: env.Engine, Tenants: env.Tenants, Now: env.Clock.Now, Budget: ephemeral.Limit{Events: 20, Per: time.Minute},
	})
	spend := func(as graphtest.Caller) string {
		r := httptest.NewRequestWithContext(access.Present(t.Context(), access.Credential{Bearer: as.Bearer}), http.MethodPost, "/admin/graphql",
			strings.NewReader(`{"query":"{`+numbered("v%d: viewer { kind }", 20)+`}"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Body.String()
	}
	for range graph.HomeShare {
		if got := spend(env.Key(t, access.Auditor, graphtest.Acme)); strings.Contains(got, "errors") {
			t.Fatal(got)
		}
	}
	last := env.Key(t, access.Auditor, graphtest.Acme)
	if got := spend(last); !strings.Contains(got, `"code":"RATE_LIMITED"`) || !strings.Contains(got, "retryAfter") {
		t.Errorf("one more key of the tenant: %s", got)
	}
	if got := spend(env.Key(t, access.Auditor, graphtest.Globex)); strings.Contains(got, "errors") {
		t.Errorf("a key of another tenant: %s", got)
	}
	env.Clock.Advance(12 * time.Second) // a fifth of a minute: the tenant has 20 points again, and the key was not charged
	if got := spend(last); strings.Contains(got, "errors") {
		t.Errorf("later: %s", got)
	}
}

func TestAnOperationHoldsOneSimulationAndIsAnsweredWhole(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, auditor := env.TenantID(t, graphtest.Acme), env.Key(t, access.Auditor, graphtest.Acme)
	const simulate = `simulateMfaPolicy(tenant: $t, policy: {requirement: REQUIRED}) { decisions }`
	if a := env.Must(t, auditor, `query($t: ID!) { `+simulate+` }`, graphtest.Vars{"t": acme}); cost(a, "actual") != 1000 {
		t.Errorf("one costs %v", a.Extensions)
	}
	for document, code := range map[string]string{
		`query($t: ID!) { a: ` + simulate + ` b: ` + simulate + ` }`:                                       "TOO_COMPLEX",
		`query($t: ID!) { ...f ...f } fragment f on Query { ` + simulate + ` }`:                            "TOO_COMPLEX",
		`query($t: ID!) { tenant(id: $t) { id } ... @defer { tenants(first: 1) { totalCount } } }`:         "VALIDATION",
		`query($t: ID!) { tenant(id: $t) { ...f @defer } } fragment f on Tenant { id }`:                    "VALIDATION",
		`query($t: ID!) { tenant(id: $t) { id domains @stream(initialCount: 1) { host } } }`:               "VALIDATION",
		`query($t: ID!) { tenant(id: $t) { ...f } } fragment f on Tenant { ... @defer(if: false) { id } }`: "VALIDATION",
	} {
		if a := env.Do(t, auditor, document, graphtest.Vars{"t": acme}); a.Status != 400 || a.Code() != code || len(a.Errors) != 1 {
			t.Errorf("%s: %d %s", document, a.Status, a.Body)
		}
	}
}
