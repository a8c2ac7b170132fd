package flowtest

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/tenants"
)

// Place gives all events that are committed their positions, as the sequencer of a server does all the time.
func (env *Env) Place(t testing.TB) {
	t.Helper()
	home := func(ctx context.Context) (uuid.UUID, error) {
		reserved, err := env.Tenants.BySlug(ctx, tenants.Reserved)
		if err != nil {
			return uuid.Nil, err
		}
		return reserved.ID, nil
	}
	sequencer := events.NewSequencer(env.DB, env.Engine.Events, home)
	for {
		n, err := sequencer.Place(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatalf("place events: %v", err)
		}
		if n == 0 {
			return
		}
	}
}
