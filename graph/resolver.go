package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// Deps are what the resolvers stand on.
type Deps struct {
	Engine  *authflows.Engine
	Tenants *tenants.Registry
	Now     clock.Clock
	// LookupTXT asks DNS for the records that prove a host.
	LookupTXT tenants.TXTLookup
	// Budget is how many points of cost an actor may spend; zero is 20 000 a minute.
	Budget ephemeral.Limit
}

// Resolver is the root of all resolvers.
type Resolver struct {
	Deps
	streams *events.Streams
}

// target is an object that an id named, over whose tenant the actor holds the scope of the field that was asked for.
type target struct {
	*tenants.Tenant
	Object uuid.UUID
}

// reach is the one way from an id to a tenant: it demands the scope of the field's @auth over it. The returned context is limited
// to the tenant. The fault not_found stands alike for ids that are none, of another type, of another tenant or of nothing.
func (r *Resolver) reach(ctx context.Context, kind model.Kind, id string) (context.Context, *target, error) {
	g, ok := model.ParseID(id)
	if !ok || g.Kind != kind {
		return ctx, nil, fault.New(fault.NotFound)
	}
	return r.reachObject(ctx, g)
}

func (r *Resolver) reachObject(ctx context.Context, g model.GlobalID) (context.Context, *target, error) {
	if !access.From(ctx).May(scopeOf(ctx), g.Tenant) {
		return ctx, nil, fault.New(fault.NotFound)
	}
	t, err := r.Tenants.ByID(ctx, g.Tenant)
	if fault.CodeOf(err) == fault.TenantNotFound {
		err = fault.New(fault.NotFound)
	}
	return tenancy.With(ctx, g.Tenant), &target{t, g.Object}, err
}

// none turns the fault not_found into a null: what does not exist and what is not for the caller's eyes look the same.
func none[T any](v *T, err error) (*T, error) {
	if err != nil && fault.CodeOf(err) == fault.NotFound {
		return nil, nil
	}
	return v, err
}

// derive returns a key of the platform's own for a use.
func (r *Resolver) derive(ctx context.Context, label string) ([]byte, error) {
	platform, err := r.Tenants.BySlug(ctx, tenants.Reserved)
	if err != nil {
		return nil, err
	}
	key, _ := platform.Keys.MACKey(platform.Keys.Current(), label)
	return key, nil
}

// cursors writes and reads cursors.
func (r *Resolver) cursors(ctx context.Context) (*page.Cursors, error) {
	key, err := r.derive(ctx, "cursor")
	return page.NewCursors(key), err
}
