package authflows

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/grants"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// NewAdmin is what makes an admin.
type NewAdmin struct {
	Email string
	Role  access.Role
	Over  uuid.UUID // the tenant that it reaches; uuid.Nil or the reserved tenant for every one
	First bool      // only where nobody owns every tenant yet, else ErrOwned
}

// ErrOwned says that somebody owns every tenant already.
var ErrOwned = errors.New("the platform has an owner")

// Create makes somebody an admin. Who is new gets a link to set a password, and so does who has none where the maker vouches; nil
// otherwise.
//
// The maker has the link. So the address counts as proven only where the maker holds all that there is to hold: such a one
// vouches for it. Anybody else could sit in somebody else's account and wait until that is given more: who is not proven to read
// its mailbox gets no second grant, and the fault is address_unverified. A maker who vouches takes such an account over: nothing
// from before stays in it. Other faults: invalid_input, forbidden, admin_taken, tenant_not_found.
func (a *Admins) Create(ctx context.Context, in NewAdmin) (*Admin, *RecoveryLink, error) {
	ctx = a.flows.limit(ctx)
	email, ok := accounts.Email(in.Email)
	switch {
	case !ok:
		return nil, nil, fault.Invalid(fault.Field{Field: "email", Code: "invalid", Message: identifierFixes[emailKind]})
	case !in.Role.Exists():
		return nil, nil, unknownRole()
	}
	in.Over = a.over(in.Over)
	if err := covered(ctx, in.Role, in.Over); err != nil {
		return nil, nil, err
	}
	var link *RecoveryLink
	grant, err := change(ctx, a, in.Over, func(ctx context.Context, tx *ent.Tx) (*grants.Held, error) {
		user, made, err := a.userOf(ctx, tx, email)
		if err != nil {
			return nil, err
		}
		grant, err := a.give(ctx, tx, user, in)
		if err != nil {
			return nil, err
		}
		if made {
			err = a.flows.Events.Append(ctx, tx, events.Event{Type: events.UserCreated, Actor: events.ActorOperator, User: user.ID})
			if err != nil {
				return nil, err
			}
		}
		if made || vouches(ctx) {
			link, err = a.firstLink(ctx, tx, user)
		}
		return &grants.Held{Grant: *grant, Email: user.Email, Factors: amr.Texts(user.Factors)}, err
	})
	if err != nil {
		return nil, nil, err
	}
	return newAdmin(grant), link, nil
}

// userOf returns the user of an address, made now where there is none. Sign-up at the reserved tenant is closed.
func (a *Admins) userOf(ctx context.Context, tx *ent.Tx, email accounts.Identifier) (_ *accounts.User, made bool, err error) {
	user, err := accounts.ByIdentifier(ctx, tx.Client(), email)
	switch {
	case err != nil:
		return nil, false, err
	case user == nil:
		user, err = accounts.Create(ctx, tx, accounts.NewUser{
			Identifiers: []accounts.Identifier{email}, EmailVerified: vouches(ctx),
		}, a.flows.now())
		if err != nil {
			return nil, false, err
		}
		return user, true, throttle.Prepare(ctx, tx, user.ID, a.flows.now())
	case user.EmailVerified:
		return user, false, nil
	case !vouches(ctx):
		return nil, false, fault.New(fault.AddressUnverified)
	}
	user, err = a.vouchFor(ctx, tx, user, email)
	return user, false, err
}

// vouchFor counts an address of a user as proven, and as the only one. Whoever has used the account before may be anybody, so
// nothing from before stays but the grants.
func (a *Admins) vouchFor(
	ctx context.Context, tx *ent.Tx, user *accounts.User, email accounts.Identifier,
) (*accounts.User, error) {
	if err := accounts.RaiseVersion(ctx, tx, user, a.flows.now()); err != nil {
		return nil, err
	}
	has, err := accounts.Identifiers(ctx, tx.Identifier, user.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range has {
		if o.Kind != email.Kind || o.Normal != email.Normal || o.Primary {
			continue
		}
		if err := accounts.MakePrimary(ctx, tx, user.ID, o, a.flows.now()); err != nil {
			return nil, err
		}
	}
	if err := accounts.RemovePassword(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	if err := a.flows.strip(ctx, tx, user, events.ActorOperator); err != nil {
		return nil, err
	}
	return accounts.Get(ctx, tx.User, user.ID)
}

// give stores the grant of a new admin.
func (a *Admins) give(ctx context.Context, tx *ent.Tx, user *accounts.User, in NewAdmin) (*grants.Grant, error) {
	grant, err := grants.Add(ctx, tx, user.ID, in.Role, in.Over, a.flows.now())
	if err != nil {
		return nil, err
	}
	if in.First {
		n, err := grants.Count(ctx, tx.Client(), grants.Query{Over: []uuid.UUID{uuid.Nil}, Role: access.Owner})
		if err != nil {
			return nil, err
		}
		if n > 1 {
			return nil, ErrOwned
		}
	}
	return grant, a.append(ctx, tx, events.AdminCreated, events.ActorOperator, grant, map[string]any{
		events.After:    map[string]any{"role": in.Role, "user_id": user.PublicID()},
		events.Personal: map[string]any{events.After: map[string]any{"email": user.Email}},
	})
}

// firstLink issues the link of who has no password.
func (a *Admins) firstLink(ctx context.Context, tx *ent.Tx, user *accounts.User) (*RecoveryLink, error) {
	hash, err := accounts.PasswordHash(ctx, tx.Client(), user.ID)
	if err != nil || hash != "" {
		return nil, err
	}
	return a.flows.recoveryLink(ctx, tx, user)
}
