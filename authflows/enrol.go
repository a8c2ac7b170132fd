package authflows

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
)

// BeginTOTP begins to enrol an authenticator app for the caller, in place of one that was begun and not activated. It needs
// a fresh proof. Faults: step_up_required, method_disabled, limit_reached, invalid_input, rate_limited.
func (f *Flows) BeginTOTP(ctx context.Context, c *Caller, name string) (_ *Enrolment, err error) {
	ctx, end := f.begin(ctx, "totp_begin")
	defer end(&err)
	if f.client.Enrols.Resumes {
		if begun, err := f.begunTOTP(ctx, c); begun != nil || err != nil {
			return begun, err
		}
	}
	return f.beginOwn(ctx, c, amr.TOTP, name, purposeAddTOTP)
}

// ActivateTOTP enrols the caller's authenticator app by its first code. The recovery codes, to be shown once, are made where
// the user has none. Faults: wrong_code, challenge_expired, invalid_input.
func (f *Flows) ActivateTOTP(ctx context.Context, c *Caller, id uuid.UUID, code string, d Device) (_ *Factor, recovery []string, err error) {
	ctx, end := f.begin(ctx, "totp_activate")
	defer end(&err)
	return f.finishOwn(ctx, c, id, purposeAddTOTP, Answer{Code: code, Device: d})
}

// BeginPasskey begins to enrol a passkey for the caller. It needs a fresh proof. Faults as of BeginTOTP.
func (f *Flows) BeginPasskey(ctx context.Context, c *Caller) (_ *Enrolment, err error) {
	ctx, end := f.begin(ctx, "passkey_begin")
	defer end(&err)
	return f.beginOwn(ctx, c, amr.Passkey, "", purposeAddPasskey)
}

// AddPasskey enrols a passkey that the caller's browser has made. Faults: passkey_invalid, passkey_taken, challenge_expired,
// invalid_input.
func (f *Flows) AddPasskey(ctx context.Context, c *Caller, id uuid.UUID, credential []byte, name string, d Device) (_ *Factor, err error) {
	ctx, end := f.begin(ctx, "passkey_add")
	defer end(&err)
	factor, _, err := f.finishOwn(ctx, c, id, purposeAddPasskey, Answer{Credential: credential, Name: name, Device: d})
	return factor, err
}

func (f *Flows) beginOwn(ctx context.Context, c *Caller, m amr.Method, name, purpose string) (*Enrolment, error) {
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	user, err := f.fresh(ctx, c)
	if err != nil {
		return nil, err
	}
	pending, shown, err := f.prepare(ctx, user, m, name, nil)
	if err != nil {
		return nil, err
	}
	in := ownEnrolment(purpose, user.ID)
	in.session, in.factors, in.payload, in.alone = c.Session.ID, []amr.Method{m}, pending, true
	made, err := f.issue(ctx, in)
	if err != nil {
		return nil, err
	}
	shown.Challenge, shown.ExpiresAt = made.ID, made.ExpiresAt
	return shown, nil
}

// ownEnrolment is what enrolments that a user begins in a session have in common.
func ownEnrolment(purpose string, user uuid.UUID) issue {
	return issue{purpose: purpose, kind: KindEnrol, user: user, subject: userSubject(user)}
}

func (f *Flows) finishOwn(ctx context.Context, c *Caller, id uuid.UUID, purpose string, in Answer) (*Factor, []string, error) {
	row, err := f.peek(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return f.finish(ctx, c, row, purpose, in)
}

// finish enrols by the first answer. With a client whose tokens follow their session, the answer is a proof of that session at
// once: its wire has no other way to give one.
func (f *Flows) finish(ctx context.Context, c *Caller, row *ent.Challenge, purpose string, in Answer) (*Factor, []string, error) {
	if row.Purpose != purpose || row.SessionID == nil || *row.SessionID != c.Session.ID {
		return nil, nil, fault.New(fault.ChallengeExpired)
	}
	// Beginning it needed the fresh proof. A factor that was added since must be proven all the same.
	user, err := f.userNow(ctx, c, f.requireAll)
	if err != nil {
		return nil, nil, err
	}
	var pending pendingEnrolment
	if err := f.unseal(row, &pending); err != nil {
		return nil, nil, err
	}
	made, err := f.firstAnswer(ctx, row, user, &pending, in)
	if err != nil {
		return nil, nil, err
	}
	codes, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) ([]string, error) {
		if err := f.useOf(ctx, tx, user.ID, row.ID); err != nil {
			return nil, err
		}
		_, codes, err := f.enrol(ctx, tx, user, made, in.Device)
		if err != nil || f.isNative() {
			return codes, err
		}
		_, err = f.raiseOwn(ctx, tx, c.Session, pending.Factor)
		return codes, err
	})
	return made.factor, codes, err
}

// raiseOwn records in a session a proof that its own client took from it, and returns the session as it is then.
func (f *Flows) raiseOwn(ctx context.Context, tx *ent.Tx, s *sessions.Session, m amr.Method) (*Session, error) {
	raised := *s
	added, err := f.addProof(ctx, tx, &raised, adding(s.Proofs, m))
	if err == nil && !added {
		err = fault.New(fault.InvalidToken)
	}
	if err != nil {
		return nil, err
	}
	return &raised, f.Events.Append(ctx, tx, events.Event{
		Type: events.SessionRaised, Actor: events.ActorUser, User: s.UserID, Session: s.ID,
		Data: map[string]any{"proof": m},
	})
}

// Enrol begins to enrol a factor that a sign-in needs: the challenge of kind enrol then takes its first answer. Beginning
// again, also with another factor, replaces what was begun. Faults: challenge_expired, factor_not_offered, invalid_input,
// rate_limited.
func (f *Flows) Enrol(ctx context.Context, id uuid.UUID, m amr.Method, name string, d Device) (_ *Enrolment, err error) {
	ctx, end := f.begin(ctx, "enrol")
	defer end(&err)
	if err := f.limitAddress(ctx, d); err != nil {
		return nil, err
	}
	row, err := f.peek(ctx, id)
	if err != nil {
		return nil, err
	}
	user, err := f.enrolling(ctx, row, d)
	if err != nil {
		return nil, err
	}
	if m, err = chosen(row, m); err != nil {
		return nil, err
	}
	if begun, err := f.begunBefore(ctx, row, user, m); begun != nil || err != nil {
		return begun, err
	}
	pending, shown, err := f.prepare(ctx, user, m, name, methods(row.Proofs))
	if err != nil {
		return nil, err
	}
	if err := f.keepPayload(ctx, row.ID, pending); err != nil {
		return nil, err
	}
	shown.Challenge, shown.ExpiresAt = row.ID, row.ExpiresAt
	return shown, nil
}

// begunBefore returns the app that a sign-in has begun to enrol, for clients that show it again, nil where there is none.
func (f *Flows) begunBefore(ctx context.Context, row *ent.Challenge, user *accounts.User, m amr.Method) (*Enrolment, error) {
	if !f.client.Enrols.Resumes || m != amr.TOTP || !hasPayload(row) {
		return nil, nil
	}
	pending := &pendingEnrolment{}
	if err := f.unseal(row, pending); err != nil || pending.Factor != m {
		return nil, err
	}
	shown := &Enrolment{Challenge: row.ID, Factor: m, ExpiresAt: row.ExpiresAt}
	return shown, f.prepareTOTP(ctx, user, pending, shown)
}

// enrolling returns the user of a challenge that asks to enrol, while it still must: a factor that it has enrolled meanwhile
// would be passed over.
func (f *Flows) enrolling(ctx context.Context, row *ent.Challenge, d Device) (*accounts.User, error) {
	if row.Purpose != purposeEnrol || row.UserID == nil {
		return nil, fault.New(fault.ChallengeExpired)
	}
	user, err := accounts.Get(ctx, f.DB.User, *row.UserID)
	if err != nil {
		return nil, err
	}
	if user == nil || user.Suspended {
		return nil, fault.New(fault.ChallengeExpired)
	}
	in, err := f.inputs(ctx, attempt{user: user, device: d, proofs: methods(row.Proofs)})
	if err != nil {
		return nil, err
	}
	if decide(in).Kind != KindEnrol {
		return nil, fault.New(fault.ChallengeExpired)
	}
	return user, nil
}

// keepPayload replaces the payload of an open challenge.
func (f *Flows) keepPayload(ctx context.Context, id uuid.UUID, payload any) error {
	box, err := f.seal(id, payload)
	if err != nil {
		return err
	}
	n, err := f.DB.Challenge.Update().Where(challenge.ID(id), challenge.UsedAtIsNil()).SetSealed(box).Save(ctx)
	if err != nil {
		return fmt.Errorf("keep payload: %w", err)
	}
	if n == 0 {
		return fault.New(fault.ChallengeExpired)
	}
	return nil
}

// answerEnrol takes the first answer with the factor that a sign-in needed, which is a proof at once.
func (f *Flows) answerEnrol(ctx context.Context, row *ent.Challenge, in Answer) (*Step, error) {
	user, err := f.enrolling(ctx, row, in.Device)
	if err != nil {
		return nil, err
	}
	var pending pendingEnrolment
	if !hasPayload(row) {
		return nil, fault.Invalid(fault.Field{
			Field: "factor", Code: "not_begun", Message: "Begin to enrol it first.",
		})
	}
	if err := f.unseal(row, &pending); err != nil {
		return nil, err
	}
	factor := pending.Factor
	if in.Factor != "" && in.Factor != factor {
		return nil, fault.New(fault.FactorNotOffered)
	}
	made, err := f.firstAnswer(ctx, row, user, &pending, in)
	if err != nil {
		return nil, err
	}
	method := factor
	if factor == amr.Passkey && !made.factor.verified {
		method = amr.PasskeyTouch
	}
	// The decision comes before the transaction that enrols: it looks at the user as that will leave it.
	after := *user
	after.Factors = append(slices.Clone(user.Factors), factor)
	var codes []string
	step, err := f.advance(ctx, attempt{
		user: &after, device: in.Device, proofs: methods(row.Proofs), trust: in.TrustDevice, enrolling: factor,
		settle: func(ctx context.Context, tx *ent.Tx) (enrolled *accounts.User, err error) {
			if err := f.useOf(ctx, tx, user.ID, row.ID); err != nil {
				return nil, err
			}
			enrolled, codes, err = f.enrol(ctx, tx, user, made, in.Device)
			return enrolled, err
		},
	}, method)
	if err == nil && step.SignedIn != nil {
		step.SignedIn.RecoveryCodes = codes
	}
	return step, err
}

// fresh returns the caller as it is now, if its last proof is fresh enough for a change of how it proves who it is.
func (f *Flows) fresh(ctx context.Context, c *Caller) (*accounts.User, error) {
	// A caller whose token follows its session may have risen a moment ago on another replica.
	if f.client.Levelled {
		if err := f.requireFresh(c); err != nil {
			return nil, err
		}
	}
	return f.userNow(ctx, c, f.requireFresh)
}

// userNow returns the caller as it is now, if that fulfils a requirement. A session that ended on another replica a moment ago
// may still be cached here: it changes nothing any more.
func (f *Flows) userNow(ctx context.Context, c *Caller, require func(*Caller) error) (*accounts.User, error) {
	session, user, err := f.liveSession(ctx, c.Session.ID)
	if err != nil {
		return nil, err
	}
	now := *c
	now.User, now.Session = user, session
	if !f.client.Levelled {
		now.AuthTime, now.Level = session.AuthTime, session.Level()
	}
	return user, require(&now)
}
