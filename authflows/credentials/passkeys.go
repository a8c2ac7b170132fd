package credentials

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/passkey"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Passkey is a registered passkey.
type Passkey struct {
	ID, UserID     uuid.UUID
	Name           string
	CredentialID   []byte
	PublicKey      []byte // COSE
	SignCount      uint32
	BackupEligible bool
	BackedUp       bool
	UserVerified   bool // at registration
	Transports     []string
	AAGUID         []byte
	Attestation    string
	CreatedAt      time.Time
	LastUsedAt     *time.Time
}

// PublicID returns fac_….
func (p *Passkey) PublicID() string { return ids.Format(ids.Factor, p.ID) }

// AddPasskey stores a passkey. The fault passkey_taken says that the credential is registered already, whoever's it is.
func AddPasskey(ctx context.Context, tx *ent.Tx, p *Passkey) error {
	err := tx.Passkey.Create().SetID(p.ID).SetUserID(p.UserID).SetName(p.Name).
		SetCredentialID(p.CredentialID).SetPublicKey(p.PublicKey).SetSignCount(int64(p.SignCount)).
		SetBackupEligible(p.BackupEligible).SetBackedUp(p.BackedUp).SetUserVerified(p.UserVerified).
		SetTransports(p.Transports).SetAaguid(p.AAGUID).SetAttestation(p.Attestation).SetCreatedAt(p.CreatedAt).
		Exec(ctx)
	if ent.IsConstraintError(err) {
		return fault.New(fault.PasskeyTaken)
	}
	if err != nil {
		return fmt.Errorf("add passkey: %w", err)
	}
	return nil
}

// Passkeys returns the passkeys of a user, oldest first.
func Passkeys(ctx context.Context, db *ent.PasskeyClient, user uuid.UUID) ([]*Passkey, error) {
	rows, err := db.Query().Where(passkey.UserID(user)).Order(ent.Asc(passkey.FieldCreatedAt, passkey.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	out := make([]*Passkey, 0, len(rows))
	for _, row := range rows {
		out = append(out, newPasskey(row))
	}
	return out, nil
}

// PasskeyOf returns the passkey of a credential id, nil if there is none at this tenant.
func PasskeyOf(ctx context.Context, db *ent.PasskeyClient, credential []byte) (*Passkey, error) {
	row, err := db.Query().Where(passkey.CredentialID(credential)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find passkey: %w", err)
	}
	return newPasskey(row), nil
}

// UsePasskey stores what an assertion told of its authenticator. It reports false where the passkey is gone, or another
// assertion with a counter as high came first.
func UsePasskey(ctx context.Context, tx *ent.Tx, p *Passkey, count uint32, backedUp bool, now time.Time) (bool, error) {
	rises := passkey.SignCountLT(int64(count))
	if count == 0 {
		rises = passkey.SignCount(0) // it does not count
	}
	n, err := tx.Passkey.Update().
		Where(passkey.ID(p.ID), rises).
		SetSignCount(int64(count)).SetBackedUp(backedUp).SetLastUsedAt(now).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("use passkey: %w", err)
	}
	return n == 1, nil
}

// RenamePasskey names a passkey of a user. It reports whether the user has it.
func RenamePasskey(ctx context.Context, tx *ent.Tx, user, id uuid.UUID, name string) (bool, error) {
	n, err := tx.Passkey.Update().Where(passkey.UserID(user), passkey.ID(id)).SetName(name).Save(ctx)
	if err != nil {
		return false, fmt.Errorf("rename passkey: %w", err)
	}
	return n == 1, nil
}

// RemovePasskey removes a passkey of a user. It reports whether the user had it.
func RemovePasskey(ctx context.Context, tx *ent.Tx, user, id uuid.UUID) (bool, error) {
	n, err := tx.Passkey.Delete().Where(passkey.UserID(user), passkey.ID(id)).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("remove passkey: %w", err)
	}
	return n == 1, nil
}

// RemovePasskeys removes all passkeys of a user and returns how many.
func RemovePasskeys(ctx context.Context, tx *ent.Tx, user uuid.UUID) (int, error) {
	n, err := tx.Passkey.Delete().Where(passkey.UserID(user)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("remove passkeys: %w", err)
	}
	return n, nil
}

func newPasskey(row *ent.Passkey) *Passkey {
	return &Passkey{
		ID: row.ID, UserID: row.UserID, Name: row.Name, CredentialID: row.CredentialID, PublicKey: row.PublicKey,
		SignCount: uint32(row.SignCount), BackupEligible: row.BackupEligible, BackedUp: row.BackedUp,
		UserVerified: row.UserVerified, Transports: row.Transports, AAGUID: row.Aaguid, Attestation: row.Attestation,
		CreatedAt: row.CreatedAt, LastUsedAt: row.LastUsedAt,
	}
}
