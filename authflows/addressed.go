package authflows

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	if err != nil || row != nil {
		return row, err
	}
	late, err := f.takeLate(ctx, in)
	if err != nil {
		return nil, err
	}
	if late {
		return nil, fault.New(fault.ChallengeExpired).Because(ErrLate)
	}
	return nil, fault.New(fault.ChallengeExpired)
}

// ErrLate is the cause of the fault challenge_expired where what an address was asked for has not been answered in time, for
// wires that tell that from a wrong code. It is told once.
var ErrLate = errors.New("its time is over")

// takeLate uses up the challenges of a subject whose time is over, and reports whether there were any.
func (f *Flows) takeLate(ctx context.Context, in issue) (bool, error) {
	n, err := f.DB.Challenge.Update().
		Where(
			challenge.Subject(f.subjectOf(in)), challenge.UsedAtIsNil(), challenge.TriesLeftGT(0),
			challenge.ExpiresAtLTE(f.now()),
		).
		SetUsedAt(f.now()).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("use up late challenges: %w", err)
	}
	return n > 0, nil
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
func (f *Flows) CheckMailed(ctx context.Context, purpose Purpose, token string, d Device) (err error) {
	ctx, end := f.begin(ctx, "token_check")
	defer end(&err)
	if err := f.limitAddress(ctx, d); err != nil {
		return err
	}
	row, err := f.mailed(ctx, token, purpose)
	if err != nil || row.UserID == nil {
		return err
	}
	user, err := accounts.Get(ctx, f.DB.User, *row.UserID)
	if err == nil && (user == nil || user.Suspended) {
		err = fault.New(fault.ChallengeExpired)
	}
	return err
}

// AnswerToken answers by a mailed token, where that is for one of some purposes: a token does nothing on the path of another.
// Faults as of Answer; challenge_expired for all that is no such token, so that wrong_code is about Second alone.
func (f *Flows) AnswerToken(ctx context.Context, token string, in Answer, purposes ...Purpose) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "answer")
	defer end(&err)
	if err := f.limitAddress(ctx, in.Device); err != nil {
		return nil, err
	}
	row, err := f.mailed(ctx, token, purposes...)
	if err != nil {
		return nil, err
	}
	_, in.Secret, _ = ReadMailed(token)
	return f.answer(ctx, row, in)
}

// mailed returns the open challenge of a mailed token that is for one of some purposes.
func (f *Flows) mailed(ctx context.Context, token string, purposes ...Purpose) (*ent.Challenge, error) {
	id, secret, ok := ReadMailed(token)
	if !ok {
		return nil, fault.New(fault.ChallengeExpired)
	}
	row, err := f.peek(ctx, id)
	if err != nil {
		return nil, err
	}
	right := row.LinkDigest != nil && emailcode.Equal(*row.LinkDigest, f.digest(f.linkOf(row.Purpose), row.ID, secret))
	if !right || !slices.Contains(purposes, Purpose(row.Purpose)) {
		return nil, fault.New(fault.ChallengeExpired)
	}
	return row, nil
}
