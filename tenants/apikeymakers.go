package tenants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/apikey"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// keysOf returns keys of a tenant with who made them.
func (r *Registry) keysOf(ctx context.Context, t *Tenant, rows []*ent.APIKey) ([]*APIKey, error) {
	by, err := r.makers(ctx, t, rows)
	if err != nil {
		return nil, err
	}
	out := make([]*APIKey, 0, len(rows))
	for _, row := range rows {
		k := newAPIKey(row)
		k.CreatedBy = by[row.ID]
		out = append(out, k)
	}
	return out, nil
}

// makers returns by key who made some keys of a tenant, as a public id. A key is made by one of the same tenant, by one of the
// platform or by an admin; the rows of keys stay as long as their tenant.
func (r *Registry) makers(ctx context.Context, t *Tenant, rows []*ent.APIKey) (map[uuid.UUID]string, error) {
	var by []uuid.UUID
	for _, row := range rows {
		if row.CreatedBy != nil {
			by = append(by, *row.CreatedBy)
		}
	}
	if len(by) == 0 {
		return nil, nil
	}
	platform, err := r.BySlug(ctx, Reserved)
	if err != nil {
		return nil, err
	}
	keys := map[uuid.UUID]bool{}
	for _, home := range []uuid.UUID{t.ID, platform.ID} {
		found, err := r.db.APIKey.Query().Where(apikey.IDIn(by...)).IDs(tenancy.With(ctx, home))
		if err != nil {
			return nil, fmt.Errorf("find who made API keys: %w", err)
		}
		for _, id := range found {
			keys[id] = true
		}
	}
	out := map[uuid.UUID]string{}
	for _, row := range rows {
		switch {
		case row.CreatedBy == nil:
		case keys[*row.CreatedBy]:
			out[row.ID] = ids.Format(ids.APIKey, *row.CreatedBy)
		default:
			out[row.ID] = ids.Format(ids.User, *row.CreatedBy)
		}
	}
	return out, nil
}
