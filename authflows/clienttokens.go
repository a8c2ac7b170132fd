package authflows

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// refreshFor is Refresh with another client: where its refresh tokens rotate, as with ours; else the token stays what it is
// and only an access token is made anew.
func (f *Flows) refreshFor(ctx context.Context, token string) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "refresh")
	defer end(&err)
	g, err := f.readGrant(token, UseRefresh)
	if err != nil {
		return nil, err
	}
	if f.client.Rotates {
		return f.next(ctx, tokens.Rotating{Session: g.Subject, Generation: g.Generation})
	}
	step, err := f.again(ctx, g.Subject)
	if err == nil {
		step.SignedIn.RefreshToken = token
	}
	return step, err
}

// again makes new tokens for a session as it is in the database.
func (f *Flows) again(ctx context.Context, id uuid.UUID) (*Step, error) {
	session, user, err := f.liveSession(ctx, id)
	if err != nil {
		return nil, err
	}
	if f.outgrown(user, session) {
		return nil, f.endOutgrown(ctx, user, session)
	}
	f.seen.mark(f.tenant.ID, session.ID)
	step := &Step{SignedIn: &SignedIn{User: user, Session: session}}
	return step, f.mint(ctx, step.SignedIn)
}

// Renew makes a new access token for the caller's session, of the level that the caller's own has.
func (f *Flows) Renew(ctx context.Context, c *Caller) (_ *SignedIn, err error) {
	ctx, end := f.begin(ctx, "renew")
	defer end(&err)
	session, user, err := f.liveSession(ctx, c.Session.ID)
	if err != nil {
		return nil, err
	}
	f.seen.mark(f.tenant.ID, session.ID)
	in := &SignedIn{User: user, Session: session}
	return in, f.mintFor(ctx, in, c.Level, c.AuthTime)
}

// readGrant verifies a token of the client that has not expired.
func (f *Flows) readGrant(token string, use tokens.Use) (*tokens.Grant, error) {
	g, err := tokens.Read(f.tenant, f.client.ID, use, token, f.now())
	if err == nil && !g.ValidAt(f.now()) {
		err = fault.New(fault.InvalidToken)
	}
	return g, err
}

// PendingSignIn returns the challenge that a token of a pending sign-in stands for. The fault is invalid_token.
func (f *Flows) PendingSignIn(token string) (uuid.UUID, error) {
	g, err := f.readGrant(token, UsePending)
	if err != nil {
		return uuid.Nil, err
	}
	return g.Subject, nil
}

// LogoutToken ends the session of an access token, also of one that has expired: whoever leaves need not refresh first. The
// fault is invalid_token, also for a session that has ended.
func (f *Flows) LogoutToken(ctx context.Context, token string) (_ *Session, err error) {
	ctx, end := f.begin(ctx, "logout")
	defer end(&err)
	g, err := tokens.Read(f.tenant, f.client.ID, UseAccess, token, f.now())
	if err != nil {
		return nil, err
	}
	return f.leave(ctx, g.Subject, sessions.LoggedOut)
}

// leave ends a live session for whoever holds what names it.
func (f *Flows) leave(ctx context.Context, id uuid.UUID, reason string) (*Session, error) {
	session, user, err := f.liveSession(ctx, id)
	if err != nil {
		return nil, err
	}
	err = f.endSession(ctx, &Caller{User: user, Session: session}, id, reason)
	if fault.CodeOf(err) == fault.NotFound {
		err = fault.New(fault.InvalidToken) // ended in the same moment
	}
	return session, err
}

// sessionKey is the kind of what names a session and lets its bearer end it.
var sessionKey = tokens.SessionKey

// SessionKey returns a name of a session that nobody can guess: who has it may end the session and do nothing else.
func (f *Flows) SessionKey(s *Session) string {
	return sessionKey.Mint(f.tenant.Keys, tokens.Rotating{Session: s.ID})
}

// ReadSessionKey returns the id of the session that a key names.
func (f *Flows) ReadSessionKey(key string) (uuid.UUID, bool) {
	r, ok := sessionKey.Read(f.tenant.Keys, key)
	return r.Session, ok
}

// EndByKey ends the session that a key names. The fault not_found stands for all that is none, or has ended.
func (f *Flows) EndByKey(ctx context.Context, key string) (err error) {
	ctx, end := f.begin(ctx, "session_revoke")
	defer end(&err)
	id, ok := f.ReadSessionKey(key)
	if !ok {
		return fault.New(fault.NotFound)
	}
	_, err = f.leave(ctx, id, sessions.Revoked)
	if fault.CodeOf(err) == fault.InvalidToken {
		return fault.New(fault.NotFound)
	}
	return err
}

// SessionBefore returns the session that a client opened for the same user last before a given one, live or not, nil if there
// is none.
func (f *Flows) SessionBefore(ctx context.Context, s *Session, client string) (*Session, error) {
	return sessions.Before(f.limit(ctx), f.DB.Client, s, client)
}

// grantAccess is what an access token of a client says, in the form of our own.
func grantAccess(g *tokens.Grant, audience string) *tokens.Access {
	return &tokens.Access{
		Audience: audience, Client: g.Client, Session: g.Subject, IssuedAt: g.IssuedAt, Expires: g.Expires,
		AuthTime: g.AuthTime, ACR: g.Level, Kid: g.Kid,
	}
}

// shares returns what an access token shares of the proofs of its session: all of them, where tokens of the client carry no
// level.
func (f *Flows) shares(a *tokens.Access, s *sessions.Session) (time.Time, amr.Level) {
	if f.client.Levelled {
		return a.AuthTime, a.ACR
	}
	return s.AuthTime, s.Level()
}
