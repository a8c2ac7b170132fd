package tenants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent/apikey"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/ent/tenantdomain"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// DomainsByID returns hosts of a tenant by their ids, in one statement; those that do not exist are left out.
func (r *Registry) DomainsByID(ctx context.Context, t *Tenant, ids []uuid.UUID) ([]*Domain, error) {
	rows, err := r.db.TenantDomain.Query().Where(tenantdomain.IDIn(ids...)).All(tenancy.With(ctx, t.ID))
	if err != nil {
		return nil, fmt.Errorf("read domains: %w", err)
	}
	out := make([]*Domain, 0, len(rows))
	for _, row := range rows {
		out = append(out, describeDomain(row))
	}
	return out, nil
}

// SigningKeysByID returns signing keys of a tenant by their ids, in one statement; those that do not exist are left out. Private
// parts are not read.
func (r *Registry) SigningKeysByID(ctx context.Context, t *Tenant, ids []uuid.UUID) ([]Key, error) {
	rows, err := r.db.SigningKey.Query().Where(signingkey.IDIn(ids...)).Select(shownOfKeys...).All(tenancy.With(ctx, t.ID))
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	out := make([]Key, 0, len(rows))
	for _, row := range rows {
		out = append(out, describeKey(row))
	}
	return out, nil
}

// APIKeysByID returns API keys of a tenant by their ids, in one statement and two for who made them; those that do not exist are left out.
func (r *Registry) APIKeysByID(ctx context.Context, t *Tenant, ids []uuid.UUID) ([]*APIKey, error) {
	rows, err := r.db.APIKey.Query().Where(apikey.IDIn(ids...)).All(tenancy.With(ctx, t.ID))
	if err != nil {
		return nil, fmt.Errorf("read API keys: %w", err)
	}
	return r.keysOf(ctx, t, rows)
}
