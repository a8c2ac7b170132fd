package credentials

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/passkey"
	"github.com/tenantgate/tenantgate/ent/recoverycode"
	"github.com/tenantgate/tenantgate/ent/totpdevice"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// Shown is what a list tells of a factor. What it would take to copy one is not even read.
type Shown struct {
	ID         uuid.UUID // nil of recovery codes, which are one set
	Kind       amr.Method
	Name       string
	Left       int // of recovery codes
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

// ShownOf returns the factors of users: authenticator apps, then passkeys, each oldest first, then the set of recovery codes. It
// takes one statement for each kind.
func ShownOf(ctx context.Context, db *ent.Client, users []uuid.UUID) (map[uuid.UUID][]*Shown, error) {
	out := map[uuid.UUID][]*Shown{}
	for _, add := range []func(context.Context, *ent.Client, []uuid.UUID, map[uuid.UUID][]*Shown) error{
		addTOTPs, addPasskeys, addRecoveryCodes,
	} {
		if err := add(ctx, db, users, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addTOTPs(ctx context.Context, db *ent.Client, users []uuid.UUID, out map[uuid.UUID][]*Shown) error {
	rows, err := db.TOTPDevice.Query().Where(totpdevice.UserIDIn(users...)).
		Order(ent.Asc(totpdevice.FieldCreatedAt, totpdevice.FieldID)).
		Select(
			totpdevice.FieldID, totpdevice.FieldUserID, totpdevice.FieldName, totpdevice.FieldCreatedAt, totpdevice.FieldLastUsedAt,
		).
		All(ctx)
	if err != nil {
		return fmt.Errorf("list authenticator apps: %w", err)
	}
	for _, row := range rows {
		out[row.UserID] = append(out[row.UserID], &Shown{
			ID: row.ID, Kind: amr.TOTP, Name: row.Name, CreatedAt: row.CreatedAt, LastUsedAt: row.LastUsedAt,
		})
	}
	return nil
}

func addPasskeys(ctx context.Context, db *ent.Client, users []uuid.UUID, out map[uuid.UUID][]*Shown) error {
	rows, err := db.Passkey.Query().Where(passkey.UserIDIn(users...)).
		Order(ent.Asc(passkey.FieldCreatedAt, passkey.FieldID)).
		Select(passkey.FieldID, passkey.FieldUserID, passkey.FieldName, passkey.FieldCreatedAt, passkey.FieldLastUsedAt).
		All(ctx)
	if err != nil {
		return fmt.Errorf("list passkeys: %w", err)
	}
	for _, row := range rows {
		out[row.UserID] = append(out[row.UserID], &Shown{
			ID: row.ID, Kind: amr.Passkey, Name: row.Name, CreatedAt: row.CreatedAt, LastUsedAt: row.LastUsedAt,
		})
	}
	return nil
}

// addRecoveryCodes counts the codes of a set, of which there are few, where they are read.
func addRecoveryCodes(ctx context.Context, db *ent.Client, users []uuid.UUID, out map[uuid.UUID][]*Shown) error {
	rows, err := db.RecoveryCode.Query().Where(recoverycode.UserIDIn(users...)).
		Select(recoverycode.FieldUserID, recoverycode.FieldCreatedAt, recoverycode.FieldUsedAt).
		All(ctx)
	if err != nil {
		return fmt.Errorf("list recovery codes: %w", err)
	}
	sets := map[uuid.UUID]*Shown{}
	for _, row := range rows {
		set := sets[row.UserID]
		if set == nil {
			set = &Shown{Kind: amr.RecoveryCode, CreatedAt: row.CreatedAt}
			sets[row.UserID] = set
			out[row.UserID] = append(out[row.UserID], set)
		}
		if row.UsedAt == nil {
			set.Left++
		} else if set.LastUsedAt == nil || row.UsedAt.After(*set.LastUsedAt) {
			set.LastUsedAt = row.UsedAt
		}
	}
	return nil
}
