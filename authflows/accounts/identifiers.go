package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Owned is an identifier that a user has.
type Owned struct {
	ID uuid.UUID
	Identifier
	Primary    bool // of its kind
	Verified   bool
	VerifiedAt *time.Time
	CreatedAt  time.Time
}

// PublicID returns idf_….
func (o *Owned) PublicID() string { return ids.Format(ids.Identifier, o.ID) }

func newOwned(row *ent.Identifier) *Owned {
	return &Owned{
		ID: row.ID, Identifier: Identifier{row.Kind, row.Value, row.Normal},
		Primary: row.Main, Verified: row.VerifiedAt != nil, VerifiedAt: row.VerifiedAt, CreatedAt: row.CreatedAt,
	}
}

// Identifiers returns the identifiers of a user, oldest first.
func Identifiers(ctx context.Context, db *ent.IdentifierClient, of uuid.UUID) ([]*Owned, error) {
	rows, err := db.Query().
		Where(identifier.UserID(of)).
		Order(ent.Asc(identifier.FieldCreatedAt), ent.Asc(identifier.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list identifiers: %w", err)
	}
	out := make([]*Owned, 0, len(rows))
	for _, row := range rows {
		out = append(out, newOwned(row))
	}
	return out, nil
}

// AddIdentifier gives a user a further identifier, in a transaction that holds the user. The first of its kind is the primary
// one. The fault identifier_taken says that somebody has it already.
func AddIdentifier(ctx context.Context, tx *ent.Tx, of uuid.UUID, i Identifier, verified bool, now time.Time) (*Owned, error) {
	has, err := tx.Identifier.Query().Where(identifier.UserID(of), identifier.KindEQ(i.Kind), identifier.Main(true)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("add identifier: %w", err)
	}
	create := tx.Identifier.Create().SetID(ids.New()).SetUserID(of).
		SetKind(i.Kind).SetValue(i.Value).SetNormal(i.Normal).SetMain(!has).SetCreatedAt(now)
	if verified {
		create.SetVerifiedAt(now)
	}
	row, err := create.Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, fault.New(fault.IdentifierTaken)
	}
	if err != nil {
		return nil, fmt.Errorf("add identifier: %w", err)
	}
	if has {
		return newOwned(row), nil
	}
	return newOwned(row), repeat(ctx, tx, of, i.Kind, i.Value, verified, now)
}

// MakePrimary makes an identifier the primary one of its kind.
func MakePrimary(ctx context.Context, tx *ent.Tx, of uuid.UUID, o *Owned, now time.Time) error {
	err := tx.Identifier.Update().Where(identifier.UserID(of), identifier.KindEQ(o.Kind)).SetMain(false).Exec(ctx)
	if err != nil {
		return fmt.Errorf("make identifier primary: %w", err)
	}
	n, err := tx.Identifier.Update().Where(identifier.UserID(of), identifier.ID(o.ID)).SetMain(true).Save(ctx)
	if err := one(n, err); err != nil {
		return err
	}
	return repeat(ctx, tx, of, o.Kind, o.Value, o.Verified, now)
}

// RemoveIdentifier takes an identifier from a user. Of a primary one nothing stays on the user's own row.
func RemoveIdentifier(ctx context.Context, tx *ent.Tx, of uuid.UUID, o *Owned, now time.Time) error {
	if err := one(tx.Identifier.Delete().Where(identifier.UserID(of), identifier.ID(o.ID)).Exec(ctx)); err != nil {
		return err
	}
	if !o.Primary {
		return nil
	}
	return repeat(ctx, tx, of, o.Kind, "", false, now)
}

// RemoveOtherIdentifiers takes from a user every identifier but its primary address. It returns how many.
func RemoveOtherIdentifiers(ctx context.Context, tx *ent.Tx, of uuid.UUID, now time.Time) (int, error) {
	n, err := tx.Identifier.Delete().
		Where(identifier.UserID(of), identifier.Or(identifier.KindNEQ(identifier.KindEmail), identifier.Main(false))).
		Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("remove other identifiers: %w", err)
	}
	return n, one(tx.User.Update().Where(user.ID(of)).SetUsername("").SetPhone("").SetUpdatedAt(now).Save(ctx))
}

// RemoveOtherWaysToReach takes from a user every address but its primary one, and every phone number: whoever made the account
// may have put its own among them. It returns how many.
func RemoveOtherWaysToReach(ctx context.Context, tx *ent.Tx, of uuid.UUID, now time.Time) (int, error) {
	n, err := tx.Identifier.Delete().
		Where(identifier.UserID(of), identifier.KindNEQ(identifier.KindUsername),
			identifier.Or(identifier.KindNEQ(identifier.KindEmail), identifier.Main(false))).
		Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("remove other ways to reach: %w", err)
	}
	return n, one(tx.User.Update().Where(user.ID(of)).SetPhone("").SetUpdatedAt(now).Save(ctx))
}

// SetPrepared notes that an account is confirmed by its mailbox alone, so that somebody else may have prepared it, or that this
// is over.
func SetPrepared(ctx context.Context, tx *ent.Tx, of uuid.UUID, prepared bool) error {
	return one(tx.User.Update().Where(user.ID(of)).SetPrepared(prepared).Save(ctx))
}

// repeat writes a primary identifier on the user's own row.
func repeat(ctx context.Context, tx *ent.Tx, of uuid.UUID, kind identifier.Kind, value string, verified bool, now time.Time) error {
	update := tx.User.Update().Where(user.ID(of)).SetUpdatedAt(now)
	switch kind {
	case identifier.KindEmail:
		update.SetEmail(value).SetEmailVerified(verified)
	case identifier.KindUsername:
		update.SetUsername(value)
	case identifier.KindPhone:
		update.SetPhone(value)
	}
	return one(update.Save(ctx))
}

// VerifyIdentifier marks an identifier that a user has as proven, in a transaction that holds the user. It returns nil where
// the user does not have it.
func VerifyIdentifier(ctx context.Context, tx *ent.Tx, of uuid.UUID, i Identifier, now time.Time) (*Owned, error) {
	row, err := tx.Identifier.Query().
		Where(identifier.UserID(of), identifier.KindEQ(i.Kind), identifier.Normal(i.Normal)).
		Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("verify identifier: %w", err)
	}
	if err := tx.Identifier.Update().Where(identifier.ID(row.ID)).SetVerifiedAt(now).Exec(ctx); err != nil {
		return nil, fmt.Errorf("verify identifier: %w", err)
	}
	o := newOwned(row)
	o.Verified, o.VerifiedAt = true, &now
	if !o.Primary {
		return o, nil
	}
	return o, repeat(ctx, tx, of, o.Kind, o.Value, true, now)
}
