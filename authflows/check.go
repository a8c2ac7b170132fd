package authflows

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// Caller is who a request comes from. What it points to is shared and never changed.
type Caller struct {
	User    *accounts.User
	Session *sessions.Session
	// AuthTime is when the last proof was given that the request's own token or cookie was handed out for: what was handed
	// out before a step-up does not share in it.
	AuthTime time.Time
	// Level is what that token says of the proofs: below the session's after a step-up.
	Level amr.Level
}

// grace is how long the predecessor of a session's generation still counts: two tabs, a lost answer.
const grace = 10 * time.Second

// Bearer returns the caller of an access token. While the change feed is fresh, a token seen before costs no SQL. The
// fault is invalid_token.
func (f *Flows) Bearer(ctx context.Context, token string) (*Caller, error) {
	ctx = tenancy.With(ctx, f.tenant.ID)
	now := f.now()
	access, err := f.readAccess(token, now)
	if err != nil {
		return nil, err
	}
	key := within{f.tenant.ID, access.Session}
	idle := f.idle()
	live, ok := f.cache.find(key)
	telemetry.CacheLookup(ok)
	if ok && live.liveAt(now, idle) && live.knows(access) && !f.tooLong(live.user, live.session) {
		f.used(key, live, now)
		return f.caller(access, live.user, live.session), nil
	}
	// Refusals always come from SQL: another replica may know of a later use.
	return f.callerNow(ctx, access, now)
}

// TokenCookie is Bearer for an access token that came in a cookie, as some wires have it: like any cookie it is always
// checked against SQL.
func (f *Flows) TokenCookie(ctx context.Context, value string) (*Caller, error) {
	ctx = tenancy.With(ctx, f.tenant.ID)
	now := f.now()
	access, err := f.readAccess(value, now)
	if err != nil {
		return nil, err
	}
	return f.callerNow(ctx, access, now)
}

// callerNow returns the caller of a verified token by the database.
func (f *Flows) callerNow(ctx context.Context, access *tokens.Access, now time.Time) (*Caller, error) {
	key := within{f.tenant.ID, access.Session}
	epoch := f.Feed.Epoch()
	session, user, err := f.liveSession(ctx, access.Session)
	if err != nil {
		return nil, err
	}
	if f.tooLong(user, session) {
		return nil, f.endOutgrown(ctx, user, session)
	}
	live := &liveSession{session: session, user: user}
	live.seen.Store(session.LastSeenAt.UnixNano())
	f.cache.keep(key, live, epoch)
	f.used(key, live, now)
	return f.caller(access, user, session), nil
}

// tooLong reports whether a session has outgrown the policy whose access tokens may live for months: with the native client
// they are short, and the next refresh is soon.
func (f *Flows) tooLong(u *accounts.User, s *sessions.Session) bool {
	return !f.isNative() && f.outgrown(u, s)
}

func (f *Flows) caller(a *tokens.Access, u *accounts.User, s *sessions.Session) *Caller {
	authTime, level := f.shares(a, s)
	return &Caller{u, s, authTime, level}
}

// readAccess verifies a token, once: the signature of a token seen before is not verified again, its key,
// audience and times are.
func (f *Flows) readAccess(token string, now time.Time) (*tokens.Access, error) {
	key := f.tokenKey(token)
	if access, ok := f.cache.tokens.Peek(key); ok {
		if _, err := f.tenant.Signing.Verify(access.Kid, now); err != nil {
			return nil, err
		}
		if access.Client == f.client.ID && access.Audience == tokens.Audience(f.tenant) && access.ValidAt(now) {
			return access, nil
		}
		return nil, fault.New(fault.InvalidToken)
	}
	epoch := f.Feed.Epoch()
	access, err := f.parseAccess(token, now)
	if err != nil {
		return nil, err
	}
	f.cache.tokens.Keep(key, access, epoch)
	return access, nil
}

func (f *Flows) parseAccess(token string, now time.Time) (*tokens.Access, error) {
	if f.isNative() {
		return tokens.ReadAccess(f.tenant, token, now)
	}
	g, err := f.readGrant(token, UseAccess)
	if err != nil {
		return nil, err
	}
	return grantAccess(g, tokens.Audience(f.tenant)), nil
}

func (f *Flows) tokenKey(token string) tokenKey {
	// Room for our own tokens without an allocation.
	text := append(make([]byte, 0, 1024), f.tenant.ID[:]...)
	return sha256.Sum256(append(text, token...))
}

// knows reports whether the session has all the proofs that a token was handed out for. One of a later proof comes from another
// replica; a rise within the second that tokens count in shows in the level alone.
func (l *liveSession) knows(a *tokens.Access) bool {
	return !a.AuthTime.After(l.session.AuthTime) && (a.ACR != amr.AAL2 || l.session.Level() == amr.AAL2)
}

func (l *liveSession) liveAt(now time.Time, idle time.Duration) bool {
	return now.Before(l.session.ExpiresAt) && now.UnixNano()-l.seen.Load() < int64(idle)
}

func (f *Flows) used(key within, live *liveSession, now time.Time) {
	if live.use(now) {
		f.seen.mark(key.tenant, key.id)
	}
}

// ErrSessionOver is the cause of the fault invalid_token where the token is one of ours and its session has ended, or its user
// may not use it any more.
var ErrSessionOver = errors.New("the session is over")

// idle is how long a session lives on unused.
func (f *Flows) idle() time.Duration { return f.tenant.Settings.Sessions.Idle.Std() }

// liveSession reads a live session and its user, who is not suspended, from the database. The fault is invalid_token.
func (f *Flows) liveSession(ctx context.Context, id uuid.UUID) (*sessions.Session, *accounts.User, error) {
	for read := -1; ; {
		session, err := sessions.Get(ctx, f.DB.Session, id)
		if err != nil {
			return nil, nil, err
		}
		// A sign-in that was under way while the password changed opens a session that is dead from its start. Any other is
		// taken along by the change, which may have been made since the session was read: then it has moved on.
		if session == nil || !session.LiveAt(f.now(), f.idle()) || session.CredentialVersion == read {
			return nil, nil, fault.New(fault.InvalidToken).Because(ErrSessionOver)
		}
		user, err := accounts.Get(ctx, f.DB.User, session.UserID)
		if err != nil {
			return nil, nil, err
		}
		if user == nil || user.Suspended {
			return nil, nil, fault.New(fault.InvalidToken).Because(ErrSessionOver)
		}
		if user.CredentialVersion == session.CredentialVersion {
			return session, user, nil
		}
		read = session.CredentialVersion
	}
}

// Cookie returns the caller of a session cookie, always from SQL. A cookie whose generation has a successor counts for the
// grace and no longer.
func (f *Flows) Cookie(ctx context.Context, value string) (*Caller, error) {
	ctx = tenancy.With(ctx, f.tenant.ID)
	r, ok := tokens.Cookie.Read(f.tenant.Keys, value)
	if !ok {
		return nil, fault.New(fault.InvalidToken)
	}
	session, user, err := f.liveSession(ctx, r.Session)
	if err != nil {
		return nil, err
	}
	if !f.current(session, r.Generation) || f.outgrown(user, session) {
		return nil, fault.New(fault.InvalidToken)
	}
	if f.now().Sub(session.LastSeenAt) > markEvery {
		f.seen.mark(f.tenant.ID, session.ID)
	}
	return &Caller{user, session, session.AuthTime, session.Level()}, nil
}

// current reports whether a generation is the session's, or its predecessor within the grace.
func (f *Flows) current(s *sessions.Session, generation int) bool {
	return generation == s.Generation || f.justSucceeded(s, generation) && s.Raised != s.Generation
}

// justSucceeded reports whether a generation was succeeded within the grace. Where a further proof did it, the predecessor
// is refused all the same: what was handed out before a rise of privilege must not share in it.
func (f *Flows) justSucceeded(s *sessions.Session, generation int) bool {
	age := f.now().Sub(s.RotatedAt) // negative where another replica's clock is ahead
	return generation == s.Generation-1 && age <= grace && age >= -tenants.Leeway
}
