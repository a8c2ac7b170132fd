package authflows

import (
	"context"
	"errors"
	"slices"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/authflows/factors/passkey"
	"github.com/tenantgate/tenantgate/authflows/factors/recoverycode"
	"github.com/tenantgate/tenantgate/authflows/factors/totp"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// proof is a right answer that does not count yet. settle makes it count, in the transaction of what follows: where the same
// code, step or assertion was faster elsewhere, it fails.
type proof struct {
	method amr.Method
	user   *accounts.User
	settle func(context.Context, *ent.Tx) (*accounts.User, error) // nil where the challenge alone is used up
	claims bool                                                   // settle strips the account of all that it had
}

// prove checks the answer to a challenge of a sign-in or a step-up. user is nil where nobody is known yet: a decoy's, or a
// passkey that says itself whose it is. row is nil where a password or code answers no challenge: then the account's budget
// alone bounds the tries.
func (f *Flows) prove(ctx context.Context, row *ent.Challenge, user *accounts.User, factor amr.Method, in Answer) (*proof, error) {
	switch factor {
	case amr.Password:
		return f.provePassword(ctx, row, user, in)
	case amr.EmailCode:
		return f.proveEmailCode(ctx, row, user, in)
	case amr.TOTP:
		return f.proveTOTP(ctx, row, user, in)
	case amr.RecoveryCode:
		return f.proveRecoveryCode(ctx, row, user, in)
	case amr.Passkey:
		return f.provePasskey(ctx, row, user, in)
	default:
		return nil, fault.New(fault.FactorNotOffered)
	}
}

// pendingProof is the payload of a sign-in's or a step-up's challenge, as far as it has one.
type pendingProof struct {
	Identifier string `json:"identifier,omitempty"` // that a mailed code was asked for
	To         string `json:"to,omitempty"`         // whom it was mailed to, empty for nobody
	Ceremony   []byte `json:"ceremony,omitempty"`   // of a passkey
}

func (f *Flows) provePassword(ctx context.Context, row *ent.Challenge, user *accounts.User, in Answer) (*proof, error) {
	if in.Password == "" {
		return nil, fault.Invalid(fault.Field{Field: "password", Code: "required", Message: "Is required."})
	}
	if err := checkTypedPassword("password", in.Password); err != nil {
		return nil, err
	}
	if row != nil {
		if _, err := f.try(ctx, row.ID); err != nil {
			return nil, err
		}
	}
	if err := f.verifyPassword(ctx, user, in.Password, in.Device, fault.InvalidCredentials); err != nil {
		return nil, err
	}
	return &proof{method: amr.Password, user: user}, nil
}

// proveEmailCode checks a mailed code or link. Whoever reads the mailbox of an address that was never proven owns the account
// from now on, and nothing that was attached to it before.
func (f *Flows) proveEmailCode(ctx context.Context, row *ent.Challenge, user *accounts.User, in Answer) (*proof, error) {
	var pending pendingProof
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	guess, err := f.checkCode(ctx, row, in, func() (*guess, error) {
		return f.countGuess(ctx, user, pending.Identifier, in.Device, amr.EmailCode)
	})
	if err != nil {
		return nil, err
	}
	if user == nil || pending.To == "" {
		return nil, f.wrong(ctx, guess, fault.WrongCode) // its code was mailed to nobody
	}
	if pending.To != user.Email {
		return nil, fault.New(fault.ChallengeExpired) // its mailbox is the user's primary one no more
	}
	p := &proof{method: amr.EmailCode, user: user}
	// So it is where the mailbox confirmed an account by a token alone; but an app stays, which a mailbox must not take away.
	unproven := !user.EmailVerified || user.Prepared && !slices.Contains(user.Factors, amr.TOTP)
	if unproven && row.Purpose == purposeSignIn {
		bare := *user
		bare.Factors = nil
		p.user, p.claims = &bare, true
		p.settle = func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
			return f.claim(ctx, tx, user, in.Device)
		}
	}
	return p, nil
}

func (f *Flows) proveTOTP(ctx context.Context, row *ent.Challenge, user *accounts.User, in Answer) (*proof, error) {
	code, ok := emailcode.Normalize(in.Code, totp.Digits)
	if !ok {
		return nil, fault.Invalid(fault.Field{Field: "code", Code: "invalid", Message: "Give the six digits that the authenticator app shows."})
	}
	guess, err := f.tryGuess(ctx, row, user, in, amr.TOTP)
	if err != nil {
		return nil, err
	}
	apps, err := credentials.TOTPs(ctx, f.DB.TOTPDevice, user.ID)
	if err != nil {
		return nil, err
	}
	for _, app := range apps {
		secret, err := f.tenant.Keys.Open(credentials.TOTPPlace(app.ID), app.Secret)
		if err != nil {
			return nil, err
		}
		step, ok := totp.Match(secret, code, f.now(), app.LastStep)
		if !ok {
			continue
		}
		f.right(ctx, guess)
		return &proof{method: amr.TOTP, user: user, settle: func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
			used, err := credentials.UseTOTP(ctx, tx, app.ID, step, f.now())
			if err == nil && !used {
				err = fault.New(fault.WrongCode)
			}
			return user, err
		}}, nil
	}
	return nil, f.wrong(ctx, guess, fault.WrongCode)
}

func (f *Flows) proveRecoveryCode(ctx context.Context, row *ent.Challenge, user *accounts.User, in Answer) (*proof, error) {
	code, ok := recoverycode.Normalize(in.Code)
	if !ok {
		return nil, fault.Invalid(fault.Field{Field: "code", Code: "invalid", Message: "Give a recovery code, such as ab3de-fgh1j."})
	}
	guess, err := f.tryGuess(ctx, row, user, in, amr.RecoveryCode)
	if err != nil {
		return nil, err
	}
	digest := f.recoveryDigest(user.ID, code)
	has, err := credentials.HasRecoveryCode(ctx, f.DB.Client, user.ID, digest)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, f.wrong(ctx, guess, fault.WrongCode)
	}
	f.right(ctx, guess)
	return &proof{method: amr.RecoveryCode, user: user, settle: func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		return user, f.spendRecoveryCode(ctx, tx, user, digest, in.Device)
	}}, nil
}

// spendRecoveryCode uses a recovery code up and tells the user how many are left. Its transaction holds the user: two codes at
// once must not each count the other as one that is left.
func (f *Flows) spendRecoveryCode(ctx context.Context, tx *ent.Tx, user *accounts.User, digest []byte, d Device) error {
	used, err := credentials.UseRecoveryCode(ctx, tx, user.ID, digest, f.now())
	if err != nil {
		return err
	}
	if !used {
		return fault.New(fault.WrongCode)
	}
	left, err := credentials.RecoveryCodesLeft(ctx, tx.RecoveryCode, user.ID)
	if err != nil {
		return err
	}
	if left == 0 {
		if err := f.sumUp(ctx, tx, user.ID); err != nil {
			return err
		}
	}
	notice := f.letter(mail.RecoveryCodeUsed, user.Email, d)
	notice.Left = left
	if err := f.tell(ctx, tx, user, notice); err != nil {
		return err
	}
	return f.Events.Append(ctx, tx, events.Event{
		Type: events.RecoveryCodeUsed, Actor: events.ActorUser, User: user.ID, Data: map[string]any{"left": left},
	})
}

// provePasskey checks an assertion. It counts against the challenge alone: a signature cannot be guessed, and whom others
// have locked out may come in by it.
func (f *Flows) provePasskey(ctx context.Context, row *ent.Challenge, user *accounts.User, in Answer) (*proof, error) {
	id, handle, err := passkey.Identify(in.Credential)
	if err != nil {
		return nil, malformedCredential(err)
	}
	var pending pendingProof
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	if _, err := f.try(ctx, row.ID); err != nil {
		return nil, err
	}
	key, err := credentials.PasskeyOf(ctx, f.DB.Passkey, id)
	if err != nil {
		return nil, err
	}
	discovered := user == nil
	if discovered {
		// Also for a passkey that nobody has: answering a decoy costs what answering a user's challenge does.
		if user, err = accounts.Get(ctx, f.DB.User, ownerOf(key)); err != nil {
			return nil, err
		}
	}
	if key == nil || user == nil || user.ID != key.UserID || user.Suspended || discovered && len(handle) == 0 {
		return nil, f.refusePasskey(ctx, user, in.Device)
	}
	use, err := f.relyingParty(methods(row.Proofs)).Verify(f.owner(user), storedCredential(key), pending.Ceremony, in.Credential)
	switch {
	case errors.Is(err, passkey.ErrMalformed):
		return nil, malformedCredential(err)
	case errors.Is(err, passkey.ErrRefused):
		return nil, f.refusePasskey(ctx, user, in.Device)
	case err != nil:
		return nil, err
	case use.Regressed:
		return nil, f.regressed(ctx, user, key, in.Device)
	}
	method := amr.Passkey
	if !use.UserVerified {
		method = amr.PasskeyTouch
	}
	return &proof{method: method, user: user, settle: func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		used, err := credentials.UsePasskey(ctx, tx, key, use.SignCount, use.BackedUp, f.now())
		if err == nil && !used {
			err = f.overtaken(ctx, tx, user, key, in.Device)
		}
		return user, err
	}}, nil
}

// tryGuess counts a try of a challenge and a guess at its user.
func (f *Flows) tryGuess(ctx context.Context, row *ent.Challenge, user *accounts.User, in Answer, m amr.Method) (*guess, error) {
	if user == nil {
		return nil, fault.New(fault.ChallengeExpired)
	}
	if row != nil {
		if _, err := f.try(ctx, row.ID); err != nil {
			return nil, err
		}
	}
	return f.countGuess(ctx, user, "", in.Device, m)
}

// codeFactor is CodeFactor where the factor is among those offered, else the fault wrong_code.
func codeFactor(code string, offered []amr.Method) (amr.Method, error) {
	factor := CodeFactor(code)
	if !slices.Contains(offered, factor) {
		return "", fault.New(fault.WrongCode)
	}
	return factor, nil
}

// CodeFactor tells by its shape what a typed code is of, for wires that do not say: six digits are an app's, all else a
// recovery code.
func CodeFactor(code string) amr.Method {
	if _, ok := emailcode.Normalize(code, totp.Digits); ok {
		return amr.TOTP
	}
	return amr.RecoveryCode
}
