package authflows

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// SimulateEach is SimulateMFA that tells what becomes of each decision, by its event.
func (e *Engine) SimulateEach(ctx context.Context, t *tenants.Tenant, candidate tenants.MFASettings, window time.Duration) (map[uuid.UUID]SimulationOutcome, error) {
	ctx = tenancy.With(ctx, t.ID)
	rows, _, err := events.Decisions(ctx, e.DB.Client, e.Now().Add(-window), MaxSimulated)
	if err != nil {
		return nil, err
	}
	read := readDecisions(rows)
	if err := e.fill(ctx, t, read); err != nil {
		return nil, err
	}
	out, run := map[uuid.UUID]SimulationOutcome{}, newSimulation(candidate)
	for _, r := range read {
		out[r.event.Event] = run.take(r)
	}
	return out, nil
}

// EveryOutcome are all outcomes.
var EveryOutcome = everyOutcome

// Simulating takes the turn of a simulation, until it is ended.
func (e *Engine) Simulating(ctx context.Context) (end func(), err error) {
	return e.simulationTurn(ctx)
}

// SimulationsAtOnce is how many turns there are.
const SimulationsAtOnce = simulationsAtOnce
