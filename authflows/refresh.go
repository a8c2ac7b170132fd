package authflows

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/tenants"
)

// Refresh exchanges a refresh token for its successor and a new access token. The predecessor of the current generation
// gets the same successor for 10 seconds after the exchange; anything older is theft and ends the session. A forged token
// never reaches the database. Faults: invalid_token, refresh_token_reused.
func (f *Flows) Refresh(ctx context.Context, token string) (_ *Step, err error) {
	if f.isNative() {
		return f.rotate(ctx, tokens.Refresh, token)
	}
	return f.refreshFor(ctx, token)
}

// RefreshCookie is Refresh for tenants that chose cookies.
func (f *Flows) RefreshCookie(ctx context.Context, value string) (_ *Step, err error) {
	return f.rotate(ctx, tokens.Cookie, value)
}

func (f *Flows) rotate(ctx context.Context, kind tokens.Kind, token string) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "refresh")
	defer end(&err)
	r, ok := kind.Read(f.tenant.Keys, token)
	if !ok {
		return nil, fault.New(fault.InvalidToken)
	}
	return f.next(ctx, r)
}

// next exchanges a generation of a session for its successor.
func (f *Flows) next(ctx context.Context, r tokens.Rotating) (*Step, error) {
	epoch := f.Feed.Epoch()
	idle := f.idle()
	rotated, err := sessions.Rotate(ctx, f.DB.Client, r.Session, r.Generation, idle, f.now())
	if err != nil {
		return nil, err
	}
	session, user, err := f.rotatedSession(ctx, r, rotated)
	if err != nil {
		return nil, err
	}
	if f.outgrown(user, session) {
		return nil, f.endOutgrown(ctx, user, session)
	}
	live := &liveSession{session: session, user: user}
	live.seen.Store(session.LastSeenAt.UnixNano())
	f.cache.keep(within{f.tenant.ID, session.ID}, live, epoch)
	step := &Step{SignedIn: &SignedIn{User: user, Session: session}}
	return step, f.mint(ctx, step.SignedIn)
}

// rotatedSession returns the session of a token as it is after the exchange: rotated by us or, within the grace, by an
// earlier request.
func (f *Flows) rotatedSession(ctx context.Context, r tokens.Rotating, rotated bool) (*sessions.Session, *accounts.User, error) {
	if rotated {
		if session, user, ok := f.cachedAfter(r); ok {
			return session, user, nil
		}
	}
	session, user, err := f.liveSession(ctx, r.Session)
	switch {
	case err != nil:
		return nil, nil, err
	case rotated, session.Generation == r.Generation+1 && f.current(session, r.Generation):
		return session, user, nil
	case f.justSucceeded(session, r.Generation):
		return nil, nil, fault.New(fault.InvalidToken) // the other tab stepped up: no theft, and no share in it
	case r.Generation < session.Generation:
		return nil, nil, f.reused(ctx, session, user)
	default:
		// The session was at a limit when we asked to rotate it, and is not now: ask again.
		return nil, nil, fault.New(fault.Unavailable).After(time.Second)
	}
}

// cachedAfter returns the session that we have just rotated without reading it again. The cache must hold the generation
// that we rotated from: then only the rotation has changed the row since.
func (f *Flows) cachedAfter(r tokens.Rotating) (*sessions.Session, *accounts.User, bool) {
	live, ok := f.cache.find(within{f.tenant.ID, r.Session})
	telemetry.CacheLookup(ok)
	if !ok || live.session.Generation != r.Generation {
		return nil, nil, false
	}
	session := *live.session
	session.Generation, session.RotatedAt, session.LastSeenAt = r.Generation+1, f.now(), f.now()
	return &session, live.user, true
}

// outgrown reports whether the tenant asks for more of a user by now than a session has proven: a stricter policy, or a grace
// that is over. Access tokens of before end by themselves, within sessions.access.
func (f *Flows) outgrown(u *accounts.User, s *sessions.Session) bool {
	mfa := f.tenant.Settings.MFA
	if mfa.Policy != tenants.MFARequired && len(mfa.RequiredRoles) == 0 || s.Level() == amr.AAL2 {
		return false
	}
	in := f.rules(u)
	return in.required() && !(in.Grace && !in.hasSecond())
}

// endOutgrown ends such a session: the next sign-in asks for what is missing.
func (f *Flows) endOutgrown(ctx context.Context, u *accounts.User, s *sessions.Session) error {
	_, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		ended, err := sessions.End(ctx, tx, s.ID, sessions.PolicyChanged, f.now())
		if err != nil || !ended {
			return none, err
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.SessionEnded, Actor: events.ActorSystem, User: u.ID, Session: s.ID,
			Data: map[string]any{"reason": sessions.PolicyChanged},
		})
	})
	if err != nil {
		return err
	}
	return fault.New(fault.InvalidToken)
}

// reused ends a session whose refresh token came a second time. The end commits although the request is refused.
func (f *Flows) reused(ctx context.Context, s *sessions.Session, u *accounts.User) error {
	_, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		ended, err := sessions.End(ctx, tx, s.ID, sessions.TokenReused, f.now())
		if err != nil {
			return none, err
		}
		refusal := fault.New(fault.RefreshTokenReused)
		if !ended {
			return none, refusal
		}
		if err := f.notice(ctx, tx, mail.SessionsRevokedReuse, u, Device{}); err != nil {
			return none, err
		}
		err = f.Events.Append(ctx, tx, events.Event{
			Type: events.RefreshTokenReused, Actor: events.ActorSystem, User: u.ID, Session: s.ID,
		})
		if err != nil {
			return none, err
		}
		return none, store.Commit(refusal)
	})
	return err
}
