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
	"github.com/tenantgate/tenantgate/internal/sealed"
)

// RecoveryCode is a recovery code as it is kept.
type RecoveryCode struct {
	ID     uuid.UUID
	Digest []byte
	Sealed []byte // for RecoveryCodePlace; empty where the code is never shown again
}

// RecoveryCodePlace is where a recovery code is sealed for.
func RecoveryCodePlace(id uuid.UUID) sealed.Place {
	return sealed.Place{Table: "recovery_codes", Column: "sealed", Row: id.String()}
}

// ReplaceRecoveryCodes stores a new set; the former one is void.
func ReplaceRecoveryCodes(ctx context.Context, tx *ent.Tx, user uuid.UUID, set []RecoveryCode, now time.Time) error {
	if err := RemoveRecoveryCodes(ctx, tx, user); err != nil {
		return err
	}
	rows := make([]*ent.RecoveryCodeCreate, 0, len(set))
	for _, c := range set {
		row := tx.RecoveryCode.Create().SetID(c.ID).SetUserID(user).SetDigest(c.Digest).SetCreatedAt(now)
		if len(c.Sealed) > 0 {
			row.SetSealed(c.Sealed)
		}
		rows = append(rows, row)
	}
	if err := tx.RecoveryCode.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("store recovery codes: %w", err)
	}
	return nil
}

// HasRecoveryCode reports whether an unused recovery code of a user has a digest.
func HasRecoveryCode(ctx context.Context, db *ent.Client, user uuid.UUID, digest []byte) (bool, error) {
	has, err := db.RecoveryCode.Query().
		Where(recoverycode.UserID(user), recoverycode.Digest(digest), recoverycode.UsedAtIsNil()).
		Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("find recovery code: %w", err)
	}
	return has, nil
}

// UseRecoveryCode uses a code up. It reports false where it was used or replaced: of any number of right answers one passes.
func UseRecoveryCode(ctx context.Context, tx *ent.Tx, user uuid.UUID, digest []byte, now time.Time) (bool, error) {
	n, err := tx.RecoveryCode.Update().
		Where(recoverycode.UserID(user), recoverycode.Digest(digest), recoverycode.UsedAtIsNil()).
		SetUsedAt(now).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("use recovery code: %w", err)
	}
	return n == 1, nil
}

// SealedRecoveryCodes returns the unused recovery codes of a user that can be shown again, in the order they were made.
func SealedRecoveryCodes(ctx context.Context, db *ent.RecoveryCodeClient, user uuid.UUID) ([]RecoveryCode, error) {
	rows, err := db.Query().
		Where(recoverycode.UserID(user), recoverycode.UsedAtIsNil(), recoverycode.SealedNotNil()).
		Order(ent.Asc(recoverycode.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read recovery codes: %w", err)
	}
	out := make([]RecoveryCode, 0, len(rows))
	for _, row := range rows {
		out = append(out, RecoveryCode{ID: row.ID, Digest: row.Digest, Sealed: *row.Sealed})
	}
	return out, nil
}

// RecoveryCodesLeft returns how many recovery codes a user has not used.
func RecoveryCodesLeft(ctx context.Context, db *ent.RecoveryCodeClient, user uuid.UUID) (int, error) {
	n, err := db.Query().Where(recoverycode.UserID(user), recoverycode.UsedAtIsNil()).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count recovery codes: %w", err)
	}
	return n, nil
}

// RemoveRecoveryCodes removes the set of a user.
func RemoveRecoveryCodes(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	if _, err := tx.RecoveryCode.Delete().Where(recoverycode.UserID(user)).Exec(ctx); err != nil {
		return fmt.Errorf("remove recovery codes: %w", err)
	}
	return nil
}

// Summary returns the kinds of second factors that a user has, as its own row repeats them. Recovery codes count while one
// is left, and only beside another kind: without, there is nothing to recover.
func Summary(ctx context.Context, tx *ent.Tx, user uuid.UUID) ([]amr.Method, error) {
	var out []amr.Method
	for _, kind := range []struct {
		method amr.Method
		exists func(context.Context) (bool, error)
	}{
		{amr.TOTP, tx.TOTPDevice.Query().Where(totpdevice.UserID(user)).Exist},
		{amr.Passkey, tx.Passkey.Query().Where(passkey.UserID(user)).Exist},
		{amr.RecoveryCode, tx.RecoveryCode.Query().Where(recoverycode.UserID(user), recoverycode.UsedAtIsNil()).Exist},
	} {
		has, err := kind.exists(ctx)
		if err != nil {
			return nil, fmt.Errorf("sum up factors: %w", err)
		}
		if has && (kind.method != amr.RecoveryCode || len(out) > 0) {
			out = append(out, kind.method)
		}
	}
	return out, nil
}

// RemoveAll removes every factor of a user.
func RemoveAll(ctx context.Context, tx *ent.Tx, user uuid.UUID) (n int, err error) {
	for _, remove := range []func(context.Context) (int, error){
		tx.TOTPDevice.Delete().Where(totpdevice.UserID(user)).Exec,
		tx.Passkey.Delete().Where(passkey.UserID(user)).Exec,
		tx.RecoveryCode.Delete().Where(recoverycode.UserID(user)).Exec,
	} {
		removed, err := remove(ctx)
		if err != nil {
			return n, fmt.Errorf("remove factors: %w", err)
		}
		n += removed
	}
	return n, nil
}
