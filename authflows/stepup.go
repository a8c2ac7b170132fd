package authflows

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
)

// requireFresh refuses a caller whose last proof is older than sessions.step_up_age.
func (f *Flows) requireFresh(c *Caller) error {
	if f.now().Sub(c.AuthTime) > f.tenant.Settings.Sessions.StepUpAge.Std() {
		return fault.New(fault.StepUpRequired)
	}
	return nil
}

// StepUp asks the caller for a fresh proof (RFC 9470), by any of the factors it has that lift the session to a level; an
// empty level is the one it has. The fault is factor_not_offered where none can.
func (f *Flows) StepUp(ctx context.Context, c *Caller, level amr.Level) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "step_up")
	defer end(&err)
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	hash, err := accounts.PasswordHash(ctx, f.DB.Client, c.User.ID)
	if err != nil {
		return nil, err
	}
	var factors []amr.Method
	if hash != "" {
		factors = append(factors, amr.Password)
	}
	if level == amr.AAL2 {
		factors = slices.DeleteFunc(factors, func(m amr.Method) bool {
			return amr.LevelOf(append(slices.Clone(c.Session.Proofs), m)) != amr.AAL2
		})
	}
	if len(factors) == 0 {
		return nil, fault.New(fault.FactorNotOffered)
	}
	challenge, err := f.issue(ctx, issue{
		purpose: purposeStepUp, kind: KindMFA, user: c.User.ID, session: c.Session.ID,
		subject: userSubject(c.User.ID), factors: factors, proofs: c.Session.Proofs,
	})
	return &Step{Challenge: challenge}, err
}

// answerStepUp raises the session with a fresh password: the same session, a new generation, a newer auth_time.
func (f *Flows) answerStepUp(ctx context.Context, row *ent.Challenge, in Answer) (*Step, error) {
	if row.UserID == nil || row.SessionID == nil {
		return nil, fault.New(fault.ChallengeExpired)
	}
	session, user, err := f.liveSession(ctx, *row.SessionID)
	if err != nil && fault.CodeOf(err) == fault.InvalidToken {
		return nil, fault.New(fault.ChallengeExpired)
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.try(ctx, row.ID); err != nil {
		return nil, err
	}
	err = f.provePassword(ctx, user, in.Password)
	if err != nil && fault.CodeOf(err) == fault.WrongPassword {
		return nil, fault.New(fault.InvalidCredentials)
	}
	if err != nil {
		return nil, err
	}
	return f.raise(ctx, row.ID, session, user, amr.Password)
}

// raise records a proof in a session and hands out its next generation.
func (f *Flows) raise(ctx context.Context, challenge uuid.UUID, s *sessions.Session, user *accounts.User, proof amr.Method) (*Step, error) {
	proofs := append(slices.Clone(s.Proofs), proof)
	slices.Sort(proofs)
	proofs = slices.Compact(proofs)
	_, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		if err := f.use(ctx, tx, challenge); err != nil {
			return none, err
		}
		raised, err := sessions.Raise(ctx, tx, s, proofs, f.now())
		if err != nil {
			return none, err
		}
		if !raised {
			return none, fault.New(fault.ChallengeExpired)
		}
		if err := throttle.Reset(ctx, tx, throttle.User(user.ID)); err != nil {
			return none, err
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.SessionRaised, Actor: events.ActorUser, User: user.ID, Session: s.ID,
			Data: map[string]any{"proof": proof},
		})
	})
	if err != nil {
		return nil, err
	}
	s.Generation++
	s.Raised = s.Generation
	s.Proofs, s.AuthTime, s.RotatedAt = proofs, f.now(), f.now()
	step := &Step{SignedIn: &SignedIn{User: user, Session: s}}
	return step, f.mint(step.SignedIn)
}
