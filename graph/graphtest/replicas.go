package graphtest

import (
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// Each runs a test on SQLite with the in-process store and on Postgres with Redis, in parallel, as the subtests sqlite and
// postgres. The latter is skipped where there are no servers.
func Each(t *testing.T, test func(*testing.T, *Env), options ...flowtest.Option) {
	t.Helper()
	flowtest.Each(t, func(t *testing.T, bare *flowtest.Env) { test(t, &Env{webtest.Over(t, bare)}) }, options...)
}

// Replicas returns n replicas over the same database and clock, env the first of them, each with listeners of its own.
func (env *Env) Replicas(t testing.TB, n int) []*Env {
	t.Helper()
	out := []*Env{env}
	for _, bare := range env.Env.Env.Replicas(t, n)[1:] {
		out = append(out, &Env{webtest.Over(t, bare)})
	}
	return out
}
