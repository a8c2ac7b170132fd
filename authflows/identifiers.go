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
