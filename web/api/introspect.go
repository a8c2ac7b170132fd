package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// registerTokens registers the endpoints for resource servers. They stand on a group that takes forms and an API key.
func registerTokens(a huma.API) {
	register(a, byKey(http.MethodPost, "/introspect", "introspect", "Ask what a token stands for",
		"RFC 7662: an access or refresh token, ours or a dialect's, as it is at this moment. For anything that opens nothing the answer "+
			"is active: false alone, whatever the reason. Needs an API key with tokens:inspect over the tenant; username is told to keys "+
			"with users:pii."),
		introspect, fault.Forbidden)
	revoke := byKey(http.MethodPost, "/revoke", "revoke", "End the session of a token",
		"RFC 7009: ends the session that an access or refresh token was handed out for, and with it all of its tokens. A token that is "+
			"none, or is over, is answered alike. Needs an API key with tokens:inspect over the tenant.")
	revoke.DefaultStatus = http.StatusOK // the RFC's, though there is nothing to say
	register(a, revoke, revokeToken, fault.Forbidden)
	for _, path := range []string{"/introspect", "/revoke"} {
		content := a.OpenAPI().Paths[path].Post.RequestBody.Content
		content["application/x-www-form-urlencoded"] = content["application/json"]
		delete(content, "application/json")
	}
}

// byKey describes an operation for an API key.
func byKey(method, path, id, summary, description string) huma.Operation {
	op := open(tagTokens, method, path, id, summary, description)
	op.Security = []map[string][]string{{"api_key": {}}}
	return op
}

type tokenForm struct {
	Body struct {
		_     struct{} `additionalProperties:"true"`
		Token string   `json:"token" minLength:"1" maxLength:"8192" doc:"The token"`
		Hint  string   `json:"token_type_hint,omitempty" doc:"Is not needed: a token says what it is"`
	}
}

// TokenState is what a token stands for (RFC 7662).
type TokenState struct {
	Active    bool     `json:"active" doc:"Whether it opens anything; all else is left out where it does not"`
	Use       string   `json:"token_use,omitempty" enum:"access_token,refresh_token" doc:"What it is good for: a refresh token is no access token"`
	TokenType string   `json:"token_type,omitempty" doc:"How an access token is sent" example:"Bearer"`
	Client    string   `json:"client_id,omitempty" doc:"The API that handed it out: native, or a dialect's"`
	Subject   string   `json:"sub,omitempty" doc:"The user" example:"usr_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Username  string   `json:"username,omitempty" doc:"The user's primary address, else username"`
	SessionID string   `json:"sid,omitempty" doc:"The session" example:"ses_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Issuer    string   `json:"iss,omitempty"`
	Audience  string   `json:"aud,omitempty"`
	ID        string   `json:"jti,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty" doc:"Seconds since 1970"`
	Expires   int64    `json:"exp,omitempty" doc:"Seconds since 1970"`
	AuthTime  int64    `json:"auth_time,omitempty" doc:"When the last proof was given, seconds since 1970"`
	ACR       string   `json:"acr,omitempty" enum:"aal1,aal2" doc:"The assurance level (NIST SP 800-63B)"`
	AMR       []string `json:"amr,omitempty" doc:"What was proven (RFC 8176)"`
}

type tokenReply struct {
	Body TokenState
}

func introspect(ctx context.Context, in *tokenForm) (*tokenReply, error) {
	t, err := httpx.From(ctx).Flows.Introspect(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	return &tokenReply{newTokenState(t)}, nil
}

func newTokenState(t *authflows.Token) TokenState {
	if t == nil {
		return TokenState{}
	}
	out := TokenState{
		Active: true, Use: "refresh_token", Client: t.Client, Subject: t.User.PublicID(), SessionID: ids.Format(ids.Session, t.Session.ID),
		Issuer: t.Issuer, Audience: t.Audience, ID: t.ID, IssuedAt: seconds(t.IssuedAt), Expires: seconds(t.Expires),
		AuthTime: seconds(t.AuthTime), ACR: string(t.Level), AMR: t.AMR,
	}
	if t.Use == authflows.UseAccess {
		out.Use, out.TokenType = "access_token", "Bearer"
	}
	if t.Named {
		if out.Username = t.User.Email; out.Username == "" {
			out.Username = t.User.Username
		}
	}
	return out
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func revokeToken(ctx context.Context, in *tokenForm) (*struct{}, error) {
	return &struct{}{}, httpx.From(ctx).Flows.RevokeToken(ctx, in.Body.Token)
}
