package graph_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
)

const listEvents = `query($tenant: ID!, $first: Int, $after: String, $last: Int, $before: String, $where: EventWhere, $orderBy: EventOrder) {
  events(tenant: $tenant, first: $first, after: $after, last: $last, before: $before, where: $where, orderBy: $orderBy) {
    edges { cursor node { type position } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}`

// whole asks for all that is known of events.
const whole = `query($tenant: ID!, $where: EventWhere) { events(tenant: $tenant, first: 20, where: $where, orderBy: {field: POSITION, direction: ASC}) {
  nodes { id eventId tenantId type actor actorId userId user { userId } sessionId targetId data personal at position cursor } } }`

func TestTheAuditLog(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	tr := env.Transcribe(t, "events", "events is the audit log of a tenant: what happened, in the order that every reader sees alike.")
	acme, globex := env.TenantID(t, graphtest.Acme), env.TenantID(t, graphtest.Globex)
	owner, auditor := env.Key(t, access.Owner, ""), env.Key(t, access.Auditor, graphtest.Acme)
	env.SignUp(t, graphtest.Acme, "ann@x.test")
	env.Set(t, graphtest.Acme, "branding.name=Acme")
	env.Place(t)
	env.SignUp(t, graphtest.Acme, "late@x.test") // has no position yet

	tr.Do("all that is known", owner, whole, graphtest.Vars{"tenant": acme})
	first := tr.Do("a page, the newest first", auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 2})
	end := first.Text("events", "pageInfo", "endCursor")
	tr.Do("the next page", auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 2, "after": end})
	tr.Do("back again", auditor, listEvents, graphtest.Vars{"tenant": acme, "last": 2, "before": end})
	user := env.Must(t, owner, whole, graphtest.Vars{"tenant": acme, "where": map[string]any{"types": []string{"user.signed_up"}}})
	tr.Do("of a type", auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 5, "where": map[string]any{"types": []string{"user.signed_up"}}})
	tr.Do("of nobody", auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 5, "where": map[string]any{"actorId": user.Text("events", "nodes", 0, "userId")}})
	tr.Do("of a time that is over", auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 5, "where": map[string]any{"to": "2001-01-01T00:00:00Z"}})
	tr.Do("about the object of another tenant", auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 5, "where": map[string]any{"target": globex}})
	tr.Do("of another tenant", auditor, listEvents, graphtest.Vars{"tenant": globex, "first": 5})
	tr.Do("of no tenant", auditor, listEvents, graphtest.Vars{"tenant": "nonsense", "first": 5})
	tr.Do("without the scope", env.Key(t, access.Admin, graphtest.Acme, access.UsersRead), listEvents, graphtest.Vars{"tenant": acme, "first": 5})
	tr.Do("personal values without their scope", env.Key(t, access.Auditor, graphtest.Acme, access.EventsRead), `query($tenant: ID!) {
  events(tenant: $tenant, first: 1) { nodes { type personal } } }`, graphtest.Vars{"tenant": acme})
	for what, vars := range map[string]graphtest.Vars{
		"neither first nor last":    {},
		"more than a hundred":       {"first": 101},
		"first and last":            {"first": 1, "last": 1},
		"a cursor of another order": {"first": 1, "after": end, "orderBy": map[string]any{"field": "POSITION", "direction": "ASC"}},
		"no type of ours":           {"first": 1, "where": map[string]any{"types": []string{"user.sneezed"}}},
		"no id of an actor":         {"first": 1, "where": map[string]any{"actorId": "ann@x.test"}},
		"a time that ends early":    {"first": 1, "where": map[string]any{"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}},
	} {
		vars["tenant"] = acme
		if a := env.Do(t, auditor, listEvents, vars); a.Code() != "INVALID_INPUT" || a.At("events") != nil {
			t.Errorf("%s: %s", what, a.Body)
		}
	}
}

func TestAnEventIsFoundAgainByItsIDAndItsCursorIsThatOfTheWholeList(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, owner := env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, "")
	env.SignUp(t, graphtest.Acme, "ann@x.test")
	env.Place(t)
	all := env.Must(t, owner, whole, graphtest.Vars{"tenant": acme})
	id, cursor := all.Text("events", "nodes", 0, "id"), all.Text("events", "nodes", 0, "cursor")
	const node = `query($id: ID!) { node(id: $id) { id ... on Event { type position cursor } } }`
	found := env.Must(t, owner, node, graphtest.Vars{"id": id})
	want := map[string]any{"id": id, "type": all.Text("events", "nodes", 0, "type"), "position": 1.0, "cursor": cursor}
	if diff := cmp.Diff(any(want), found.At("node")); diff != "" {
		t.Errorf("the node (-want +got):\n%s", diff)
	}
	if a := env.Must(t, env.Key(t, access.Owner, graphtest.Globex), node, graphtest.Vars{"id": id}); a.At("node") != nil {
		t.Errorf("another tenant's key: %s", a.Body)
	}
	next := env.Must(t, owner, listEvents, graphtest.Vars{
		"tenant": acme, "first": 1, "after": cursor, "orderBy": map[string]any{"field": "POSITION", "direction": "ASC"},
	})
	if next.At("events", "edges", 0, "node", "position") != 2.0 {
		t.Errorf("behind the first: %s", next.Body)
	}
}

func TestAPageOfEventsTakesAsManyStatementsWhateverItsLength(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, owner := env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, "")
	for i := range 12 {
		env.SignUp(t, graphtest.Acme, fmt.Sprintf("p%d@x.test", i))
	}
	env.Place(t)
	count := func(first int) int {
		return len(env.Warm(t, func() {
			env.Must(t, owner, `query($tenant: ID!, $first: Int!) { events(tenant: $tenant, first: $first) {
				nodes { id type data personal user { userId email } cursor } totalCount } }`, graphtest.Vars{"tenant": acme, "first": first})
		}))
	}
	if one, many := count(1), count(40); one != many {
		t.Errorf("a page of 1 takes %d statements, one of 40 %d", one, many)
	}
}

func TestAnEventOutlivesItsUser(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, owner := env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, "")
	in := env.SignUp(t, graphtest.Acme, "ann@x.test")
	env.Place(t)
	vars := graphtest.Vars{"tenant": acme, "where": map[string]any{"types": []string{"user.signed_up"}}}
	if before := env.Must(t, owner, whole, vars); before.Text("events", "nodes", 0, "user", "userId") != in.User.PublicID() {
		t.Errorf("before: %s", before.Body)
	}
	if err := env.Engine.Directory(env.Tenant(t, graphtest.Acme)).Delete(t.Context(), in.User.ID); err != nil {
		t.Fatal(err)
	}
	after := env.Must(t, owner, whole, vars)
	if after.At("events", "nodes", 0, "user") != nil || after.Text("events", "nodes", 0, "userId") != in.User.PublicID() {
		t.Errorf("after: %s", after.Body)
	}
}
