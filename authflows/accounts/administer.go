package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// Held orders transactions that change one user, as Hold does, and returns the user as it is then. The fault is not_found.
func Held(ctx context.Context, tx *ent.Tx, id uuid.UUID, now time.Time) (*User, error) {
	if err := Hold(ctx, tx, id, now); err != nil {
		return nil, err
	}
	return held(ctx, tx, id)
}

// Renew raises the user's credential version, whatever it is: what somebody has proven before counts no more. It comes first in
// its transaction, and returns the user as it is then. The fault is not_found.
func Renew(ctx context.Context, tx *ent.Tx, id uuid.UUID, now time.Time) (*User, error) {
	err := one(tx.User.Update().Where(user.ID(id)).AddCredentialVersion(1).SetUpdatedAt(now).Save(ctx))
	if err != nil {
		return nil, err
	}
	return held(ctx, tx, id)
}

// SetSuspended suspends or restores a user, and returns it as it is then. It reports false where it was so before, and then holds
// nothing. What is proven while a user is being suspended counts no more afterwards: its credential version grows. The fault is
// not_found.
func SetSuspended(ctx context.Context, tx *ent.Tx, id uuid.UUID, suspended bool, now time.Time) (*User, bool, error) {
	from, to := user.StatusActive, user.StatusSuspended
	if !suspended {
		from, to = to, from
	}
	n, err := tx.User.Update().
		Where(user.ID(id), user.StatusEQ(from)).
		SetStatus(to).AddCredentialVersion(1).SetUpdatedAt(now).
		Save(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("set status of user: %w", err)
	}
	u, err := held(ctx, tx, id)
	return u, n == 1, err
}

// SetName names a user.
func SetName(ctx context.Context, tx *ent.Tx, id uuid.UUID, name string, now time.Time) error {
	return one(tx.User.Update().Where(user.ID(id)).SetName(name).SetUpdatedAt(now).Save(ctx))
}

// SetProfile stores what the tenant keeps about a user, nothing for an empty profile.
func SetProfile(ctx context.Context, tx *ent.Tx, id uuid.UUID, profile json.RawMessage, now time.Time) error {
	update := tx.User.Update().Where(user.ID(id)).SetUpdatedAt(now)
	if len(profile) == 0 {
		return one(update.ClearProfile().Save(ctx))
	}
	return one(update.SetProfile(profile).Save(ctx))
}

func held(ctx context.Context, tx *ent.Tx, id uuid.UUID) (*User, error) {
	u, err := Get(ctx, tx.User, id)
	if err == nil && u == nil {
		err = fault.New(fault.NotFound)
	}
	return u, err
}
