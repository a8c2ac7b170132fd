// Package grants keeps what makes users of the reserved tenant admins: a role over every tenant, or over one.
//
// What a role may do is package access'; who may give one is decided by the flows.
package grants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/admingrant"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Grant is a role of a user of the reserved tenant.
type Grant struct {
	ID        uuid.UUID
	UserID    uuid.UUID
	Role      access.Role
	Over      uuid.UUID // uuid.Nil reaches every tenant
	CreatedAt time.Time
}

// New returns the grant of a row.
func New(row *ent.AdminGrant) *Grant {
	return &Grant{ID: row.ID, UserID: row.UserID, Role: access.Role(row.Role), Over: row.Over, CreatedAt: row.CreatedAt}
}

// Of returns the grants of a user.
func Of(ctx context.Context, db *ent.Client, user uuid.UUID) ([]*Grant, error) {
	rows, err := db.AdminGrant.Query().Where(admingrant.UserID(user)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	out := make([]*Grant, 0, len(rows))
	for _, row := range rows {
		out = append(out, New(row))
	}
	return out, nil
}

// Add gives a user a role. The fault admin_taken says that it holds one over the same tenants.
func Add(ctx context.Context, tx *ent.Tx, user uuid.UUID, role access.Role, over uuid.UUID, now time.Time) (*Grant, error) {
	row, err := tx.AdminGrant.Create().SetID(ids.New()).
		SetUserID(user).SetRole(string(role)).SetOver(over).SetCreatedAt(now).
		Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, fault.New(fault.AdminTaken)
	}
	if err != nil {
		return nil, fmt.Errorf("give a role: %w", err)
	}
	return New(row), nil
}

// SetRole gives a grant another role.
func SetRole(ctx context.Context, tx *ent.Tx, id uuid.UUID, role access.Role) error {
	return one(tx.AdminGrant.Update().Where(admingrant.ID(id)).SetRole(string(role)).Save(ctx))
}

// Remove takes a grant away.
func Remove(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	return one(tx.AdminGrant.Delete().Where(admingrant.ID(id)).Exec(ctx))
}

// one expects that exactly one row was touched; none means that the grant is gone.
func one(n int, err error) error {
	if err != nil {
		return fmt.Errorf("change a role: %w", err)
	}
	if n != 1 {
		return fault.New(fault.NotFound)
	}
	return nil
}
