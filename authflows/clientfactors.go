package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
)

// ActivateBegunTOTP enrols the authenticator app that the caller has begun last, for wires that name none, and raises the
// session by its first code. It returns the session with new tokens, and the recovery codes that were made. Faults:
// wrong_code; challenge_expired where none is begun; invalid_input.
func (f *Flows) ActivateBegunTOTP(ctx context.Context, c *Caller, code string, d Device) (_ *SignedIn, recovery []string, err error) {
	ctx, end := f.begin(ctx, "totp_activate")
	defer end(&err)
	row, err := f.newest(ctx, ownEnrolment(purposeAddTOTP, c.User.ID))
	if err != nil {
		return nil, nil, err
	}
	if row == nil {
		return nil, nil, fault.New(fault.ChallengeExpired)
	}
	_, recovery, err = f.finish(ctx, c, row, purposeAddTOTP, Answer{Code: code, Device: d})
	if err != nil {
		return nil, nil, err
	}
	step, err := f.again(ctx, c.Session.ID)
	if err != nil {
		return nil, nil, err
	}
	return step.SignedIn, recovery, nil
}

// begunTOTP returns the app that a session has begun and not activated, for clients that show it again.
func (f *Flows) begunTOTP(ctx context.Context, c *Caller) (*Enrolment, error) {
	user, err := f.fresh(ctx, c)
	if err != nil {
		return nil, err
	}
	row, err := f.newest(ctx, ownEnrolment(purposeAddTOTP, c.User.ID))
	if err != nil || row == nil || row.SessionID == nil || *row.SessionID != c.Session.ID {
		return nil, err
	}
	pending := &pendingEnrolment{}
	if err := f.unseal(row, pending); err != nil {
		return nil, err
	}
	shown := &Enrolment{Challenge: row.ID, Factor: amr.TOTP, ExpiresAt: row.ExpiresAt}
	return shown, f.prepareTOTP(ctx, user, pending, shown)
}

// Confirm takes a fresh proof of the caller within the request that needs it, for wires that have no step-up: a password, an
// app's code or a recovery code. In.Factor may be empty for a code. The password of a user who has another factor is checked
// and makes nothing fresh. What is fresh from then on is c too. Faults: wrong_password, wrong_code, factor_not_offered,
// invalid_input, rate_limited, busy; step_up_required for a token of before an earlier rise.
func (f *Flows) Confirm(ctx context.Context, c *Caller, in Answer) (err error) {
	ctx, end := f.begin(ctx, "confirm")
	defer end(&err)
	if err := f.limitUser(ctx, c); err != nil {
		return err
	}
	session, user, err := f.liveSession(ctx, c.Session.ID)
	if err != nil {
		return err
	}
	if f.client.Levelled && c.Level != session.Level() {
		return fault.New(fault.StepUpRequired)
	}
	second := f.rules(user).second()
	if in.Factor == "" {
		if in.Factor, err = codeFactor(in.Code, second); err != nil {
			return err
		}
	}
	p, err := f.prove(ctx, nil, user, in.Factor, in)
	if fault.CodeOf(err) == fault.InvalidCredentials {
		return fault.New(fault.WrongPassword)
	}
	// Nothing is forgiven for it either: else the password would buy further guesses at the code.
	if err != nil || in.Factor == amr.Password && len(second) > 0 {
		return err
	}
	raised, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Session, error) {
		if err := accounts.HoldVersion(ctx, tx, user, f.now()); err != nil {
			return nil, err
		}
		if p.settle != nil {
			if _, err := p.settle(ctx, tx); err != nil {
				return nil, err
			}
		}
		if err := throttle.Reset(ctx, tx, f.subject(user, in.Device)); err != nil {
			return nil, err
		}
		return f.raiseOwn(ctx, tx, session, p.method)
	})
	if err != nil {
		return err
	}
	*c = Caller{user, raised, raised.AuthTime, raised.Level()}
	return nil
}

// RequireAll refuses a caller that has a second factor which its session has not proven, or whose token is of before a rise,
// for wires that keep them from some of what they have. The fault is step_up_required.
func (f *Flows) RequireAll(c *Caller) error { return f.requireAll(c) }

// ShowRecoveryCodes returns the caller's recovery codes that are left, as far as they were made by a client that keeps them
// sealed. It needs a fresh second factor, and each time leaves an event. Faults: step_up_required, factor_needed where the
// user has no second factor, method_disabled with clients that show codes once.
func (f *Flows) ShowRecoveryCodes(ctx context.Context, c *Caller) (codes []string, err error) {
	ctx, end := f.begin(ctx, "recovery_codes_show")
	defer end(&err)
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	if !f.client.Enrols.Reshows {
		return nil, fault.New(fault.MethodDisabled)
	}
	user, err := f.fresh(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(user.Factors) == 0 {
		return nil, fault.New(fault.FactorNeeded)
	}
	err = f.requireLevel(ctx, c, amr.AAL2)
	if err != nil {
		return nil, err
	}
	kept, err := credentials.SealedRecoveryCodes(ctx, f.DB.RecoveryCode, user.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		code, err := f.tenant.Keys.Open(credentials.RecoveryCodePlace(k.ID), k.Sealed)
		if err != nil {
			return nil, err
		}
		codes = append(codes, string(code))
	}
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (uuid.UUID, error) {
		return uuid.Nil, f.Events.Append(ctx, tx, events.Event{
			Type: events.RecoveryCodesShown, Actor: events.ActorUser, User: user.ID, Session: c.Session.ID,
			Data: map[string]any{"count": len(codes), "client": f.client.ID},
		})
	})
	return codes, err
}

// requireLevel refuses a caller whose session, as it is now, has not reached a level.
func (f *Flows) requireLevel(ctx context.Context, c *Caller, level amr.Level) error {
	_, err := f.userNow(ctx, c, func(now *Caller) error {
		if now.Level != level {
			return fault.New(fault.StepUpRequired).Needing(string(level))
		}
		return nil
	})
	return err
}
