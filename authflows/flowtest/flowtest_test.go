package flowtest_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestTheWatchSeesStatementsThatLeaveTheirTenant(t *testing.T) {
	t.Parallel()
	tenant, other := uuid.New(), uuid.New()
	ctx := tenancy.With(t.Context(), tenant)
	across := tenancy.Across(t.Context(), tenancy.Sweeper)
	for name, c := range map[string]struct {
		statement store.Statement
		ok        bool
	}{
		"a narrowed select":           {store.Statement{Query: `SELECT "users"."id" FROM "users" WHERE "users"."tenant_id" = $1`, Args: []any{tenant}}, true},
		"a column is no predicate":    {store.Statement{Query: `SELECT "users"."tenant_id" FROM "users" WHERE "id" = $1`, Args: []any{tenant}}, false},
		"an update without tenant":    {store.Statement{Query: "UPDATE `sessions` SET `tenant_id` = ? WHERE `id` = ?", Args: []any{tenant}}, false},
		"a delete without predicate":  {store.Statement{Query: `DELETE FROM "jobs"`}, false},
		"another tenant's rows":       {store.Statement{Query: `DELETE FROM "jobs" WHERE "tenant_id" = $1`, Args: []any{other}}, false},
		"a join narrowed on one side": {store.Statement{Query: `SELECT * FROM "users" JOIN "sessions" ON true WHERE "users"."tenant_id" = $1`, Args: []any{tenant}}, false},
		"a stamped insert":            {store.Statement{Query: "INSERT INTO `events` (`id`, `tenant_id`) VALUES (?, ?)", Args: []any{other, tenant.String()}}, true},
		"an insert without tenant":    {store.Statement{Query: "INSERT INTO `events` (`id`) VALUES (?)", Args: []any{tenant}}, false},
		"a table that nobody owns":    {store.Statement{Query: `SELECT * FROM "tenants" WHERE "slug" = $1`}, true},
	} {
		if got := flowtest.Breach(ctx, c.statement); (got == "") != c.ok {
			t.Errorf("%s: breach %q", name, got)
		}
		if got := flowtest.Breach(across, c.statement); got != "" {
			t.Errorf("%s, across tenants: breach %q", name, got)
		}
	}
	if flowtest.Breach(t.Context(), store.Statement{Query: `SELECT * FROM "users"`}) == "" {
		t.Error("a statement without a tenant in its context passed")
	}
}

func TestAnEnvironmentSignsUsersUpInBothTenants(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		a, b := env.SignUp(t, flowtest.Acme, "ann@ex.test"), env.SignUp(t, flowtest.Globex, "ann@ex.test")
		if a.User.ID == b.User.ID || a.AccessToken == "" || b.RefreshToken == "" {
			t.Errorf("got %+v and %+v", a, b)
		}
	})
}
