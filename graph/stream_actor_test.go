package graph_test

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// begun is a WebSocket that a caller has begun.
func begun(t *testing.T, env *graphtest.Env, as graphtest.Caller) *websocket.Conn {
	t.Helper()
	conn, err := dial(t, env, transportWS, env.AdminURL, "Authorization", "Bearer "+as.Bearer)
	if err != nil {
		t.Fatal(err)
	}
	say(t, conn, "connection_init", "", nil)
	wants(t, conn, "connection_ack")
	return conn
}

// ADM-03: a connection is older than what its key has lost.
func TestARevokedKeyReadsNothingMoreOverAWebSocketThatIsOpen(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, tenant := env.TenantID(t, graphtest.Acme), env.Tenant(t, graphtest.Acme)
	key := env.Key(t, access.Auditor, graphtest.Acme)
	conn := begun(t, env, key)
	env.Place(t)
	cursor := env.Must(t, key, `query($t: ID!) { events(tenant: $t, last: 1, orderBy: {field: POSITION, direction: ASC}) { nodes { cursor } } }`,
		graphtest.Vars{"t": acme}).Text("events", "nodes", 0, "cursor")
	id, ok := ids.Parse(ids.APIKey, env.Must(t, key, `{ viewer { actorId } }`, nil).Text("viewer", "actorId"))
	if !ok {
		t.Fatal("no id of a key")
	}
	env.SignUp(t, graphtest.Acme, "ann@x.test")
	env.Place(t)
	if _, err := env.Tenants.RevokeAPIKey(t.Context(), tenant, id); err != nil {
		t.Fatal(err)
	}
	for n, after := range []any{nil, cursor} {
		say(t, conn, "subscribe", strconv.Itoa(n), map[string]any{
			"query":     `subscription($t: ID!, $after: String) { events(tenant: $t, after: $after) { type cursor user { email } } }`,
			"variables": map[string]any{"t": acme, "after": after},
		})
		m := wants(t, conn, "next")
		if !strings.Contains(string(m.Payload), `"code":"INVALID_TOKEN"`) || strings.Contains(string(m.Payload), "ann@x.test") {
			t.Errorf("after %v: %s", after, m.Payload)
		}
		wants(t, conn, "complete")
	}
}

// followed counts the subscriptions under way in this process.
func followed() int {
	text := make([]byte, 8<<20)
	return strings.Count(string(text[:runtime.Stack(text, true)]), "graph.(*stream).run(")
}

// awaitFollowed waits until so many subscriptions are under way.
func awaitFollowed(t *testing.T, want int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); followed() != want; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d subscriptions are under way, want %d", followed(), want)
		}
	}
}

func TestSubscriptionsEndWithTheirWebSocket(t *testing.T) { //nolint:paralleltest // goroutines are counted
	env := graphtest.New(t)
	acme := env.TenantID(t, graphtest.Acme)
	payload := map[string]any{"query": follow, "variables": map[string]any{"tenant": acme, "types": []string{"tenant.deleted"}}}
	before := followed()
	conn := begun(t, env, env.Key(t, access.Auditor, graphtest.Acme))
	for n := range 20 {
		say(t, conn, "subscribe", strconv.Itoa(n), payload)
	}
	awaitFollowed(t, before+20)
	_ = conn.Close()
	awaitFollowed(t, before)

	conn = begun(t, env, env.Key(t, access.Auditor, graphtest.Acme))
	say(t, conn, "subscribe", "1", payload)
	awaitFollowed(t, before+1)
	say(t, conn, "complete", "1", nil)
	wants(t, conn, "complete")
	say(t, conn, "subscribe", "1", payload) // the id is free again
	awaitFollowed(t, before+1)
	say(t, conn, "subscribe", "1", payload)
	if m, err := hear(t, conn); err == nil || !strings.HasSuffix(err.Error(), "4409") {
		t.Errorf("two subscriptions of one id: %+v, %v; want to be closed with 4409", m, err)
	}
	awaitFollowed(t, before)
}
