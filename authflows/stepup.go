package authflows

import (
	"context"
	"slices"

	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// requireFresh refuses a caller whose last proof is older than sessions.step_up_age, or who has not proven all that it has:
// a first factor alone changes nothing for a user with a second.
func (f *Flows) requireFresh(c *Caller) error {
	if f.now().Sub(c.AuthTime) > f.tenant.Settings.Sessions.StepUpAge.Std() {
		return fault.New(fault.StepUpRequired)
	}
	return f.requireAll(c)
}

// requireAll refuses a caller that has a second factor which its session has not proven, or whose token is of before a rise.
func (f *Flows) requireAll(c *Caller) error {
	in := f.rules(c.User)
	in.Proofs = c.Session.Proofs
	switch {
	case in.Policy != policyOff && amr.LevelOf(in.Proofs) != amr.AAL2 && len(in.missing()) > 0:
		return fault.New(fault.StepUpRequired).Needing(string(amr.AAL2))
	case c.Level != c.Session.Level():
		return fault.New(fault.StepUpRequired)
	}
	return nil
}

// StepUp asks the caller for a fresh proof (RFC 9470), by any of the factors it has that lift the session towards a level; an
// empty level is the one it has. The password is one for who has no other; who has not even that is mailed a code. Faults:
// factor_not_offered where nothing can, invalid_token for a token of before an earlier rise, mail_unavailable, rate_limited.
func (f *Flows) StepUp(ctx context.Context, c *Caller, level amr.Level, d Device) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "step_up")
	defer end(&err)
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	if c.Level != c.Session.Level() {
		return nil, fault.New(fault.InvalidToken)
	}
	in := issue{
		purpose: purposeStepUp, kind: KindMFA, user: c.User.ID, session: c.Session.ID,
		subject: userSubject(c.User.ID),
	}
	if level == amr.AAL2 {
		in.proofs = c.Session.Proofs // what a passkey must add to
	}
	if in.factors, err = f.provable(ctx, c, level); err != nil {
		return nil, err
	}
	switch {
	case len(in.factors) > 0:
		err = f.addAssertion(ctx, f.DB.Passkey, &in)
	case level != amr.AAL2 || c.Level == amr.AAL2:
		err = f.mailStepUp(ctx, c, &in, d)
	default:
		err = fault.New(fault.FactorNotOffered)
	}
	if err != nil {
		return nil, err
	}
	challenge, err := f.issue(ctx, in)
	return &Step{Challenge: challenge}, err
}

// provable returns what the caller can prove again, as far as it lifts the session towards a level.
func (f *Flows) provable(ctx context.Context, c *Caller, level amr.Level) ([]amr.Method, error) {
	factors := f.rules(c.User).second()
	if slices.Contains(c.User.Factors, amr.Passkey) && !slices.Contains(factors, amr.Passkey) && f.tenant.Settings.Passkeys.Enabled {
		factors = append(factors, amr.Passkey) // no second factor here, yet a way to sign in
	}
	has, err := f.hasPassword(ctx, attempt{user: c.User})
	if err != nil {
		return nil, err
	}
	// Who has another factor proves that: by the password alone, a session of long ago would become fresh at aal2. Only to a
	// recent proof that shows no knowledge, such as a touch, the password adds.
	recent := f.now().Sub(c.AuthTime) <= f.tenant.Settings.Sessions.StepUpAge.Std()
	if has && (len(factors) == 0 || recent && amr.Adds(c.Session.Proofs, amr.Password)) {
		factors = append([]amr.Method{amr.Password}, factors...)
	}
	if level != amr.AAL2 {
		return factors, nil
	}
	return slices.DeleteFunc(factors, func(m amr.Method) bool {
		reaches := amr.LevelOf(append(slices.Clone(c.Session.Proofs), m)) == amr.AAL2
		return !reaches && !amr.Adds(c.Session.Proofs, m) // what adds is a step towards it
	}), nil
}

// mailStepUp lets a user who has nothing else prove its mailbox again.
func (f *Flows) mailStepUp(ctx context.Context, c *Caller, in *issue, d Device) error {
	if !f.tenant.Settings.Magic.Enabled || c.User.Email == "" || !c.User.EmailVerified {
		return fault.New(fault.FactorNotOffered)
	}
	if err := f.mailable(); err != nil {
		return err
	}
	in.kind, in.factors = KindEmailCode, []amr.Method{amr.EmailCode}
	in.payload = pendingProof{Identifier: normalText(c.User.Email), To: c.User.Email}
	in.letter = f.letter(mail.EmailCode, c.User.Email, d)
	return f.limitMail(ctx, in.letter, c.User.Email, true)
}

// answerStepUp raises the session by a fresh proof: the same session, a new generation, a newer auth_time.
func (f *Flows) answerStepUp(ctx context.Context, row *ent.Challenge, factor amr.Method, in Answer) (*Step, error) {
	if row.UserID == nil || row.SessionID == nil {
		return nil, fault.New(fault.ChallengeExpired)
	}
	session, user, err := f.liveSession(ctx, *row.SessionID)
	// The answer hands out tokens, and those of a session are good with the client that opened it alone.
	if fault.CodeOf(err) == fault.InvalidToken || err == nil && session.Client != f.client.ID {
		return nil, fault.New(fault.ChallengeExpired)
	}
	if err != nil {
		return nil, err
	}
	in.Secret = "" // by the code only: a link would raise a session in another browser than it opens in
	p, err := f.prove(ctx, row, user, factor, in)
	if err != nil {
		return nil, err
	}
	return f.raise(ctx, row, session, p, in.Device)
}

// adding returns proofs and one more, each once.
func adding(proofs []amr.Method, m amr.Method) []amr.Method {
	out := append(slices.Clone(proofs), m)
	slices.Sort(out)
	return slices.Compact(out)
}

// raise records a proof in a session and hands out its next generation.
func (f *Flows) raise(ctx context.Context, row *ent.Challenge, s *sessions.Session, p *proof, d Device) (*Step, error) {
	proofs := adding(s.Proofs, p.method)
	after := *s
	after.Proofs = proofs
	if f.outgrown(p.user, &after) { // no access token on and on, past a policy that asks for more
		return nil, fault.New(fault.StepUpRequired).Needing(string(amr.AAL2))
	}
	_, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		if err := f.useOf(ctx, tx, p.user.ID, row.ID); err != nil {
			return none, err
		}
		if p.settle != nil {
			if _, err := p.settle(ctx, tx); err != nil {
				return none, err
			}
		}
		raised, err := f.addProof(ctx, tx, s, proofs)
		if err != nil {
			return none, err
		}
		if !raised {
			return none, fault.New(fault.ChallengeExpired)
		}
		if err := throttle.Reset(ctx, tx, f.subject(p.user, d)); err != nil {
			return none, err
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.SessionRaised, Actor: events.ActorUser, User: p.user.ID, Session: s.ID,
			Data: map[string]any{"proof": p.method},
		})
	})
	if err != nil {
		return nil, err
	}
	step := &Step{SignedIn: &SignedIn{User: p.user, Session: s}}
	return step, f.mint(ctx, step.SignedIn)
}

// addProof records proofs in a session as it was read. With the native client that begins a new generation, of which what was
// handed out before has no share; with others, whose wires have no answer to carry new tokens, the session rises as it is.
func (f *Flows) addProof(ctx context.Context, tx *ent.Tx, s *sessions.Session, proofs []amr.Method) (bool, error) {
	if !f.isNative() {
		added, err := sessions.AddProof(ctx, tx, s.ID, proofs, f.now())
		s.Proofs, s.AuthTime = proofs, f.now()
		return added, err
	}
	raised, err := sessions.Raise(ctx, tx, s, proofs, f.now())
	s.Generation++
	s.Raised = s.Generation
	s.Proofs, s.AuthTime, s.RotatedAt = proofs, f.now(), f.now()
	return raised, err
}
