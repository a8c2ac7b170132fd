package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/passwordcredential"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// PasswordHash returns the hash of a user's password, empty if it has none.
func PasswordHash(ctx context.Context, db *ent.Client, id uuid.UUID) (string, error) {
	row, err := db.PasswordCredential.Query().
		Where(passwordcredential.UserID(id)).
		Select(passwordcredential.FieldHash).
		Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return row.Hash, nil
}

// FormerHashes returns the current hash and up to n-1 before it, newest first.
func FormerHashes(ctx context.Context, db *ent.Client, id uuid.UUID, n int) ([]string, error) {
	if n == 0 {
		return nil, nil
	}
	row, err := db.PasswordCredential.Query().Where(passwordcredential.UserID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read former passwords: %w", err)
	}
	all := append([]string{row.Hash}, row.Former...)
	return all[:min(n, len(all))], nil
}

// SetPassword stores a new hash and raises the user's credential version, which must still be the one given: of two changes
// at once, the one that proved an older password fails with version_conflict. former are those that history still forbids.
func SetPassword(ctx context.Context, tx *ent.Tx, u *User, hash string, former []string, now time.Time) error {
	if err := RaiseVersion(ctx, tx, u, now); err != nil {
		return err
	}
	n, err := tx.PasswordCredential.Update().
		Where(passwordcredential.UserID(u.ID)).
		SetHash(hash).SetFormer(former).SetChangedAt(now).
		Save(ctx)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if n == 1 {
		return nil
	}
	err = tx.PasswordCredential.Create().SetID(ids.New()).SetUserID(u.ID).SetHash(hash).SetChangedAt(now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// Rehash replaces a hash by a stronger one of the same password. Where another sign-in was faster, or the password has
// changed, it does nothing.
func Rehash(ctx context.Context, db *ent.Client, id uuid.UUID, old, stronger string) error {
	err := db.PasswordCredential.Update().
		Where(passwordcredential.UserID(id), passwordcredential.Hash(old)).
		SetHash(stronger).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("rehash password: %w", err)
	}
	return nil
}

// RemovePassword removes a user's password.
func RemovePassword(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	if _, err := tx.PasswordCredential.Delete().Where(passwordcredential.UserID(id)).Exec(ctx); err != nil {
		return fmt.Errorf("remove password: %w", err)
	}
	return nil
}
