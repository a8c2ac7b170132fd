package authflows_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestFewSimulationsRunAtATime(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	var ends []func()
	for range authflows.SimulationsAtOnce {
		ends = append(ends, must[func()](t)(env.Engine.Simulating(t.Context())))
	}
	_, err := env.Engine.SimulateMFA(t.Context(), env.Tenant(t, acme), candidateOf(t, env), time.Hour)
	wantFault(t, err, fault.Busy)
	ends[0]()
	wantOutcomes(t, env, ended{authflows.Unchanged: 1})
	wantOutcomes(t, env, ended{authflows.Unchanged: 1}) // the turn was given back
}
