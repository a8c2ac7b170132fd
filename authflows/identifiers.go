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

// maxIdentifiers is how many of all kinds a user may have.
const maxIdentifiers = 20

// pendingIdentifier is the payload of the challenge that proves an address. To is empty where somebody else has it.
type pendingIdentifier struct {
	Identifier accounts.Identifier `json:"identifier"`
	To         string              `json:"to"`
}

// Identifiers lists the caller's identifiers, oldest first.
func (f *Flows) Identifiers(ctx context.Context, c *Caller) (_ []*Identifier, err error) {
	ctx, end := f.begin(ctx, "identifier_list")
	defer end(&err)
	return accounts.Identifiers(ctx, f.DB.Identifier, c.User.ID)
}

// AddIdentifier gives the caller a further identifier. An address is a challenge first, whose code is mailed to it: also the
// caller's own that was never proven. A taken address is answered alike, and nobody is mailed. Usernames and phone numbers
// are added at once, the latter unproven. It needs a fresh proof. Faults: step_up_required, identifier_taken, limit_reached,
// invalid_input, version_conflict, mail_unavailable, rate_limited.
func (f *Flows) AddIdentifier(ctx context.Context, c *Caller, kind, value string, d Device) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "identifier_add")
	defer end(&err)
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	i, err := readIdentifier(kind, value)
	if err != nil {
		return nil, err
	}
	user, err := f.fresh(ctx, c)
	if err != nil {
		return nil, err
	}
	has, err := accounts.Identifiers(ctx, f.DB.Identifier, user.ID)
	if err != nil {
		return nil, err
	}
	if len(has) >= maxIdentifiers {
		return nil, fault.New(fault.LimitReached)
	}
	if i.Kind == emailKind {
		return f.askAddress(ctx, c, user, has, i, d)
	}
	added, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Identifier, error) {
		if err := accounts.HoldVersion(ctx, tx, user, f.now()); err != nil {
			return nil, err
		}
		return f.addIdentifier(ctx, tx, user, c.Session.ID, i, false, d)
	})
	if fault.CodeOf(err) == fault.IdentifierTaken {
		return nil, taken("value")
	}
	return &Step{Identifier: added}, err
}

func readIdentifier(kind, value string) (accounts.Identifier, error) {
	read := map[string]func(string) (accounts.Identifier, bool){
		"email": accounts.Email, "username": accounts.Username, "phone": accounts.Phone,
	}[kind]
	if read == nil {
		return accounts.Identifier{}, fault.Invalid(fault.Field{Field: "kind", Code: "invalid", Message: "Use email, username or phone."})
	}
	i, ok := read(value)
	if !ok {
		return i, fault.Invalid(fault.Field{Field: "value", Code: "invalid", Message: identifierFixes[identifierKind(kind)]})
	}
	return i, nil
}

// askAddress mails a code to a new address.
func (f *Flows) askAddress(ctx context.Context, c *Caller, user *accounts.User, has []*Identifier, i accounts.Identifier, d Device) (*Step, error) {
	if err := f.mailable(); err != nil {
		return nil, err
	}
	mine := slices.ContainsFunc(has, func(o *Identifier) bool { return o.Kind == i.Kind && o.Normal == i.Normal && !o.Verified })
	owner, err := accounts.Owner(ctx, f.DB.Client, i)
	if err != nil {
		return nil, err
	}
	pending := pendingIdentifier{Identifier: i}
	if mine || owner == uuid.Nil {
		pending.To = i.Value
	}
	l := f.letter(mail.IdentifierCode, pending.To, d)
	if err := f.limitMail(ctx, l, i.Normal, false); err != nil {
		return nil, err
	}
	challenge, err := f.issue(ctx, issue{
		purpose: purposeIdentifier, kind: KindEmailCode, user: user.ID, session: c.Session.ID,
		subject: userSubject(user.ID), factors: []amr.Method{amr.EmailCode}, payload: pending, letter: l,
	})
	return &Step{Challenge: challenge}, err
}

// answerIdentifier adds a proven address to its user, or marks as proven the one that it has. It signs nobody in.
func (f *Flows) answerIdentifier(ctx context.Context, row *ent.Challenge, in Answer) (*Step, error) {
	in.Secret = "" // proven by the code only: a link would let a stranger's click attach an address to another's account
	if row.UserID == nil || row.SessionID == nil {
		return nil, fault.New(fault.ChallengeExpired)
	}
	session, user, err := f.liveSession(ctx, *row.SessionID)
	if fault.CodeOf(err) == fault.InvalidToken {
		return nil, fault.New(fault.ChallengeExpired)
	}
	if err != nil {
		return nil, err
	}
	// A factor that was added since it was asked must be proven first, as for any other change.
	if err := f.requireAll(&Caller{User: user, Session: session, Level: session.Level()}); err != nil {
		return nil, err
	}
	var pending pendingIdentifier
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	guess, err := f.checkCode(ctx, row, in, func() (*guess, error) {
		return f.countGuess(ctx, user, "", in.Device, amr.EmailCode)
	})
	if err != nil {
		return nil, err
	}
	if pending.To == "" {
		return nil, f.wrong(ctx, guess, fault.WrongCode) // its code was mailed to nobody
	}
	added, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Identifier, error) {
		if err := accounts.HoldVersion(ctx, tx, user, f.now()); err != nil {
			return nil, err
		}
		if err := f.use(ctx, tx, row.ID); err != nil {
			return nil, err
		}
		verified, err := accounts.VerifyIdentifier(ctx, tx, user.ID, pending.Identifier, f.now())
		if err != nil {
			return nil, err
		}
		if verified == nil {
			return f.addIdentifier(ctx, tx, user, *row.SessionID, pending.Identifier, true, in.Device)
		}
		return verified, f.Events.Append(ctx, tx, events.Event{
			Type: events.IdentifierVerified, Actor: events.ActorUser, User: user.ID, Session: *row.SessionID,
			Data: map[string]any{"identifier": verified.PublicID()},
		})
	})
	return &Step{Identifier: added}, err
}

func (f *Flows) addIdentifier(
	ctx context.Context, tx *ent.Tx, user *accounts.User, session uuid.UUID, i accounts.Identifier, verified bool, d Device,
) (*Identifier, error) {
	has, err := accounts.Identifiers(ctx, tx.Identifier, user.ID)
	if err != nil {
		return nil, err
	}
	if len(has) >= maxIdentifiers {
		return nil, fault.New(fault.LimitReached)
	}
	// Before the key may clash: a transaction of Postgres answers nothing after that.
	if err := f.notice(ctx, tx, mail.IdentifierAdded, user, d); err != nil {
		return nil, err
	}
	added, err := accounts.AddIdentifier(ctx, tx, user.ID, i, verified, f.now())
	if err != nil {
		return nil, err
	}
	return added, f.Events.Append(ctx, tx, events.Event{
		Type: events.IdentifierAdded, Actor: events.ActorUser, User: user.ID, Session: session,
		Data: map[string]any{"identifier": added.PublicID(), "kind": added.Kind},
	})
}

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
		if o.Kind == emailKind && !o.Verified {
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
