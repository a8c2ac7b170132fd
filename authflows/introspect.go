package authflows

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// inspections bounds how often one API key may ask about tokens.
var inspections = ephemeral.Limit{Events: 6000, Per: time.Minute}

// Token is what a token of the tenant stands for now.
type Token struct {
	Use                      tokens.Use
	Issuer, Audience, Client string
	User                     *User
	Session                  *Session
	Named                    bool   // who asks may see who the user is
	ID                       string // the jti; empty for our own refresh tokens
	IssuedAt, Expires        time.Time
	AuthTime                 time.Time
	Level                    amr.Level
	AMR                      []string // RFC 8176
}

// handed is what a token says by itself: the session that it was handed out for.
type handed struct {
	Token
	session    uuid.UUID
	generation int  // of a refresh token that rotates
	follows    bool // it says nothing of its proofs: it shares in the session's
}

// Introspect tells what an access or refresh token stands for, ours or a dialect's: nil for one that opens nothing, whatever the
// reason. It is always answered from SQL. The actor of ctx must hold tokens:inspect over the tenant. Faults: forbidden,
// rate_limited.
func (f *Flows) Introspect(ctx context.Context, token string) (_ *Token, err error) {
	ctx, end := f.begin(ctx, "introspect")
	defer end(&err)
	if err := f.inspector(ctx); err != nil {
		return nil, err
	}
	h, ok := f.readHanded(token)
	if !ok || !f.now().Before(h.Expires) && !h.Expires.IsZero() {
		return nil, nil
	}
	session, user, err := f.liveSession(ctx, h.session)
	if err != nil {
		return nil, unlessInvalid(err)
	}
	if !f.stillOpens(h, user, session) {
		return nil, nil
	}
	out := h.Token
	out.User, out.Session = user, session
	out.Named = access.From(ctx).May(access.UsersPII, f.tenant.ID)
	if h.follows {
		out.AuthTime, out.Level, out.AMR = session.AuthTime, session.Level(), amr.References(session.Proofs)
	}
	if out.AMR == nil {
		out.AMR = amr.References(session.Proofs)
	}
	if out.Expires.IsZero() {
		idle := session.LastSeenAt.Add(f.idle())
		out.IssuedAt, out.Expires = session.RotatedAt, session.ExpiresAt
		if idle.Before(out.Expires) {
			out.Expires = idle
		}
	}
	return &out, nil
}

// RevokeToken ends the session that an access or refresh token was handed out for, also where it was superseded or has expired. A
// token that is none leaves everything as it is. The actor of ctx must hold tokens:inspect over the tenant. Faults: forbidden,
// rate_limited.
func (f *Flows) RevokeToken(ctx context.Context, token string) (err error) {
	ctx, end := f.begin(ctx, "token_revoke")
	defer end(&err)
	if err := f.inspector(ctx); err != nil {
		return err
	}
	h, ok := f.readHanded(token)
	if !ok {
		return nil
	}
	session, user, err := f.liveSession(ctx, h.session)
	if err != nil {
		return unlessInvalid(err)
	}
	err = f.endSessionAs(ctx, events.ActorOperator, &Caller{User: user, Session: session}, session.ID, sessions.Revoked)
	if fault.CodeOf(err) == fault.NotFound {
		return nil // ended in the same moment
	}
	return err
}

// inspector lets the actor of ctx ask about tokens.
func (f *Flows) inspector(ctx context.Context) error {
	actor := access.From(ctx)
	if !actor.May(access.TokensInspect, f.tenant.ID) {
		return fault.New(fault.Forbidden)
	}
	return f.takeFrom(ctx, ephemeral.ServerKey("inspections", actor.ID.String()), inspections)
}

// readHanded reads a token by its signature or MAC alone.
func (f *Flows) readHanded(token string) (*handed, bool) {
	own := Token{Issuer: f.tenant.Issuer, Audience: tokens.Audience(f.tenant), Client: tokens.NativeClient}
	if r, ok := tokens.Refresh.Read(f.tenant.Keys, token); ok {
		own.Use = UseRefresh
		return &handed{Token: own, session: r.Session, generation: r.Generation, follows: true}, true
	}
	if a, err := tokens.ReadAccess(f.tenant, token, f.now()); err == nil {
		own.Use, own.ID, own.IssuedAt, own.Expires = UseAccess, a.ID, a.IssuedAt, a.Expires
		own.AuthTime, own.Level, own.AMR = a.AuthTime, a.ACR, a.AMR
		return &handed{Token: own, session: a.Session}, true
	}
	g, err := tokens.ReadAny(f.tenant, token, f.now())
	if err != nil || !f.speaks(g.Client) {
		return nil, false
	}
	own.Client, own.Use, own.ID, own.IssuedAt, own.Expires = g.Client, g.Use, g.ID, g.IssuedAt, g.Expires
	own.AuthTime, own.Level = g.AuthTime, g.Level
	return &handed{Token: own, session: g.Subject, generation: g.Generation, follows: g.Level == ""}, true
}

// speaks reports whether the tenant has the dialect of a client switched on: else its tokens open nothing.
func (f *Flows) speaks(client string) bool {
	var dialect tenants.Dialect
	for _, name := range tenants.Dialects() {
		of := client == string(name) || strings.HasPrefix(client, string(name)+"-")
		if of && len(name) > len(dialect) {
			dialect = name
		}
	}
	return dialect != "" && f.tenant.Settings.Dialects.Of(dialect).Enabled
}

// stillOpens reports whether a token of a live session is what its bearer could use now.
func (f *Flows) stillOpens(h *handed, user *accounts.User, s *sessions.Session) bool {
	if h.Use == UseAccess && h.Client == tokens.NativeClient {
		return true // it ends by itself soon, whatever the policy is by now
	}
	if f.outgrown(user, s) {
		return false
	}
	return h.generation == 0 || f.current(s, h.generation)
}

// unlessInvalid leaves out that a session is over.
func unlessInvalid(err error) error {
	if fault.CodeOf(err) == fault.InvalidToken {
		return nil
	}
	return err
}
