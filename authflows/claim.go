package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// claim gives an account whose address was never proven to whoever reads its mailbox. Whoever signed up with it may have
// been somebody else, so nothing from before stays: no password, factor, device, session, or other identifier. It returns
// the user as it is then.
func (f *Flows) claim(ctx context.Context, tx *ent.Tx, user *accounts.User, d Device) (*accounts.User, error) {
	if err := accounts.RaiseVersion(ctx, tx, user, f.now()); err != nil {
		return nil, err
	}
	if err := accounts.RemovePassword(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	if err := f.dispossess(ctx, tx, user, d); err != nil {
		return nil, err
	}
	return accounts.Get(ctx, tx.User, user.ID)
}

// dispossess removes what was attached to an account before its address was proven, but the password: a claim by code
// removes it, and a claim by reset has just replaced it. The mailbox is told.
func (f *Flows) dispossess(ctx context.Context, tx *ent.Tx, user *accounts.User, d Device) error {
	if err := f.strip(ctx, tx, user, events.ActorUser); err != nil {
		return err
	}
	return f.notice(ctx, tx, mail.AccountClaimed, user, d)
}

// strip is dispossess without the mail, for whoever counts the address as proven.
func (f *Flows) strip(ctx context.Context, tx *ent.Tx, user *accounts.User, by events.Actor) error {
	factors, err := credentials.RemoveAll(ctx, tx, user.ID)
	if err != nil {
		return err
	}
	if err := accounts.SetFactors(ctx, tx, user.ID, nil); err != nil {
		return err
	}
	identifiers, err := accounts.RemoveOtherIdentifiers(ctx, tx, user.ID, f.now())
	if err != nil {
		return err
	}
	if err := f.forgetDevices(ctx, tx, user.ID); err != nil {
		return err
	}
	if err := f.voidAll(ctx, tx, user.ID); err != nil {
		return err
	}
	if err := accounts.VerifyEmail(ctx, tx, user.ID, f.now()); err != nil {
		return err
	}
	if err := accounts.SetPrepared(ctx, tx, user.ID, false); err != nil {
		return err
	}
	ended, err := sessions.EndOfUser(ctx, tx, user.ID, uuid.Nil, sessions.AccountClaimed, f.now())
	if err != nil {
		return err
	}
	return f.Events.Append(ctx, tx, events.Event{
		Type: events.UserClaimed, Actor: by, User: user.ID,
		Data: map[string]any{"factors_removed": factors, "identifiers_removed": identifiers, "sessions_ended": ended},
	})
}

// untie gives an account that its mailbox confirmed by a token alone to whoever resets its password: what else lets somebody
// in, or brings the mails of the next reset, goes. The authenticator app stays, for a mailbox alone must not take it away.
func (f *Flows) untie(ctx context.Context, tx *ent.Tx, user *accounts.User) error {
	passkeys, err := credentials.RemovePasskeys(ctx, tx, user.ID)
	if err != nil {
		return err
	}
	if err := f.sumUp(ctx, tx, user.ID); err != nil {
		return err
	}
	identifiers, err := accounts.RemoveOtherWaysToReach(ctx, tx, user.ID, f.now())
	if err != nil {
		return err
	}
	if err := accounts.SetPrepared(ctx, tx, user.ID, false); err != nil {
		return err
	}
	return f.Events.Append(ctx, tx, events.Event{
		Type: events.UserClaimed, Actor: events.ActorUser, User: user.ID,
		Data: map[string]any{"factors_removed": passkeys, "identifiers_removed": identifiers},
	})
}
