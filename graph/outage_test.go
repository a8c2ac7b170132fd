package graph_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
)

// GQL-07: the database answers, with an error of its driver's.
func TestWhatADatabaseSaysIsNotTold(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, env *graphtest.Env) {
		acme, owner := env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, graphtest.Acme)
		env.DropTable(t, "sessions")
		for what, document := range map[string]string{
			"a list":      `query($t: ID!) { sessions(tenant: $t, first: 1) { nodes { id } } }`,
			"a count":     `query($t: ID!) { tenant(id: $t) { counts { liveSessions } } }`,
			"of a change": `mutation($t: ID!) { revokeTenantSessions(input: {id: $t}) { userErrors { code } } }`,
		} {
			a := env.Do(t, owner, document, graphtest.Vars{"t": acme})
			if a.Code() != "INTERNAL" || a.Header.Get("X-Request-Id") == "" || len(a.Errors) != 1 {
				t.Errorf("%s: %d %s", what, a.Status, a.Body)
			}
			if told := strings.ToLower(a.Errors[0].Message); strings.Contains(told, "sessions") || strings.Contains(told, "table") ||
				strings.Contains(told, "sql") || strings.Contains(told, "relation") {
				t.Errorf("%s is told: %s", what, a.Body)
			}
			logged := strings.Join(env.Logged(t, a), "")
			if !strings.Contains(logged, "no such table") && !strings.Contains(logged, "does not exist") {
				t.Errorf("%s: the log does not say why: %s", what, logged)
			}
		}
	})
}
