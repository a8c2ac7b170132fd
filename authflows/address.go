package authflows

import (
	"context"

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

// pendingAddress is the payload of the challenge that proves the address of a sign-up, and of the proof itself.
type pendingAddress struct {
	Identifier accounts.Identifier `json:"identifier"`
}

// MailAddress mails what proves an address: of an account that was made without, or of one to come. Whoever has a proven
// account with it is told so by the fault identifier_taken, unless signup.verify_email is before_session: then nobody is told
// anything. A client that mails a token proves the address of an account alone: for nobody's the fault is not_found, likewise.
// Faults: mail_unavailable, rate_limited, invalid_input.
func (f *Flows) MailAddress(ctx context.Context, email string, d Device) (err error) {
	ctx, end := f.begin(ctx, "address_mail")
	defer end(&err)
	i, ok := accounts.Email(email)
	if !ok {
		return fault.Invalid(fault.Field{Field: "email", Code: "invalid", Message: identifierFixes[emailKind]})
	}
	if err := f.limitAddress(ctx, d); err != nil {
		return err
	}
	if err := f.mailable(); err != nil {
		return err
	}
	if err := f.limitAsks(ctx, ForAddress, i.Normal); err != nil {
		return err
	}
	user, err := accounts.ByIdentifier(ctx, f.DB.Client, i)
	if err != nil {
		return err
	}
	to, proven := i.Value, user != nil && (user.EmailVerified || user.Suspended)
	if user == nil && f.tenant.Settings.Signup.Mode != tenants.SignupOpen {
		to = "" // nobody can sign up with it
	}
	if proven {
		if err := f.tellOfAddress(ctx, taken("email")); err != nil {
			return err
		}
		to = ""
	}
	if again, err := f.mailSignupAgain(ctx, i, d); again || err != nil {
		return err
	}
	if user == nil && f.client.Mails[ForAddress].Token {
		if err := f.tellOfAddress(ctx, fault.New(fault.NotFound)); err != nil {
			return err
		}
		to = ""
	}
	in := f.askAddressOf(i, to, d)
	if user != nil && !proven {
		in.user = user.ID
	}
	if err := f.limitMail(ctx, in.letter, i.Normal, false); err != nil {
		return err
	}
	_, err = f.issue(ctx, in)
	return err
}

// tellOfAddress returns what tells whether somebody has an address, where the tenant lets that be told. Each time counts as a
// failed guess at who has an account.
func (f *Flows) tellOfAddress(ctx context.Context, told error) error {
	if f.tenant.Settings.Signup.VerifyEmail == tenants.VerifyBeforeSession {
		return nil
	}
	if err := f.takeFailure(ctx); err != nil {
		return err
	}
	return told
}

func (f *Flows) askAddressOf(i accounts.Identifier, to string, d Device) issue {
	return issue{
		purpose: purposeAddress, kind: KindEmailCode, subject: i.Normal, factors: []amr.Method{amr.EmailCode},
		payload: pendingAddress{i}, letter: f.letter(mail.IdentifierCode, to, d),
	}
}

// mailSignupAgain mails the token of a sign-up that still waits for its address. It reports false where none does.
func (f *Flows) mailSignupAgain(ctx context.Context, i accounts.Identifier, d Device) (bool, error) {
	if !f.client.Mails[ForSignup].Token {
		return false, nil
	}
	row, err := f.newest(ctx, issue{purpose: purposeSignup, kind: KindEmailCode, subject: i.Normal, letter: &letter{}})
	if err != nil || row == nil {
		return false, err
	}
	again, err := f.reissue(row, d)
	if err != nil {
		return false, err
	}
	if err := f.limitMail(ctx, again.letter, i.Normal, false); err != nil {
		return false, err
	}
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Challenge, error) {
		if again.letter.beyond {
			return nil, nil // nothing is mailed, so what was must stay good
		}
		if err := f.use(ctx, tx, row.ID); err != nil {
			return nil, err
		}
		return f.issueIn(ctx, tx, again)
	})
	return true, err
}

// ProveAddress takes the code that MailAddress mailed. It proves the caller's own address, where the caller, who may be nil,
// has it and has never proven it; for anybody else it leaves a proof by which this client can sign up with the address. It
// changes no account from outside. Faults: wrong_code, challenge_expired, invalid_input, rate_limited.
func (f *Flows) ProveAddress(ctx context.Context, c *Caller, email, code string, d Device) (proof uuid.UUID, err error) {
	ctx, end := f.begin(ctx, "address_prove")
	defer end(&err)
	row, err := f.addressed(ctx, ForAddress, email, d)
	if err != nil {
		return uuid.Nil, err
	}
	var pending pendingAddress
	if err := f.unseal(row, &pending); err != nil {
		return uuid.Nil, err
	}
	_, err = f.checkCode(ctx, row, Answer{Code: code, Device: d}, func() (*guess, error) {
		return f.countGuess(ctx, nil, pending.Identifier.Normal, d, amr.EmailCode)
	})
	if err != nil {
		return uuid.Nil, err
	}
	if c != nil && !c.User.EmailVerified && normalText(c.User.Email) == pending.Identifier.Normal {
		_, err := f.verifyAddress(ctx, row, c.User.ID, pending.Identifier, false)
		return uuid.Nil, err
	}
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (uuid.UUID, error) {
		if err := f.use(ctx, tx, row.ID); err != nil {
			return uuid.Nil, err
		}
		made, err := f.issueIn(ctx, tx, issue{
			purpose: purposeProven, kind: KindEmailCode, subject: pending.Identifier.Normal, payload: pending,
		})
		if err != nil {
			return uuid.Nil, err
		}
		return made.ID, nil
	})
}

// answerAddress proves, by the token that was mailed to it, the address of an account that was made without.
func (f *Flows) answerAddress(ctx context.Context, row *ent.Challenge, in Answer) (*Step, error) {
	var pending pendingAddress
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	if row.UserID == nil || in.Secret == "" {
		return nil, fault.New(fault.ChallengeExpired)
	}
	_, err := f.checkCode(ctx, row, in, func() (*guess, error) {
		return f.countGuess(ctx, nil, pending.Identifier.Normal, in.Device, amr.EmailCode)
	})
	if err != nil {
		return nil, err
	}
	// In its own session whoever clicks is the one who made the account; elsewhere it may be anybody.
	tied := in.Caller != nil && in.Caller.User.ID == *row.UserID
	proven, err := f.verifyAddress(ctx, row, *row.UserID, pending.Identifier, !tied)
	return &Step{Identifier: proven}, err
}

// verifyAddress marks the address of a user as proven. The fault is challenge_expired where the user has it no more.
func (f *Flows) verifyAddress(
	ctx context.Context, row *ent.Challenge, user uuid.UUID, i accounts.Identifier, prepared bool,
) (*Identifier, error) {
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Identifier, error) {
		if err := f.useOf(ctx, tx, user, row.ID); err != nil {
			return nil, err
		}
		proven, err := accounts.VerifyIdentifier(ctx, tx, user, i, f.now())
		if err == nil && proven == nil {
			err = fault.New(fault.ChallengeExpired)
		}
		if err != nil {
			return nil, err
		}
		if err := accounts.SetPrepared(ctx, tx, user, prepared); err != nil {
			return nil, err
		}
		return proven, f.Events.Append(ctx, tx, events.Event{
			Type: events.IdentifierVerified, Actor: events.ActorUser, User: user,
			Data: map[string]any{"identifier": proven.PublicID()},
		})
	})
}

// provenBefore returns the open proof of the address of a sign-up, nil where there is none.
func (f *Flows) provenBefore(ctx context.Context, reg *registration, in SignupInput) (*ent.Challenge, error) {
	email, ok := reg.email()
	if in.AddressProof == uuid.Nil || !ok {
		return nil, nil
	}
	row, err := f.peek(ctx, in.AddressProof)
	if fault.CodeOf(err) == fault.ChallengeExpired {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var pending pendingAddress
	if row.Purpose != purposeProven {
		return nil, nil
	}
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	if pending.Identifier.Normal != email.Normal {
		return nil, nil
	}
	return row, nil
}

// replacing removes, before a sign-up with a proven address, an account that has the address and never proved it: whoever
// made that one may have been somebody else.
func (f *Flows) replacing(reg *registration, next settling) settling {
	return func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		email, _ := reg.email()
		user, err := accounts.ByIdentifier(ctx, tx.Client(), email)
		if err != nil || user == nil || user.EmailVerified {
			return nextUnless(ctx, tx, err, next)
		}
		if err := accounts.HoldVersion(ctx, tx, user, f.now()); err != nil {
			return nil, err
		}
		// Whoever proved it in the meantime keeps it.
		if held, err := accounts.Get(ctx, tx.User, user.ID); err != nil || held == nil || held.EmailVerified {
			return nextUnless(ctx, tx, err, next)
		}
		err = f.erase(ctx, tx, events.Event{
			Type: events.UserDeleted, Actor: events.ActorSystem, User: user.ID, Data: map[string]any{"reason": "address_proven_by_another"},
		})
		return nextUnless(ctx, tx, err, next)
	}
}

// settling is what a transaction does to make a proof count.
type settling func(context.Context, *ent.Tx) (*accounts.User, error)

func nextUnless(ctx context.Context, tx *ent.Tx, err error, next settling) (*accounts.User, error) {
	if err != nil {
		return nil, err
	}
	return next(ctx, tx)
}

// verifyLater lets a sign-up whose address is not proven mail the token that proves it.
func (f *Flows) verifyLater(ctx context.Context, reg *registration, d Device, a *attempt) error {
	email, ok := reg.email()
	if !ok || !f.client.SignsUp.Later || f.tenant.Settings.Signup.VerifyEmail == tenants.VerifyOff {
		return nil
	}
	in := f.askAddressOf(email, email.Value, d)
	if err := f.limitMail(ctx, in.letter, email.Normal, false); err != nil {
		return err
	}
	register := a.settle
	a.settle = func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		user, err := register(ctx, tx)
		if err != nil {
			return nil, err
		}
		in.user = user.ID
		_, err = f.issueIn(ctx, tx, in)
		return user, err
	}
	return nil
}
