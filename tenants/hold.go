package tenants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// Hold lets changes of what belongs to a tenant, and its deletion, come one after another: an update holds the tenant's row on
// every engine. The fault is tenant_not_found.
func Hold(ctx context.Context, tx *ent.Tx, id uuid.UUID, now time.Time) error {
	n, err := tx.Tenant.Update().
		Where(tenant.ID(id), tenant.StatusNEQ(tenant.StatusDeleting)).
		SetUpdatedAt(now).
		Save(ctx)
	if err != nil {
		return fmt.Errorf("hold tenant: %w", err)
	}
	if n == 0 {
		return fault.New(fault.TenantNotFound)
	}
	return nil
}
