package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// User is what the rest of the product sees of a user.
type User struct {
	ID            uuid.UUID
	Email         string // the primary address as typed
	EmailVerified bool
	Prepared      bool // see SetPrepared
	Username      string
	Phone         string
	Name          string
	Profile       json.RawMessage
	Suspended     bool
	CreatedAt     time.Time
	UpdatedAt     time.Time
	// CredentialVersion grows when the password or a factor changes.
	CredentialVersion int
	// DeviceVersion grows when the user's devices are forgotten.
	DeviceVersion int
	Factors       []amr.Method // second factors, and passkeys
	Roles         []string
	PasskeyHandle []byte     // empty before the first passkey
	MFAAskedAt    *time.Time // see mfa.enrol_grace
}

// PublicID returns usr_….
func (u *User) PublicID() string { return ids.Format(ids.User, u.ID) }

func newUser(row *ent.User) *User {
	u := &User{
		ID: row.ID, Email: row.Email, EmailVerified: row.EmailVerified, Prepared: row.Prepared, Username: row.Username, Phone: row.Phone,
		Name: row.Name, Profile: row.Profile, Suspended: row.Status == user.StatusSuspended, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		CredentialVersion: row.CredentialVersion, DeviceVersion: row.DeviceVersion, Roles: row.Roles,
		MFAAskedAt: row.MfaAskedAt,
	}
	for _, m := range row.Factors {
		u.Factors = append(u.Factors, amr.Method(m))
	}
	if row.PasskeyHandle != nil {
		u.PasskeyHandle = *row.PasskeyHandle
	}
	return u
}

// NewUser is what makes a user.
type NewUser struct {
	Identifiers   []Identifier // at most one of a kind
	EmailVerified bool
	Prepared      bool   // see SetPrepared
	PasswordHash  string // empty for none
	Name          string
	Profile       json.RawMessage
}

// Create makes a user with its identifiers and password. The fault identifier_taken says that another has one of them.
func Create(ctx context.Context, tx *ent.Tx, in NewUser, now time.Time) (*User, error) {
	create := tx.User.Create().SetID(ids.New()).
		SetName(in.Name).SetPrepared(in.Prepared).
		SetCreatedAt(now).SetUpdatedAt(now)
	if len(in.Profile) > 0 {
		create.SetProfile(in.Profile)
	}
	for _, i := range in.Identifiers {
		switch i.Kind {
		case identifier.KindEmail:
			create.SetEmail(i.Value).SetEmailVerified(in.EmailVerified)
		case identifier.KindUsername:
			create.SetUsername(i.Value)
		case identifier.KindPhone:
			create.SetPhone(i.Value)
		}
	}
	row, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("create user: %w", err)
	}
	for _, i := range in.Identifiers {
		c := tx.Identifier.Create().SetID(ids.New()).SetUserID(row.ID).
			SetKind(i.Kind).SetValue(i.Value).SetNormal(i.Normal).SetMain(true).SetCreatedAt(now)
		if i.Kind == identifier.KindEmail && in.EmailVerified {
			c.SetVerifiedAt(now)
		}
		err := c.Exec(ctx)
		if ent.IsConstraintError(err) {
			return nil, fault.New(fault.IdentifierTaken)
		}
		if err != nil {
			return nil, fmt.Errorf("create identifier: %w", err)
		}
	}
	if in.PasswordHash != "" {
		err := tx.PasswordCredential.Create().SetID(ids.New()).SetUserID(row.ID).
			SetHash(in.PasswordHash).SetChangedAt(now).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("create password: %w", err)
		}
	}
	return newUser(row), nil
}

// Owner returns the id of the user who has an identifier, uuid.Nil if nobody has.
func Owner(ctx context.Context, db *ent.Client, i Identifier) (uuid.UUID, error) {
	row, err := db.Identifier.Query().
		Where(identifier.KindEQ(i.Kind), identifier.Normal(i.Normal)).
		Select(identifier.FieldUserID).
		Only(ctx)
	if ent.IsNotFound(err) {
		return uuid.Nil, nil
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find identifier: %w", err)
	}
	return row.UserID, nil
}

// ByIdentifier returns the user who has an identifier, nil if nobody has, in one statement.
func ByIdentifier(ctx context.Context, db *ent.Client, i Identifier) (*User, error) {
	row, err := db.Identifier.Query().
		Where(identifier.KindEQ(i.Kind), identifier.Normal(i.Normal)).
		QueryUser().
		Unique(false). // at most one: nothing to weed out
		Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return newUser(row), nil
}

// Get returns a user, nil if there is none.
func Get(ctx context.Context, db *ent.UserClient, id uuid.UUID) (*User, error) {
	row, err := db.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read user: %w", err)
	}
	return newUser(row), nil
}

// Changes are what a user may change of itself; nil leaves as it is.
type Changes struct {
	Name    *string
	Profile json.RawMessage
}

// Change stores changes.
func Change(ctx context.Context, tx *ent.Tx, id uuid.UUID, c Changes, now time.Time) error {
	update := tx.User.Update().Where(user.ID(id)).SetUpdatedAt(now).SetNillableName(c.Name)
	if c.Profile != nil {
		update.SetProfile(c.Profile)
	}
	return one(update.Save(ctx))
}

// Delete removes a user and all that hangs on it.
func Delete(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	return one(tx.User.Delete().Where(user.ID(id)).Exec(ctx))
}

// VerifyEmail marks the primary address as proven.
func VerifyEmail(ctx context.Context, tx *ent.Tx, id uuid.UUID, now time.Time) error {
	err := tx.Identifier.Update().
		Where(identifier.UserID(id), identifier.KindEQ(identifier.KindEmail), identifier.Main(true)).
		SetVerifiedAt(now).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("verify address: %w", err)
	}
	return one(tx.User.Update().Where(user.ID(id)).SetEmailVerified(true).SetUpdatedAt(now).Save(ctx))
}

// one expects that exactly one row was touched; none means that the user is gone.
func one(n int, err error) error {
	if err != nil {
		return fmt.Errorf("change user: %w", err)
	}
	if n != 1 {
		return fault.New(fault.NotFound)
	}
	return nil
}
