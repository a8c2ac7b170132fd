package waanversemagic

import (
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// name is the dialect's in settings and paths.
const name = tenants.WaanverseMagic

// The cookies that a sign-in sets.
const (
	accessCookie  = "access_token"
	refreshCookie = "refresh_token"
)

// How long a mailed code lasts, and a challenge to sign in by passkey.
const (
	codeLifetime    = 10 * time.Minute
	passkeyLifetime = 5 * time.Minute
)

// New returns the dialect.
func New() *dialects.Dialect {
	return &dialects.Dialect{
		Name:  name,
		Title: "Waanverse Auth with magic codes",
		About: "The endpoints of dj_waanverse_auth 2.0: sign-up and sign-in by codes that are mailed, and passkeys. A tenant also " +
			"needs magic.signup to let people sign up.",
		Client:  client,
		Routes:  routes(),
		Refuse:  refuse,
		Cookies: []string{accessCookie, refreshCookie},
		Security: map[string]dialects.Scheme{
			"bearer": {Type: "http", Name: "bearer", About: "The access token. It is looked at before the cookie."},
			"cookie": {Type: "apiKey", In: "cookie", Name: accessCookie, About: "The access token, as a sign-in sets it."},
		},
	}
}

func client(_ *http.Request, t *tenants.Tenant) *authflows.Client {
	life := t.Settings.Dialects.Of(name)
	return &authflows.Client{
		ID: string(name), Claims: claims,
		Session: life.Refresh.Std(), Access: life.Access.Std(), Refresh: life.Refresh.Std(),
		Attempt: passkeyLifetime,
		Follows: &authflows.Follows{},
		Mails: map[authflows.Purpose]authflows.Mailing{
			authflows.ForSignup: {Lifetime: codeLifetime, Every: ephemeral.Limit{Events: 1, Per: time.Minute}},
			authflows.ForLogin:  {Lifetime: codeLifetime, Every: ephemeral.Limit{Events: 1, Per: 30 * time.Second}},
		},
		Site:    life.Site,
		SignsUp: authflows.SignsUp{Confirms: true, NamesTaken: true, Bare: true},
		// The wire makes none; should one be made, it looks like those of the sister dialect.
		Enrols: authflows.Enrols{Codes: authflows.RecoveryForm{Count: 10, Length: 7, Alphabet: authflows.RecoveryDigits}},
	}
}

func claims(s authflows.Said) map[string]any {
	return map[string]any{"id": s.User.PublicID(), "token_type": string(s.Use), "sid": s.Key}
}
