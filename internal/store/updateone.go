package store

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
)

var errUpdateOne = errors.New("store: UpdateOne on a tenant's rows: use Update().Where(…) and count what it changed")

// refuseUpdateOne closes the one way past the tenancy mixin that takes only an id. After its UPDATE, Ent's UpdateOne
// reads the row back by the id alone: where nothing was set it would show another tenant's row, and as every key starts
// with tenant_id it would search the whole table.
func refuseUpdateOne(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if _, owned := m.(interface{ TenantID() (uuid.UUID, bool) }); owned && m.Op().Is(ent.OpUpdateOne) {
			return nil, errUpdateOne
		}
		return next.Mutate(ctx, m)
	})
}
