package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// RaiseVersion raises the user's credential version, which must still be the one given: of two changes at once, the one that
// stands on what the other has replaced fails with version_conflict. It comes first in its transaction, and so orders
// changes of one user.
func RaiseVersion(ctx context.Context, tx *ent.Tx, u *User, now time.Time) error {
	raised, err := tx.User.Update().
		Where(user.ID(u.ID), user.CredentialVersion(u.CredentialVersion)).
		AddCredentialVersion(1).SetUpdatedAt(now).
		Save(ctx)
	if err != nil {
		return fmt.Errorf("raise credential version: %w", err)
	}
	if raised == 0 {
		return fault.New(fault.VersionConflict)
	}
	return nil
}

// SetFactors stores which kinds of second factors the user has.
func SetFactors(ctx context.Context, tx *ent.Tx, id uuid.UUID, factors []amr.Method) error {
	return one(tx.User.Update().Where(user.ID(id)).SetFactors(amr.Texts(factors)).Save(ctx))
}

// SetPasskeyHandle stores the WebAuthn user handle that the first passkey was made for.
func SetPasskeyHandle(ctx context.Context, tx *ent.Tx, id uuid.UUID, handle []byte) error {
	return one(tx.User.Update().Where(user.ID(id)).SetPasskeyHandle(handle).Save(ctx))
}

// SetRoles gives the user its roles.
func SetRoles(ctx context.Context, tx *ent.Tx, id uuid.UUID, roles []string, now time.Time) error {
	return one(tx.User.Update().Where(user.ID(id)).SetRoles(roles).SetUpdatedAt(now).Save(ctx))
}

// ForgetDevices makes every device token of the user worthless.
func ForgetDevices(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	return one(tx.User.Update().Where(user.ID(id)).AddDeviceVersion(1).Save(ctx))
}

// AskedForMFA records when a sign-in first met the requirement of a second factor that the user does not have.
func AskedForMFA(ctx context.Context, tx *ent.Tx, id uuid.UUID, now time.Time) error {
	_, err := tx.User.Update().Where(user.ID(id), user.MfaAskedAtIsNil()).SetMfaAskedAt(now).Save(ctx)
	if err != nil {
		return fmt.Errorf("begin the grace of enrolment: %w", err)
	}
	return nil
}

// HoldVersion is Hold for a change that stands on the user as it was read: what somebody proved under another credential
// version counts no more, and the fault is version_conflict.
func HoldVersion(ctx context.Context, tx *ent.Tx, u *User, now time.Time) error {
	n, err := tx.User.Update().
		Where(user.ID(u.ID), user.CredentialVersion(u.CredentialVersion)).
		SetUpdatedAt(now).
		Save(ctx)
	if err != nil {
		return fmt.Errorf("hold user: %w", err)
	}
	if n == 0 {
		return fault.New(fault.VersionConflict)
	}
	return nil
}

// Hold orders transactions that change one user: the second waits for the first and sees what it did.
func Hold(ctx context.Context, tx *ent.Tx, id uuid.UUID, now time.Time) error {
	return one(tx.User.Update().Where(user.ID(id)).SetUpdatedAt(now).Save(ctx))
}
