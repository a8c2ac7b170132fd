package authflows

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Answer answers a challenge with one of the factors that it offers.
type Answer struct {
	Challenge   uuid.UUID
	User        string     // public id of the user whose challenge it must be, from clients that say; empty for anybody's
	Factor      amr.Method // may be empty where one factor alone can answer
	Code        string     // for email_code, totp, recovery_code
	Second      string     // code of a second factor beside it, from clients that send both at once
	Secret      string     // of a mailed link, in place of Code
	Password    string     // for password
	NewPassword string     // for a reset
	Credential  []byte     // for passkey: the JSON that the browser returned
	Caller      *Caller    // who asks, where the wire of a mailed token says; nil for anybody
	Name        string     // of a factor that is enrolled by the answer
	TrustDevice bool       // ask for no second factor on this device for mfa.trust_device_days
	Device      Device
}

// Answer goes on with an attempt. A wrong answer leaves the challenge open until its last try; a right one uses it up. A
// reset answers no step at all. Faults: wrong_code, passkey_refused, passkey_invalid, passkey_taken, challenge_expired,
// factor_not_offered, not_found where it is not the named user's, invalid_input, invalid_credentials, identifier_taken,
// limit_reached, version_conflict, rate_limited, busy.
func (f *Flows) Answer(ctx context.Context, in Answer) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "answer")
	defer end(&err)
	if err := f.limitAddress(ctx, in.Device); err != nil {
		return nil, err
	}
	row, err := f.peek(ctx, in.Challenge)
	if err != nil {
		return nil, err
	}
	if in.User != "" && (row.UserID == nil || in.User != ids.Format(ids.User, *row.UserID)) {
		return nil, fault.New(fault.NotFound)
	}
	return f.answer(ctx, row, in)
}

// answer goes on with the attempt of an open challenge.
func (f *Flows) answer(ctx context.Context, row *ent.Challenge, in Answer) (*Step, error) {
	if row.Purpose == purposeEnrol {
		return f.answerEnrol(ctx, row, in) // what was begun says by what
	}
	factor, err := chosen(row, in.Factor)
	if err != nil {
		return nil, err
	}
	switch row.Purpose {
	case purposeSignup:
		return f.answerSignup(ctx, row, in)
	case purposeSignIn:
		return f.answerSignIn(ctx, row, factor, in)
	case purposeStepUp:
		return f.answerStepUp(ctx, row, factor, in)
	case purposeIdentifier:
		return f.answerIdentifier(ctx, row, in)
	case purposeAddress:
		return f.answerAddress(ctx, row, in)
	case purposeReset:
		return nil, f.answerReset(ctx, row, in)
	default:
		return nil, fault.New(fault.ChallengeExpired) // answered elsewhere, by its caller
	}
}

// chosen returns the factor of an answer, which may leave it out where only one can answer.
func chosen(row *ent.Challenge, named amr.Method) (amr.Method, error) {
	switch {
	case named == "" && len(row.Factors) == 1:
		return amr.Method(row.Factors[0]), nil
	case named == "":
		return "", fault.Invalid(fault.Field{
			Field: "factor", Code: "required", Message: "Name one of " + strings.Join(row.Factors, ", ") + ".",
		})
	}
	if !offers(row, named) {
		return "", fault.New(fault.FactorNotOffered)
	}
	return named, nil
}

// checkCode counts a try and a guess, and compares a mailed code, or the secret of a mailed link. A code
// of another shape uses no try. It returns the guess, for what else may be wrong.
func (f *Flows) checkCode(ctx context.Context, row *ent.Challenge, in Answer, count func() (*guess, error)) (*guess, error) {
	purpose, secret := row.Purpose, in.Secret
	if secret != "" {
		purpose = f.linkOf(row.Purpose)
	} else {
		code, ok := emailcode.Normalize(in.Code, f.tenant.Settings.Codes.Digits)
		if !ok {
			return nil, fault.Invalid(fault.Field{Field: "code", Code: "invalid", Message: "Give the digits of the mailed code."})
		}
		secret = code
	}
	row, err := f.try(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	g, err := count()
	if err != nil {
		return nil, err
	}
	expected := row.CodeDigest
	if in.Secret != "" {
		expected = row.LinkDigest
	}
	right := expected != nil && emailcode.Equal(*expected, f.digest(purpose, row.ID, secret))
	if !right {
		return nil, f.wrong(ctx, g, fault.WrongCode)
	}
	f.right(ctx, g)
	return g, nil
}

// answering returns the user of a sign-in's challenge, nil where nobody is known yet. A mailed code that is a decoy costs the
// same as another: nobody is looked up.
func (f *Flows) answering(ctx context.Context, row *ent.Challenge, factor amr.Method) (*accounts.User, error) {
	if row.UserID == nil && factor != amr.EmailCode {
		return nil, nil
	}
	id := uuid.Nil
	if row.UserID != nil {
		id = *row.UserID
	}
	user, err := accounts.Get(ctx, f.DB.User, id)
	if err != nil {
		return nil, err
	}
	if row.UserID != nil && (user == nil || user.Suspended) {
		return nil, fault.New(fault.ChallengeExpired)
	}
	return user, nil
}

// answerSignIn goes on with a sign-in.
func (f *Flows) answerSignIn(ctx context.Context, row *ent.Challenge, factor amr.Method, in Answer) (*Step, error) {
	user, err := f.answering(ctx, row, factor)
	if err != nil {
		return nil, err
	}
	p, err := f.prove(ctx, row, user, factor, in)
	if err != nil {
		return nil, err
	}
	return f.advance(ctx, attempt{
		user: p.user, device: in.Device, proofs: methods(row.Proofs), second: in.Second, trust: in.TrustDevice, claims: p.claims,
		settle: func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
			use := f.use
			if p.claims || p.method == amr.RecoveryCode { // they change the user too
				use = func(ctx context.Context, tx *ent.Tx, id uuid.UUID) error { return f.useOf(ctx, tx, p.user.ID, id) }
			}
			if err := use(ctx, tx, row.ID); err != nil || p.settle == nil {
				return p.user, err
			}
			return p.settle(ctx, tx)
		},
	}, p.method)
}

// answerSignup makes the user of a proven sign-up.
func (f *Flows) answerSignup(ctx context.Context, row *ent.Challenge, in Answer) (*Step, error) {
	var pending pendingSignup
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	switch {
	case pending.Client != f.client.mailer() && pending.Client != "":
		return nil, fault.New(fault.ChallengeExpired) // its token says less than our code and id do
	case pending.Client == "" && !pending.linkable():
		in.Secret = ""
	}
	email, _ := pending.email()
	guess, err := f.checkCode(ctx, row, in, func() (*guess, error) {
		return f.countGuess(ctx, nil, email.Normal, in.Device, amr.EmailCode) // a taken address alike
	})
	if err != nil {
		return nil, err
	}
	if pending.Taken {
		return nil, f.wrong(ctx, guess, fault.WrongCode) // its code was mailed to nobody
	}
	use := func(ctx context.Context, tx *ent.Tx) error { return f.use(ctx, tx, row.ID) }
	a := f.register(&pending.registration, in.Device, use)
	if pending.Client != "" {
		// Whoever clicks need not be the one who chose the password: a user, and no session.
		return f.registerOnly(ctx, a)
	}
	return f.advance(ctx, a, amr.EmailCode)
}
