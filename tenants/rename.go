package tenants

import (
	"context"
	"strings"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Rename changes what people call a tenant. The name that it has changes nothing. Faults: invalid_input, tenant_not_found,
// version_conflict for the loser of a race.
func (r *Registry) Rename(ctx context.Context, slug, name string) (*Tenant, error) {
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return nil, err
	}
	t, err := r.read(ctx, slug)
	if err != nil {
		return nil, err
	}
	if t.Name == name {
		return t.Tenant, nil
	}
	data := map[string]any{
		events.Before: map[string]any{"name": t.Name}, events.After: map[string]any{"name": name},
	}
	return r.change(tenancy.With(ctx, t.ID), t, events.TenantRenamed, data, func(ctx context.Context, tx *ent.Tx) (int, error) {
		return tx.Tenant.Update().
			Where(tenant.ID(t.ID), tenant.Name(t.Name), tenant.StatusNEQ(tenant.StatusDeleting)).
			SetName(name).SetUpdatedAt(r.now()).
			Save(ctx)
	})
}
