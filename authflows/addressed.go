package authflows

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/authflows/factors/passkey"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// AnswerMailed answers by the code what the client asked last for an address, where the address stands for the challenge.
// Faults as of Answer; challenge_expired where nothing was asked, or too long ago.
func (f *Flows) AnswerMailed(ctx context.Context, purpose Purpose, identifier string, in Answer) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "answer")
	defer end(&err)
	row, err := f.addressed(ctx, purpose, identifier, in.Device)
	if err != nil {
		return nil, err
	}
	return f.answer(ctx, row, in)
}

// addressed returns the open challenge that an address stands for.
func (f *Flows) addressed(ctx context.Context, purpose Purpose, identifier string, d Device) (*ent.Challenge, error) {
	if err := f.limitAddress(ctx, d); err != nil {
		return nil, err
	}
	in := issue{purpose: string(purpose), kind: KindEmailCode, subject: normalText(identifier), letter: &letter{}}
	if purpose == ForReset {
		in.kind = KindReset
	}
	if !f.byAddress(in) {
		return nil, fault.New(fault.ChallengeExpired)
	}
	row, err := f.newest(ctx, in)
	if err == nil && row == nil {
		err = fault.New(fault.ChallengeExpired)
	}
	return row, err
}

// newest returns the newest open challenge of a subject, nil if there is none.
func (f *Flows) newest(ctx context.Context, in issue) (*ent.Challenge, error) {
	row, err := f.DB.Challenge.Query().
		Where(
			challenge.Subject(f.subjectOf(in)), challenge.UsedAtIsNil(), challenge.TriesLeftGT(0),
			challenge.ExpiresAtGT(f.now()),
		).
		Order(ent.Desc(challenge.FieldCreatedAt), ent.Desc(challenge.FieldID)).
		First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find challenge: %w", err)
	}
	return row, nil
}

// PasskeyChallenge returns the challenge of LoginPasskey that a browser's answer says it is for, where the wire lets its id
// be left out. The fault is challenge_expired.
func (f *Flows) PasskeyChallenge(ctx context.Context, credential []byte) (_ uuid.UUID, err error) {
	ctx, end := f.begin(ctx, "passkey_challenge")
	defer end(&err)
	said, err := passkey.ChallengeOf(credential)
	if err != nil {
		return uuid.Nil, malformedCredential(err)
	}
	row, err := f.newest(ctx, issue{purpose: purposeSignIn, kind: KindPasskey, subject: said})
	if err != nil {
		return uuid.Nil, err
	}
	if row == nil {
		return uuid.Nil, fault.New(fault.ChallengeExpired)
	}
	return row.ID, nil
}

// CheckMailed reports by the fault challenge_expired that a mailed token is none of a purpose, or is over. It uses up
// nothing: a secret of that length cannot be guessed.
func (f *Flows) CheckMailed(ctx context.Context, purpose Purpose, token string) (err error) {
	ctx, end := f.begin(ctx, "token_check")
	defer end(&err)
	id, secret, ok := ReadMailed(token)
	if !ok {
		return fault.New(fault.ChallengeExpired)
	}
	row, err := f.peek(ctx, id)
	if err != nil {
		return err
	}
	right := row.LinkDigest != nil && emailcode.Equal(*row.LinkDigest, f.digest(linkOf(row.Purpose), row.ID, secret))
	if !right || row.Purpose != string(purpose) {
		return fault.New(fault.ChallengeExpired)
	}
	if row.UserID == nil {
		return nil
	}
	user, err := accounts.Get(ctx, f.DB.User, *row.UserID)
	if err == nil && (user == nil || user.Suspended) {
		err = fault.New(fault.ChallengeExpired)
	}
	return err
}
