package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
)

// nodeKind is how objects of a kind are fetched by their ids, and what that asks for: the scope of the kind's own root field. All of
// a tenant are fetched at once; those that do not exist are left out.
type nodeKind struct {
	scope access.Scope
	read  func(*Resolver, context.Context, *tenants.Tenant, []uuid.UUID) (map[uuid.UUID]model.Node, error)
}

// nodeKinds has a row for every kind.
var nodeKinds = map[model.Kind]nodeKind{
	model.KindTenant:     {access.TenantsRead, reads((*Resolver).tenantByID)},
	model.KindUser:       {access.UsersRead, reads((*Resolver).usersByID)},
	model.KindSession:    {access.SessionsRead, reads((*Resolver).sessionsByID)},
	model.KindEvent:      {access.EventsRead, reads((*Resolver).eventsByID)},
	model.KindDomain:     {access.TenantsRead, reads((*Resolver).domainsByID)},
	model.KindSigningKey: {access.KeysRead, reads((*Resolver).signingKeysByID)},
	model.KindAdmin:      {access.AdminsRead, reads((*Resolver).adminsByID)},
	model.KindAPIKey:     {access.APIKeysRead, reads((*Resolver).apiKeysByID)},
}

// reads makes a reader of one type a reader of nodes.
func reads[N model.Node](read func(*Resolver, context.Context, *tenants.Tenant, []uuid.UUID) (map[uuid.UUID]N, error),
) func(*Resolver, context.Context, *tenants.Tenant, []uuid.UUID) (map[uuid.UUID]model.Node, error) {
	return func(r *Resolver, ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) (map[uuid.UUID]model.Node, error) {
		found, err := read(r, ctx, t, ids)
		out := make(map[uuid.UUID]model.Node, len(found))
		for id, n := range found {
			out[id] = n
		}
		return out, err
	}
}

// node returns the object of an id, nil for one that does not exist or is not for the actor's eyes.
func (r *Resolver) node(ctx context.Context, id string) (model.Node, error) {
	found, err := r.nodes(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// nodes returns the objects of ids in their order, with those of a kind and tenant read at once, and each once.
func (r *Resolver) nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if len(ids) > page.Max {
		return nil, wrongArgument("ids", "Give at most 100 ids.")
	}
	found := make(map[string]model.Node, len(ids))
	for of, wanted := range groups(ids) {
		kind := nodeKinds[of.Kind]
		within, t, err := r.reachObject(withScope(ctx, kind.scope), of)
		if fault.CodeOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		objects, err := kind.read(r, within, t.Tenant, wanted)
		if err != nil {
			return nil, err
		}
		for id, n := range objects {
			found[model.GlobalID{Kind: of.Kind, Tenant: of.Tenant, Object: id}.String()] = n
		}
	}
	out := make([]model.Node, 0, len(ids))
	for _, id := range ids {
		out = append(out, found[id])
	}
	return out, nil
}

// groups returns what ids name, each once, by kind and tenant. What is no id names nothing.
func groups(ids []string) map[model.GlobalID][]uuid.UUID {
	out, seen := map[model.GlobalID][]uuid.UUID{}, map[model.GlobalID]bool{}
	for _, id := range ids {
		if g, ok := model.ParseID(id); ok && !seen[g] {
			seen[g] = true
			of := model.GlobalID{Kind: g.Kind, Tenant: g.Tenant}
			out[of] = append(out[of], g.Object)
		}
	}
	return out
}

func (r *Resolver) tenantByID(_ context.Context, t *tenants.Tenant, _ []uuid.UUID) (map[uuid.UUID]*model.Tenant, error) {
	return map[uuid.UUID]*model.Tenant{t.ID: r.newTenant(t)}, nil
}

func (r *Resolver) sessionsByID(ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) (map[uuid.UUID]*model.Session, error) {
	d := r.Engine.Directory(t)
	found, err := d.SessionsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out, batch := map[uuid.UUID]*model.Session{}, r.sessionBatch(t, found)
	for _, s := range found {
		out[s.ID] = model.NewSession(t.ID, s, d.Live(s), batch)
	}
	return out, nil
}

func (r *Resolver) eventsByID(ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) (map[uuid.UUID]*model.Event, error) {
	found, err := events.ByID(ctx, r.Engine.DB.Client, ids)
	if err != nil {
		return nil, err
	}
	cursor, err := r.streamCursor(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]*model.Event{}
	for i, e := range r.newEvents(t, found, cursor) {
		out[found[i].ID] = e
	}
	return out, nil
}

func (r *Resolver) domainsByID(ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) (map[uuid.UUID]*model.Domain, error) {
	found, err := r.Tenants.DomainsByID(ctx, t, ids)
	out := map[uuid.UUID]*model.Domain{}
	for _, d := range found {
		out[d.ID] = model.NewDomain(d)
	}
	return out, err
}

func (r *Resolver) signingKeysByID(ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) (map[uuid.UUID]*model.SigningKey, error) {
	found, err := r.Tenants.SigningKeysByID(ctx, t, ids)
	out := map[uuid.UUID]*model.SigningKey{}
	for _, k := range found {
		out[k.ID] = model.NewSigningKey(k)
	}
	return out, err
}

func (r *Resolver) adminsByID(ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) (map[uuid.UUID]*model.Admin, error) {
	admins, platform, err := r.admins(ctx)
	if err != nil {
		return nil, err
	}
	found, err := admins.ByID(ctx, t.ID, ids)
	out := map[uuid.UUID]*model.Admin{}
	for _, a := range found {
		out[a.ID] = model.NewAdmin(a, platform.ID)
	}
	return out, err
}

func (r *Resolver) apiKeysByID(ctx context.Context, t *tenants.Tenant, ids []uuid.UUID) (map[uuid.UUID]*model.APIKey, error) {
	platform, err := r.platform(ctx)
	if err != nil {
		return nil, err
	}
	found, err := r.Tenants.APIKeysByID(ctx, t, ids)
	out := map[uuid.UUID]*model.APIKey{}
	for _, k := range found {
		out[k.ID] = model.NewAPIKey(k, platform.ID, r.Now())
	}
	return out, err
}
