package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerSession(a huma.API) {
	register(a, open(tagSession, http.MethodPost, "/token", "refresh", "Refresh the session",
		"Exchanges a refresh token, or the session cookie, for its successor and a new access token. For 10 seconds the same "+
			"token gets the same successor again; anything older is taken for theft and ends the session."),
		refresh, fault.InvalidToken, fault.RefreshTokenReused, fault.AmbiguousCredentials)
	register(a, signedIn(tagSession, http.MethodGet, "/sessions", "listSessions", "List the user's sessions",
		"Live ones, most recently seen first, at most 100."), listSessions)
	register(a, noContent(signedIn(tagSession, http.MethodDelete, "/sessions/{id}", "revokeSession", "End one of the user's sessions",
		"")),
		revokeSession, fault.NotFound)
	register(a, noContent(signedIn(tagSession, http.MethodPost, "/logout", "logOut", "Sign out", "Ends the session of this request.")),
		logOut)
	register(a, noContent(signedIn(tagSession, http.MethodPost, "/logout/all", "logOutAll", "Sign out everywhere", "")),
		logOutAll)
	register(a, noContent(signedIn(tagSession, http.MethodPost, "/logout/others", "logOutOthers", "Sign out everywhere else", "")),
		logOutOthers)
	register(a, signedIn(tagSession, http.MethodPost, "/step-up", "stepUp", "Ask for a fresh proof",
		"Answers a challenge of the factors that the user has; who has none is mailed a code. Any one of them renews the session, the "+
			"password of a session at aal2 too (reauthentication, NIST SP 800-63B). Its answer keeps the session's id and brings a newer "+
			"auth_time. Where a level is too low, the problem step_up_required says in its member acr which one to ask for; asking for "+
			"aal2 offers what lifts the session towards it."),
		stepUp, fault.FactorNotOffered, fault.MailUnavailable)
}

type refreshRequest struct {
	Body *struct {
		RefreshToken string `json:"refresh_token,omitempty" doc:"Left out where the cookie says it"`
	} `required:"false"`
}

func refresh(ctx context.Context, in *refreshRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	token, cookie := "", r.UsableCookie()
	if in.Body != nil {
		token = in.Body.RefreshToken
	}
	switch {
	case cookie != "" && (token != "" || len(r.Authorization) > 0):
		return nil, fault.New(fault.AmbiguousCredentials)
	case cookie != "":
		step, err := r.Flows.RefreshCookie(ctx, cookie)
		return newStepReply(ctx, step, err)
	case token != "":
		step, err := r.Flows.Refresh(ctx, token)
		return newStepReply(ctx, step, err)
	default:
		return nil, fault.Invalid(fault.Field{Field: "refresh_token", Code: "required", Message: "Is required."})
	}
}

// ListedSession is one of the caller's sessions in a list.
type ListedSession struct {
	ID         string    `json:"id" example:"ses_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Current    bool      `json:"current" doc:"The session of this request"`
	Device     string    `json:"device" doc:"Browser and system, as far as they are known" example:"Firefox on Linux"`
	Address    string    `json:"address" doc:"The address it signed in from"`
	AAL        amr.Level `json:"aal" enum:"aal1,aal2"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at" doc:"To within a minute"`
	ExpiresAt  time.Time `json:"expires_at"`
}

type sessionsReply struct {
	Body struct {
		Sessions []ListedSession `json:"sessions"`
	}
}

func listSessions(ctx context.Context, _ *struct{}) (*sessionsReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	list, err := flows.Sessions(ctx, caller)
	if err != nil {
		return nil, err
	}
	reply := &sessionsReply{}
	reply.Body.Sessions = []ListedSession{}
	for _, s := range list {
		reply.Body.Sessions = append(reply.Body.Sessions, ListedSession{
			ID: s.PublicID(), Current: s.ID == caller.Session.ID,
			Device: authflows.DescribeAgent(s.UserAgent), Address: s.Address, AAL: s.Level(),
			CreatedAt: s.CreatedAt, LastSeenAt: s.LastSeenAt, ExpiresAt: s.ExpiresAt,
		})
	}
	return reply, nil
}

type sessionPath struct {
	ID string `path:"id" doc:"The session" example:"ses_01ka8k3v9wf5xr2q8m7n4p6s0t"`
}

// done is the answer of an operation that has nothing to say. It takes the cookie away where the session is over.
type done struct {
	SetCookie string `header:"Set-Cookie" doc:"Takes the session cookie away, where there was one"`
}

func revokeSession(ctx context.Context, in *sessionPath) (*done, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	id, err := parse(ids.Session, in.ID, fault.NotFound)
	if err != nil {
		return nil, err
	}
	if err := flows.RevokeSession(ctx, caller, id); err != nil {
		return nil, err
	}
	return signedOut(ctx, id == caller.Session.ID), nil
}

func logOut(ctx context.Context, _ *struct{}) (*done, error) {
	return leave(ctx, true, func(f *authflows.Flows, c *authflows.Caller) error { return f.Logout(ctx, c) })
}

func logOutAll(ctx context.Context, _ *struct{}) (*done, error) {
	return leave(ctx, true, func(f *authflows.Flows, c *authflows.Caller) error {
		_, err := f.LogoutAll(ctx, c)
		return err
	})
}

func logOutOthers(ctx context.Context, _ *struct{}) (*done, error) {
	return leave(ctx, false, func(f *authflows.Flows, c *authflows.Caller) error {
		_, err := f.LogoutOthers(ctx, c)
		return err
	})
}

func leave(ctx context.Context, self bool, do func(*authflows.Flows, *authflows.Caller) error) (*done, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := do(flows, caller); err != nil {
		return nil, err
	}
	return signedOut(ctx, self), nil
}

// signedOut takes the cookie away after the end of the session of this request.
func signedOut(ctx context.Context, self bool) *done {
	r := httpx.From(ctx)
	if !self || r.UsableCookie() == "" {
		return &done{}
	}
	return &done{SetCookie: httpx.SessionCookie(r, "", 0)}
}

type stepUpRequest struct {
	Body *struct {
		MaxAge *int      `json:"max_age,omitempty" minimum:"0" maximum:"31536000" doc:"Seconds that the last proof may be old (RFC 9470). Checked and otherwise not used: a fresh proof is always asked for"`
		ACR    amr.Level `json:"acr,omitempty" enum:"aal1,aal2" doc:"The level that is needed; left out, any proof will do"`
	} `required:"false"`
}

func stepUp(ctx context.Context, in *stepUpRequest) (*stepReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	var level amr.Level
	if in.Body != nil {
		level = in.Body.ACR
	}
	step, err := flows.StepUp(ctx, caller, level, httpx.From(ctx).Device())
	return newStepReply(ctx, step, err)
}
