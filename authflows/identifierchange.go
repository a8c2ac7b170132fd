package authflows

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// MakePrimary makes one of the caller's identifiers the primary one of its kind. An address must be proven; the one before
// gets a notice, and what was mailed to it counts no more. An address that was never proven goes: beside a proven one its
// owner could not claim it. It needs a fresh proof. Faults: step_up_required, not_found, identifier_needed, version_conflict.
func (f *Flows) MakePrimary(ctx context.Context, c *Caller, id uuid.UUID, d Device) (_ *Identifier, err error) {
	ctx, end := f.begin(ctx, "identifier_primary")
	defer end(&err)
	return f.changeIdentifier(ctx, c, id, func(ctx context.Context, tx *ent.Tx, user *accounts.User, o *Identifier, all []*Identifier) error {
		if o.Primary {
			return nil
		}
		// Nor may whoever prepared an account lead the mails of its next reset elsewhere.
		if o.Kind == emailKind && (!o.Verified || user.Prepared) {
			return fault.New(fault.IdentifierNeeded)
		}
		if o.Kind == emailKind {
			if err := f.notice(ctx, tx, mail.IdentifierChanged, user, d); err != nil {
				return err
			}
			if err := f.voidAll(ctx, tx, user.ID); err != nil {
				return err
			}
			if err := f.dropUnproven(ctx, tx, c, all); err != nil {
				return err
			}
		}
		if err := accounts.MakePrimary(ctx, tx, user.ID, o, f.now()); err != nil {
			return err
		}
		o.Primary = true
		return f.Events.Append(ctx, tx, events.Event{
			Type: events.IdentifierPrimary, Actor: events.ActorUser, User: user.ID, Session: c.Session.ID,
			Data: map[string]any{"identifier": o.PublicID(), "kind": o.Kind},
		})
	})
}

// dropUnproven takes from the caller the addresses among all that were never proven.
func (f *Flows) dropUnproven(ctx context.Context, tx *ent.Tx, c *Caller, all []*Identifier) error {
	for _, o := range all {
		if o.Kind != emailKind || o.Verified {
			continue
		}
		if err := accounts.RemoveIdentifier(ctx, tx, c.User.ID, o, f.now()); err != nil {
			return err
		}
		err := f.Events.Append(ctx, tx, events.Event{
			Type: events.IdentifierRemoved, Actor: events.ActorUser, User: c.User.ID, Session: c.Session.ID,
			Data: map[string]any{"identifier": o.PublicID(), "kind": o.Kind},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// RemoveIdentifier takes an identifier from the caller. It needs a fresh proof. The fault identifier_needed says that it is
// the last one, the primary one beside others of its kind, or one that the tenant requires.
func (f *Flows) RemoveIdentifier(ctx context.Context, c *Caller, id uuid.UUID, d Device) (err error) {
	ctx, end := f.begin(ctx, "identifier_remove")
	defer end(&err)
	_, err = f.changeIdentifier(ctx, c, id, func(ctx context.Context, tx *ent.Tx, user *accounts.User, o *Identifier, all []*Identifier) error {
		alike := 0
		for _, other := range all {
			if other.Kind == o.Kind {
				alike++
			}
		}
		required := slices.Contains(f.tenant.Settings.Signup.Required, tenants.SignupField(o.Kind))
		if len(all) == 1 || o.Primary && alike > 1 || alike == 1 && required {
			return fault.New(fault.IdentifierNeeded)
		}
		if alike == 1 && o.Kind == emailKind {
			if err := f.otherWayIn(ctx, tx, user); err != nil {
				return err
			}
		}
		if err := f.notice(ctx, tx, mail.IdentifierRemoved, user, d); err != nil {
			return err
		}
		if err := accounts.RemoveIdentifier(ctx, tx, user.ID, o, f.now()); err != nil {
			return err
		}
		// What was mailed to it counts no more.
		if err := f.voidAll(ctx, tx, user.ID); err != nil {
			return err
		}
		return f.Events.Append(ctx, tx, events.Event{
			Type: events.IdentifierRemoved, Actor: events.ActorUser, User: user.ID, Session: c.Session.ID,
			Data: map[string]any{"identifier": o.PublicID(), "kind": o.Kind},
		})
	})
	return err
}

// otherWayIn is the fault identifier_needed for a user whom nothing could let in again without an address: no code and no
// reset can be mailed to it.
func (f *Flows) otherWayIn(ctx context.Context, tx *ent.Tx, user *accounts.User) error {
	if f.tenant.Settings.Passkeys.Enabled && slices.Contains(user.Factors, amr.Passkey) {
		return nil
	}
	hash, err := accounts.PasswordHash(ctx, tx.Client(), user.ID)
	if err == nil && (hash == "" || !f.tenant.Settings.Password.Enabled) {
		err = fault.New(fault.IdentifierNeeded)
	}
	return err
}

// changeIdentifier does what changes an identifier of the caller's, in order with other changes of the same user.
func (f *Flows) changeIdentifier(
	ctx context.Context, c *Caller, id uuid.UUID,
	change func(context.Context, *ent.Tx, *accounts.User, *Identifier, []*Identifier) error,
) (*Identifier, error) {
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	user, err := f.fresh(ctx, c)
	if err != nil {
		return nil, err
	}
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Identifier, error) {
		if err := accounts.HoldVersion(ctx, tx, user, f.now()); err != nil {
			return nil, err
		}
		all, err := accounts.Identifiers(ctx, tx.Identifier, user.ID)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(all, func(o *Identifier) bool { return o.ID == id })
		if at < 0 {
			return nil, fault.New(fault.NotFound)
		}
		return all[at], change(ctx, tx, user, all[at], all)
	})
}
