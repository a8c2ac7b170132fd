package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// newTenant returns one tenant, nil for nil.
func (r *Resolver) newTenant(t *tenants.Tenant) *model.Tenant {
	if t == nil {
		return nil
	}
	return model.NewTenant(t, r.tenantBatch([]*tenants.Tenant{t}))
}

// tenantBatch loads what hangs on several tenants.
func (r *Resolver) tenantBatch(of []*tenants.Tenant) *model.TenantBatch {
	return &model.TenantBatch{
		Domains: model.NewBatch(func(ctx context.Context) (map[uuid.UUID][]*model.Domain, error) {
			found, err := r.Tenants.DomainsOf(ctx, of)
			return eachList(found, model.NewDomain), err
		}),
		SigningKeys: model.NewBatch(func(ctx context.Context) (map[uuid.UUID][]*model.SigningKey, error) {
			found, err := r.Tenants.SigningKeysOf(ctx, of)
			return eachList(found, model.NewSigningKey), err
		}),
		Counts: model.NewBatch(func(ctx context.Context) (map[uuid.UUID]*model.TenantCounts, error) {
			found, err := r.Tenants.CountsOf(ctx, of)
			out := map[uuid.UUID]*model.TenantCounts{}
			for _, t := range of {
				out[t.ID] = &model.TenantCounts{Users: found[t.ID].Users, LiveSessions: found[t.ID].LiveSessions}
			}
			return out, err
		}),
	}
}

func eachList[T, U any](lists map[uuid.UUID][]T, render func(T) U) map[uuid.UUID][]U {
	out := make(map[uuid.UUID][]U, len(lists))
	for id, list := range lists {
		for _, one := range list {
			out[id] = append(out[id], render(one))
		}
	}
	return out
}

// tenantOf returns a tenant that the actor may reach, as it is now.
func (r *Resolver) tenantOf(ctx context.Context, id uuid.UUID) (*model.Tenant, error) {
	_, t, err := r.reachObject(ctx, model.TenantID(id))
	if err != nil {
		return nil, err
	}
	return r.newTenant(t.Tenant), nil
}

// tenantBySlug is reach for a slug.
func (r *Resolver) tenantBySlug(ctx context.Context, slug string) (*model.Tenant, error) {
	t, err := r.Tenants.BySlug(ctx, slug)
	if fault.CodeOf(err) == fault.TenantNotFound {
		return nil, fault.New(fault.NotFound)
	}
	if err != nil {
		return nil, err
	}
	if !access.From(ctx).May(scopeOf(ctx), t.ID) {
		return nil, fault.New(fault.NotFound)
	}
	return r.newTenant(t), nil
}
