package graph_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
)

const someNodes = `query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }`

func TestNodes(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	ann := env.Join(t, graphtest.Acme, "ann@ex.test")
	admin := env.Must(t, owner, createAdmin, input("email", "boss@example.com", "role", "AUDITOR", "tenant", acme)).Text("createAdmin", "admin", "id")
	key := env.Must(t, owner, createKey, input("name", "ci", "role", "SUPPORT", "tenant", acme)).Text("createApiKey", "apiKey", "id")
	user := idOf(t, env, owner, acme, "ann@ex.test")
	found := env.Must(t, owner, `query($t: ID!, $s: String!) {
  sessions(tenant: $t, first: 1, where: {sessionId: $s}) { nodes { id } }
  tenant(id: $t) { signingKeys { id } } }`, graphtest.Vars{"t": acme, "s": ann.SessionID})
	session, signing := found.Text("sessions", "nodes", 0, "id"), found.Text("tenant", "signingKeys", 0, "id")
	ids := []string{acme, user, session, signing, admin, key}
	tr := env.Transcribe(t, "nodes", "Objects fetched again by their ids.")
	tr.Do("one of each, and none", owner, someNodes, graphtest.Vars{"ids": append(ids, "x", "")})
	tr.Do("for an auditor of the tenant", env.Key(t, access.Auditor, graphtest.Acme), someNodes, graphtest.Vars{"ids": ids})
	tr.Do("for a key of one scope", env.Key(t, access.Auditor, graphtest.Acme, access.UsersRead), someNodes, graphtest.Vars{"ids": ids})
	tr.Do("for another tenant", env.Key(t, access.Owner, graphtest.Globex), someNodes, graphtest.Vars{"ids": ids})
	tr.Do("the platform for an owner of a tenant", env.Key(t, access.Owner, graphtest.Acme),
		someNodes, graphtest.Vars{"ids": []string{env.TenantID(t, tenants.Reserved)}})
	tr.Do("none at all", owner, someNodes, graphtest.Vars{"ids": []string{}})
	many := strings.Split(strings.Repeat(acme+" ", 101), " ")[:101]
	if a := env.Do(t, owner, someNodes, graphtest.Vars{"ids": many}); a.Code() != "INVALID_INPUT" || !strings.Contains(a.Body, "at most 100") {
		t.Errorf("101 ids: %s", a.Body)
	}
	if a := env.Must(t, owner, someNodes, graphtest.Vars{"ids": many[:100]}); len(a.At("nodes").([]any)) != 100 {
		t.Errorf("100 ids: %s", a.Body)
	}
}
