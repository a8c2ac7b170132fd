package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// LinkKind tells what the mailed link of a challenge is for: KindEmailCode signs in, KindReset leads to a new password. It
// counts no try and changes nothing, for mail scanners open links too. A challenge for nobody, and one for a taken address,
// are told alike. The fault is challenge_expired for any challenge that no link answers.
func (f *Flows) LinkKind(ctx context.Context, challenge uuid.UUID) (_ Kind, err error) {
	ctx, end := f.begin(ctx, "link_kind")
	defer end(&err)
	row, err := f.peek(ctx, challenge)
	if err != nil {
		return "", err
	}
	switch {
	case row.Purpose == purposeReset:
		return KindReset, nil
	case (row.Purpose == purposeSignIn || row.Purpose == purposeSignup) && offers(row, amr.EmailCode):
		return KindEmailCode, nil
	default:
		return "", fault.New(fault.ChallengeExpired)
	}
}
