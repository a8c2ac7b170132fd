package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/graph"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// cost is what an answer says of its cost, -1 for what it does not say.
func cost(a *graphtest.Answer, name string) int {
	said, _ := a.Extensions["cost"].(map[string]any)
	points, ok := said[name].(float64)
	if !ok {
		return -1
	}
	return int(points)
}

func TestAnOperationCostsWhatItMayHold(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	id := env.TenantID(t, graphtest.Acme)
	for document, c := range map[string]struct {
		vars              graphtest.Vars
		requested, actual int
	}{
		`{ viewer { kind } }`:                                                                                                   {nil, 1, 1},
		`{ a: viewer { kind } b: viewer { kind } }`:                                                                             {nil, 2, 2},
		`{ __schema { queryType { name } } }`:                                                                                   {nil, 50, 50},
		`{ tenants(first: 10) { nodes { slug } } }`:                                                                             {nil, 2, 2},
		`{ tenants(first: 10) { nodes { settings { path } } } }`:                                                                {nil, 2 + 10, 2 + 3},
		`{ tenants(last: 10) { edges { node { settings { path } } } pageInfo { hasNextPage } } }`:                               {nil, 2 + 10, 2 + 3},
		`query($n: Int) { tenants(first: $n) { nodes { settings { path } } totalCount } }`:                                      {graphtest.Vars{"n": 2}, 2 + 2 + 20, 2 + 2 + 20},
		`{ tenants(first: 5) { ...page } } fragment page on TenantConnection { nodes { ... on Tenant { settings { path } } } }`: {nil, 2 + 5, 2 + 3},
		`query($yes: Boolean!) { viewer @include(if: $yes) { kind } tenants(first: 1) @skip(if: $yes) { totalCount } }`:         {graphtest.Vars{"yes": true}, 1, 1},
		`query($yes: Boolean!) { viewer @skip(if: $yes) { kind } ... @include(if: $yes) { tenants(first: 1) { totalCount } } }`: {graphtest.Vars{"yes": true}, 22, 22},
		`query($ids: [ID!]!) { nodes(ids: $ids) { ... on Tenant { settings { path } } } }`:                                      {graphtest.Vars{"ids": []string{id, "x", "y"}}, 3 + 3, 3 + 1},
	} {
		got := env.Must(t, env.Key(t, access.Owner, ""), document, c.vars)
		if cost(got, "requested") != c.requested || cost(got, "actual") != c.actual || cost(got, "remaining") != graph.Budget-c.actual {
			t.Errorf("%s: %v, want %d requested and %d actual", document, got.Extensions, c.requested, c.actual)
		}
	}
}

func TestAnOperationThatMayCostTooMuchIsNotBegun(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner := env.Key(t, access.Owner, "")
	document := `{` + numbered(`a%d: tenants(first: 100) { nodes { counts { users } } }`, 6) + `}`
	got := env.Do(t, owner, document, nil)
	said, _ := got.Errors[0].Extensions["cost"].(map[string]any)
	if got.Status != 400 || got.Code() != "TOO_COMPLEX" || said["requested"] != 12_012.0 || said["maximum"] != float64(graph.MaxCost) {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if left := cost(env.Must(t, owner, `{ viewer { kind } }`, nil), "remaining"); left != graph.Budget-1 {
		t.Errorf("%d points are left after an operation that was not begun", left)
	}
}

func TestABudgetIsOneActorsAndFillsAgain(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, other := env.Key(t, access.Owner, ""), env.Key(t, access.Owner, "")
	dear := `{` + numbered(`a%d: tenants(first: 100) { totalCount }`, 20) + `}` // 440 points, all of them spent
	var refused *graphtest.Answer
	for range 60 {
		if refused = env.Do(t, owner, dear, nil); len(refused.Errors) > 0 {
			break
		}
	}
	wait, _ := refused.Errors[0].Extensions["retryAfter"].(float64)
	if refused.Status != http.StatusTooManyRequests || refused.Code() != "RATE_LIMITED" || wait < 1 || wait > 60 ||
		refused.Header.Get("Retry-After") != fmt.Sprint(wait) {
		t.Fatalf("%d %s, Retry-After %s", refused.Status, refused.Body, refused.Header.Get("Retry-After"))
	}
	env.Must(t, other, `{ viewer { kind } }`, nil)
	env.Clock.Advance(time.Duration(wait) * time.Second)
	env.Must(t, owner, dear, nil)
}

func TestABrowsersCookieCountsOnlyWithTheHeaderAndFromOurOwnOrigin(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	cookie := webtest.Header{Name: "Cookie", Value: "__Host-tg-" + env.Tenant(t, "tenantgate").PublicID() + "=tgc_x"}
	for what, c := range map[string]struct {
		headers []webtest.Header
		code    string
	}{
		"without the header":           {nil, "CROSS_ORIGIN"},
		"with another value":           {[]webtest.Header{{Name: "Tenantgate-Csrf", Value: "0"}}, "CROSS_ORIGIN"},
		"from another site":            {[]webtest.Header{{Name: "Tenantgate-Csrf", Value: "1"}, {Name: "Sec-Fetch-Site", Value: "cross-site"}}, "CROSS_ORIGIN"},
		"from another origin":          {[]webtest.Header{{Name: "Tenantgate-Csrf", Value: "1"}, {Name: "Origin", Value: "https://evil.test"}}, "CROSS_ORIGIN"},
		"from our own, with it":        {[]webtest.Header{{Name: "Tenantgate-Csrf", Value: "1"}, {Name: "Sec-Fetch-Site", Value: "same-origin"}}, "INVALID_TOKEN"},
		"by a WebSocket from nowhere":  {[]webtest.Header{{Name: "Upgrade", Value: "websocket"}}, "CROSS_ORIGIN"},
		"by a WebSocket from a site":   {[]webtest.Header{{Name: "Upgrade", Value: "websocket"}, {Name: "Origin", Value: "https://evil.test"}}, "CROSS_ORIGIN"},
		"by an upgrade to what is not": {[]webtest.Header{{Name: "Upgrade", Value: "h2c"}}, "METHOD_NOT_ALLOWED"},
	} {
		method := http.MethodPost
		if strings.HasPrefix(what, "by a") {
			method = http.MethodGet
		}
		got := raw(t, env, method, graphtest.Nobody(), `{"query":"{ viewer { kind } }"}`, append(c.headers, cookie)...)
		if !strings.Contains(got.Body, `"code":"`+c.code+`"`) {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
}
