package tenants

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/datakey"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// RewrapResult counts data keys.
type RewrapResult struct {
	Rewrapped int `json:"rewrapped"`
	Total     int `json:"total"`
}

// Rewrap wraps every data key under the first master key, so that the others can be taken out of the configuration.
// It goes on where an earlier run stopped. progress, if not nil, is called after each key.
func (r *Registry) Rewrap(ctx context.Context, progress func(RewrapResult)) (out RewrapResult, err error) {
	if len(r.masters) == 0 {
		return out, errors.New("rewrap data keys: no master key is set")
	}
	first := r.masters[0].ID
	across := tenancy.Across(ctx, tenancy.KeyCare)
	if out.Total, err = r.db.DataKey.Query().Count(across); err != nil {
		return out, fmt.Errorf("count data keys: %w", err)
	}
	rows, err := r.db.DataKey.Query().Where(datakey.MasterKeyIDNEQ(first)).All(across)
	if err != nil {
		return out, fmt.Errorf("read data keys: %w", err)
	}
	for _, row := range rows {
		if err := r.rewrap(ctx, row); err != nil {
			return out, err
		}
		out.Rewrapped++
		if progress != nil {
			progress(out)
		}
	}
	return out, r.noteRewrap(ctx, first, out.Rewrapped)
}

func (r *Registry) rewrap(ctx context.Context, row *ent.DataKey) error {
	key, err := r.masters.Unwrap(row.TenantID, row.Version, row.MasterKeyID, row.Wrapped)
	if err != nil {
		return err
	}
	masterID, wrapped, err := r.masters.Wrap(row.TenantID, row.Version, key)
	if err != nil {
		return err
	}
	err = r.db.DataKey.Update().
		Where(datakey.ID(row.ID), datakey.MasterKeyID(row.MasterKeyID)).
		SetMasterKeyID(masterID).SetWrapped(wrapped).
		Exec(tenancy.With(ctx, row.TenantID))
	if err != nil {
		return fmt.Errorf("store rewrapped data key: %w", err)
	}
	return nil
}

func (r *Registry) noteRewrap(ctx context.Context, masterID string, n int) error {
	if n == 0 {
		return nil
	}
	id, err := r.db.Tenant.Query().Where(tenant.Slug(Reserved)).OnlyID(ctx)
	if err != nil {
		return fmt.Errorf("note rewrap: %w", err)
	}
	_, err = store.InTx(tenancy.With(ctx, id), r.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, r.events.Append(ctx, tx, events.Event{
			Type: events.DataKeyRewrapped, Actor: events.ActorOperator,
			Data: map[string]any{"master_key": masterID, "count": n},
		})
	})
	return err
}
