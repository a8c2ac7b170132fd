package graph_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	oneSession = `query($id: ID!) { session(id: $id) {
  id sessionId tenantId user { email } client acr amr authTime createdAt lastSeenAt expiresAt live endedAt endReason userAgent ipAddress } }`
	someSessions = `query($tenant: ID!, $first: Int, $after: String, $last: Int, $before: String, $where: SessionWhere, $orderBy: SessionOrder) {
  sessions(tenant: $tenant, first: $first, after: $after, last: $last, before: $before, where: $where, orderBy: $orderBy) {
    nodes { id sessionId live } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`
	revokeSession = `mutation($input: RevokeSessionInput!) { revokeSession(input: $input) {
  session { sessionId live endedAt endReason } userErrors { field code message } eventId } }`
	revokeTenant = `mutation($input: TenantInput!) { revokeTenantSessions(input: $input) {
  tenant { slug } count userErrors { field code message } eventId } }`
)

func TestSessions(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	ann := env.Join(t, graphtest.Acme, "ann@ex.test")
	env.SignIn(t, graphtest.Acme, "ann@ex.test")
	env.Join(t, graphtest.Acme, "bob@ex.test")
	env.Join(t, graphtest.Globex, "ann@ex.test")
	user := idOf(t, env, owner, acme, "ann@ex.test")
	foreign := env.Key(t, access.Owner, graphtest.Globex)
	list := func(more ...any) graphtest.Vars {
		return input(append([]any{"tenant", acme}, more...)...)["input"].(graphtest.Vars)
	}
	tr := env.Transcribe(t, "sessions", "The sessions of a tenant: read, listed and ended, with each user error.")
	tr.Do("all", owner, someSessions, list("first", 2))
	tr.Do("of a user, oldest first", owner, someSessions,
		list("first", 5, "where", graphtest.Vars{"user": user, "live": true, "client": "native"}, "orderBy", graphtest.Vars{"field": "CREATED_AT", "direction": "ASC"}))
	found := tr.Do("by its id", owner, someSessions, list("first", 1, "where", graphtest.Vars{"sessionId": ann.SessionID}))
	id := found.Text("sessions", "nodes", 0, "id")
	tr.Do("by what is no id", owner, someSessions, list("first", 1, "where", graphtest.Vars{"sessionId": "1"}))
	tr.Do("of what is no user", owner, someSessions, list("first", 1, "where", graphtest.Vars{"user": acme}))
	tr.Do("of a client with NUL", owner, someSessions, list("first", 1, "where", graphtest.Vars{"client": "a\x00"}))
	tr.Do("too many", owner, someSessions, list("first", 101))
	tr.Do("another tenant's", foreign, someSessions, list("first", 1))
	tr.Do("one", owner, oneSession, graphtest.Vars{"id": id})
	blind := env.Key(t, access.Auditor, graphtest.Acme, access.SessionsRead)
	for _, field := range []string{"sessionId", "user { userId }", "userAgent", "ipAddress"} { // each alone: errors of several come in any order
		tr.Do("one, without who it is: "+field, blind, `query($id: ID!) { session(id: $id) { `+field+` } }`, graphtest.Vars{"id": id})
	}
	tr.Do("one of another tenant", foreign, oneSession, graphtest.Vars{"id": id})
	tr.Do("one as a node", owner, `query($id: ID!) { node(id: $id) { id ... on Session { sessionId } } }`, graphtest.Vars{"id": id})
	tr.Do("end one", owner, revokeSession, input("id", id))
	tr.Do("end it again", owner, revokeSession, input("id", id))
	tr.Do("end another tenant's", foreign, revokeSession, input("id", id))
	tr.Do("end without the scope", env.Key(t, access.Auditor, graphtest.Acme), revokeSession, input("id", id))
	tr.Do("end the tenant's", owner, revokeTenant, input("id", acme))
	tr.Do("end the tenant's again", owner, revokeTenant, input("id", acme))
	tr.Do("end all of another tenant", foreign, revokeTenant, input("id", acme))
	env.Env.Do(t, "GET", webtest.API(graphtest.Acme)+"/me", nil, ann.Auth()).Want(t, 401)
}

func TestTEN03ASessionOfAnotherTenantIsLikeNone(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	ann := env.Join(t, graphtest.Acme, "ann@ex.test")
	list := graphtest.Vars{"tenant": acme, "first": 1}
	id := env.Must(t, owner, someSessions, list).Text("sessions", "nodes", 0, "id")
	theirs := env.Key(t, access.Owner, graphtest.Globex)
	random := id[:len(id)-8] + "AAAAAAAA"
	for _, document := range []string{revokeSession, `mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { userErrors { code } } }`} {
		own, none := env.Must(t, theirs, document, input("id", id)), env.Must(t, theirs, document, input("id", random))
		if own.Body != none.Body {
			t.Errorf("%s and %s", own.Body, none.Body)
		}
	}
	if a, b := env.Must(t, theirs, oneSession, graphtest.Vars{"id": id}), env.Must(t, theirs, oneSession, graphtest.Vars{"id": random}); a.Body != b.Body {
		t.Errorf("%s and %s", a.Body, b.Body)
	}
	env.Env.Do(t, "GET", webtest.API(graphtest.Acme)+"/me", nil, ann.Auth()).Want(t, 200)
}

func TestTheListsOfAUserGoOnAtTheRoot(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	env.Join(t, graphtest.Acme, "ann@ex.test")
	for range 4 {
		env.SignIn(t, graphtest.Acme, "ann@ex.test")
		env.SignIn(t, graphtest.Acme, "ann@ex.test")
	}
	env.Place(t)
	user := idOf(t, env, owner, acme, "ann@ex.test")
	begun := env.Must(t, owner, `query($id: ID!) { user(id: $id) {
  sessions(first: 3) { nodes { id } pageInfo { endCursor } totalCount } events(first: 3) { nodes { id } pageInfo { endCursor } totalCount } } }`,
		graphtest.Vars{"id": user})
	for noun, where := range map[string]string{"sessions": "user", "events": "target"} {
		document := `query($t: ID!, $after: String, $u: ID!) { ` + noun + `(tenant: $t, first: 100, after: $after, where: {` + where + `: $u}) { nodes { id } totalCount } }`
		vars := graphtest.Vars{"t": acme, "u": user}
		all := env.Must(t, owner, document, vars)
		vars["after"] = begun.Text("user", noun, "pageInfo", "endCursor")
		rest := env.Must(t, owner, document, vars)
		got := append(begun.At("user", noun, "nodes").([]any), rest.At(noun, "nodes").([]any)...)
		want := all.At(noun, "nodes").([]any)
		if len(got) != len(want) || len(want) < 9 {
			t.Fatalf("%s: %d at first and then, %d in all", noun, len(got), len(want))
		}
		for i := range want {
			if got[i].(map[string]any)["id"] != want[i].(map[string]any)["id"] {
				t.Errorf("%s: place %d differs", noun, i)
			}
		}
		if a, b := begun.At("user", noun, "totalCount"), all.At(noun, "totalCount"); a != b {
			t.Errorf("%s: counted %v and %v", noun, a, b)
		}
	}
}
