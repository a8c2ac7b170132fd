package credentials

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/totpdevice"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
)

// TOTP is an authenticator app of a user.
type TOTP struct {
	ID, UserID uuid.UUID
	Name       string
	Secret     []byte // sealed for TOTPPlace
	LastStep   int64  // the last time step whose code was used
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

// PublicID returns fac_….
func (d *TOTP) PublicID() string { return ids.Format(ids.Factor, d.ID) }

// TOTPPlace is where the secret of an authenticator app is sealed for.
func TOTPPlace(id uuid.UUID) sealed.Place {
	return sealed.Place{Table: "totp_devices", Column: "secret", Row: id.String()}
}

// AddTOTP stores an authenticator app whose first code was given.
func AddTOTP(ctx context.Context, tx *ent.Tx, d *TOTP) error {
	err := tx.TOTPDevice.Create().SetID(d.ID).SetUserID(d.UserID).SetName(d.Name).
		SetSecret(d.Secret).SetLastStep(d.LastStep).SetCreatedAt(d.CreatedAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("add authenticator app: %w", err)
	}
	return nil
}

// TOTPs returns the authenticator apps of a user, oldest first.
func TOTPs(ctx context.Context, db *ent.TOTPDeviceClient, user uuid.UUID) ([]*TOTP, error) {
	rows, err := db.Query().
		Where(totpdevice.UserID(user)).
		Order(ent.Asc(totpdevice.FieldCreatedAt), ent.Asc(totpdevice.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list authenticator apps: %w", err)
	}
	out := make([]*TOTP, 0, len(rows))
	for _, row := range rows {
		out = append(out, &TOTP{
			ID: row.ID, UserID: row.UserID, Name: row.Name, Secret: row.Secret, LastStep: row.LastStep,
			CreatedAt: row.CreatedAt, LastUsedAt: row.LastUsedAt,
		})
	}
	return out, nil
}

// UseTOTP marks a time step as used. It reports false where that step or a later one was used, or the app is gone: of any
// number of right answers one passes.
func UseTOTP(ctx context.Context, tx *ent.Tx, id uuid.UUID, step int64, now time.Time) (bool, error) {
	n, err := tx.TOTPDevice.Update().
		Where(totpdevice.ID(id), totpdevice.LastStepLT(step)).
		SetLastStep(step).SetLastUsedAt(now).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("use time step: %w", err)
	}
	return n == 1, nil
}

// RemoveTOTP removes an authenticator app of a user. It reports whether the user had it.
func RemoveTOTP(ctx context.Context, tx *ent.Tx, user, id uuid.UUID) (bool, error) {
	n, err := tx.TOTPDevice.Delete().Where(totpdevice.UserID(user), totpdevice.ID(id)).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("remove authenticator app: %w", err)
	}
	return n == 1, nil
}
