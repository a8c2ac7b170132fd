package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// TestAFilterOfEventsIsAnsweredByAnIndex asks SQLite how it would look events up.
func TestAFilterOfEventsIsAnsweredByAnIndex(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, tenant := env.TenantID(t, graphtest.Acme), env.Tenant(t, graphtest.Acme).ID
	auditor := env.Key(t, access.Auditor, graphtest.Acme)
	target := func(id string) graphtest.Vars { return graphtest.Vars{"target": id} }
	for what, c := range map[string]struct {
		where graphtest.Vars
		index string
	}{
		"all":           {nil, "event_tenant_id_position"},
		"a session":     {target(model.SessionID(tenant, ids.New()).String()), "event_tenant_id_session_id_position"},
		"a key":         {target(model.GlobalID{Kind: model.KindAPIKey, Tenant: tenant, Object: ids.New()}.String()), "event_tenant_id_target_id_position"},
		"a user":        {target(model.UserID(tenant, ids.New()).String()), "event_tenant_id_user_id_position"},
		"an actor":      {graphtest.Vars{"actorId": ids.Format(ids.User, ids.New())}, "event_tenant_id_actor_id_position"},
		"a type":        {graphtest.Vars{"types": []string{"user.signed_up"}}, "event_tenant_id_type_position"},
		"what is to be": {graphtest.Vars{"from": "2099-01-01T00:00:00Z"}, "event_tenant_id_at"},
	} {
		var found bool
		for _, s := range env.Statements(func() { env.Must(t, auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 1, "where": c.where}) }) {
			if !strings.Contains(s.Query, "FROM `events`") || strings.Contains(s.Query, "COUNT(") {
				continue
			}
			found = true
			if plan := env.Plan(t, s); !strings.Contains(plan, c.index+" ") {
				t.Errorf("%s: %s\n%s", what, plan, s.Query)
			}
		}
		if !found {
			t.Errorf("%s: no statement on events", what)
		}
	}
}

func TestAFilterWithoutAnIndexCostsAsMuchAsACount(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, auditor := env.TenantID(t, graphtest.Acme), env.Key(t, access.Auditor, graphtest.Acme)
	for _, c := range []struct {
		list, where string
		want        int
	}{
		{"events", `{types: ["user.signed_up"]}`, 2},
		{"events", `{from: "2026-01-01T00:00:00Z"}`, 22},
		{"events", `{to: "2026-01-01T00:00:00Z", types: ["user.signed_up"]}`, 22},
		{"users", `{userId: "usr_01ka8k3v9wf5xr2q8m7n4p6s0t"}`, 2},
		{"users", `{createdAfter: "2026-01-01T00:00:00Z"}`, 22},
		{"users", `{status: SUSPENDED}`, 22},
		{"users", `{mfaEnrolled: true}`, 22},
		{"sessions", `{live: true}`, 22},
		{"sessions", `{client: "native"}`, 22},
	} {
		a := env.Must(t, auditor, fmt.Sprintf(`query($t: ID!) { %s(tenant: $t, first: 1, where: %s) { nodes { id } } }`, c.list, c.where), graphtest.Vars{"t": acme})
		if requested, actual := cost(a, "requested"), cost(a, "actual"); requested != c.want || actual != c.want {
			t.Errorf("%s %s: %d points requested and %d spent, want %d", c.list, c.where, requested, actual, c.want)
		}
	}
}
