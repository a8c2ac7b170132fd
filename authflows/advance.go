package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// attempt is a sign-in that is not finished.
type attempt struct {
	user   *accounts.User
	device Device
	proofs []amr.Method

	// settle does, in the transaction of the decision, what makes the proof count: it uses up the challenge and makes the
	// user of a sign-up. It may be nil.
	settle func(ctx context.Context, tx *ent.Tx) (*accounts.User, error)
	// signup says that the proof makes the user.
	signup bool
}

// advance alone decides what follows a proof: a session, or the factors still missing. Nothing else opens a session.
func (f *Flows) advance(ctx context.Context, a attempt, proof amr.Method) (*Step, error) {
	a.proofs = append(a.proofs, proof)
	in := f.inputs(a)
	next := decide(in)
	step, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Step, error) {
		if a.settle != nil {
			user, err := a.settle(ctx, tx)
			if err != nil {
				return nil, err
			}
			a.user = user
		}
		if next.Kind != "" {
			c, err := f.issueIn(ctx, tx, issue{
				purpose: purposeSignIn, kind: next.Kind, user: a.user.ID,
				subject: userSubject(a.user.ID), factors: next.Factors, proofs: a.proofs,
			})
			return &Step{Challenge: c}, err
		}
		return f.open(ctx, tx, a, in)
	})
	if err != nil || step.SignedIn == nil {
		return step, err
	}
	return step, f.mint(step.SignedIn)
}

// inputs collects what the decision looks at. More kinds of enrolled factors join here.
func (f *Flows) inputs(a attempt) inputs {
	in := inputs{Policy: string(f.tenant.Settings.MFA.Policy), Proofs: a.proofs}
	for _, m := range f.tenant.Settings.MFA.Factors {
		in.Allowed = append(in.Allowed, amr.Method(m))
	}
	return in
}

// open stores the session that a decision allows, with its event.
func (f *Flows) open(ctx context.Context, tx *ent.Tx, a attempt, in inputs) (*Step, error) {
	settings := f.tenant.Settings.Sessions
	s, err := sessions.Open(ctx, tx, sessions.NewSession{
		User: a.user.ID, Version: a.user.CredentialVersion, Proofs: a.proofs, Absolute: settings.Absolute.Std(),
		UserAgent: a.device.agentText(), Address: a.device.addressText(),
	}, f.now())
	if err != nil {
		return nil, err
	}
	if settings.MaxPerUser > 0 {
		n, err := sessions.KeepNewest(ctx, tx, a.user.ID, settings.MaxPerUser, f.now())
		if err != nil {
			return nil, err
		}
		if n > 0 {
			ended := events.Event{Type: events.SessionsEnded, Actor: events.ActorSystem, User: a.user.ID, Data: map[string]any{
				"reason": sessions.TooMany, "count": n,
			}}
			if err := f.Events.Append(ctx, tx, ended); err != nil {
				return nil, err
			}
		}
	}
	if !a.signup {
		if err := throttle.Reset(ctx, tx, throttle.User(a.user.ID)); err != nil {
			return nil, err
		}
	}
	err = f.Events.Append(ctx, tx, events.Event{
		Type: events.UserSignedIn, Actor: events.ActorUser, User: a.user.ID, Session: s.ID,
		Data: map[string]any{"decision": in},
	})
	return &Step{SignedIn: &SignedIn{User: a.user, Session: s, New: a.signup}}, err
}

// mint writes the tokens of a session as it is now.
func (f *Flows) mint(s *SignedIn) error {
	now := f.now()
	generation := tokens.Rotating{Session: s.Session.ID, Generation: s.Session.Generation}
	if f.tenant.Settings.Tokens.Transport == tenants.TransportCookie {
		s.Cookie = tokens.Cookie.Mint(f.tenant.Keys, generation)
		return nil
	}
	// No access token outlives its session's absolute limit.
	s.ExpiresIn = min(f.tenant.Settings.Sessions.Access.Std(), s.Session.ExpiresAt.Sub(now))
	var err error
	s.AccessToken, err = tokens.MintAccess(f.tenant.Signing, tokens.Access{
		Issuer: f.tenant.Issuer, Audience: tokens.Audience(f.tenant),
		User: s.User.ID, Session: s.Session.ID,
		IssuedAt: now, Expires: now.Add(s.ExpiresIn), AuthTime: s.Session.AuthTime, Proofs: s.Session.Proofs,
	})
	s.RefreshToken = tokens.Refresh.Mint(f.tenant.Keys, generation)
	return err
}

func userSubject(id uuid.UUID) string { return "user:" + id.String() }
