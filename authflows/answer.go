package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// Answer answers a challenge with one of the factors that it offers.
type Answer struct {
	Challenge   uuid.UUID
	Factor      amr.Method // may be empty where one factor alone can answer
	Code        string     // for email_code
	Secret      string     // of a mailed link, in place of Code
	Password    string     // for password
	NewPassword string     // for a reset
	Device      Device
}

// Answer goes on with an attempt. A wrong answer leaves the challenge open until its last try; a right one uses it up. A
// reset answers no step at all. Faults: wrong_code, challenge_expired, factor_not_offered, invalid_input,
// invalid_credentials, identifier_taken, rate_limited, busy.
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
	factor, err := chosen(row, in.Factor)
	if err != nil {
		return nil, err
	}
	switch {
	case row.Purpose == purposeSignup:
		return f.answerSignup(ctx, row, in)
	case row.Purpose == purposeReset:
		return nil, f.answerReset(ctx, row, in)
	case row.Purpose == purposeStepUp && factor == amr.Password:
		return f.answerStepUp(ctx, row, in)
	default:
		return nil, fault.New(fault.FactorNotOffered)
	}
}

// chosen returns the factor of an answer, which may leave it out where only one can answer.
func chosen(row *ent.Challenge, named amr.Method) (amr.Method, error) {
	if named == "" && len(row.Factors) == 1 {
		return amr.Method(row.Factors[0]), nil
	}
	if !offers(row, named) {
		return "", fault.New(fault.FactorNotOffered)
	}
	return named, nil
}

// checkCode counts a try and compares a mailed code, or the secret of a mailed link. A code of another shape uses no try.
func (f *Flows) checkCode(ctx context.Context, row *ent.Challenge, in Answer) error {
	purpose, secret := row.Purpose, in.Secret
	if secret != "" {
		purpose = linkOf(row.Purpose)
	} else {
		digits := f.tenant.Settings.Codes.Digits
		code, ok := emailcode.Normalize(in.Code, digits)
		if !ok {
			return fault.Invalid(fault.Field{Field: "code", Code: "invalid", Message: "Give the digits of the mailed code."})
		}
		secret = code
	}
	row, err := f.try(ctx, row.ID)
	if err != nil {
		return err
	}
	expected := row.CodeDigest
	if in.Secret != "" {
		expected = row.LinkDigest
	}
	if expected == nil || !emailcode.Equal(*expected, f.digest(purpose, row.ID, secret)) {
		return fault.New(fault.WrongCode)
	}
	return nil
}

// answerSignup makes the user of a proven sign-up.
func (f *Flows) answerSignup(ctx context.Context, row *ent.Challenge, in Answer) (*Step, error) {
	in.Secret = "" // a sign-up is answered by its code only: a link would let a stranger's click prove the address
	if err := f.checkCode(ctx, row, in); err != nil {
		return nil, err
	}
	var pending pendingSignup
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	if pending.Taken {
		return nil, fault.New(fault.WrongCode) // its code was mailed to nobody
	}
	use := func(ctx context.Context, tx *ent.Tx) error { return f.use(ctx, tx, row.ID) }
	return f.advance(ctx, f.register(&pending.registration, in.Device, use), amr.EmailCode)
}
