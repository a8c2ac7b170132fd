package waanverse

import (
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

const name = tenants.Waanverse

// The cookies.
const (
	accessCookie  = "access_token"
	refreshCookie = "refresh_token"
	pendingCookie = "mfa"         // the handle of a sign-in that waits for its second factor
	proofCookie   = "email_proof" // the proof of an address that is about to sign up
)

const (
	pendingLife = 5 * time.Minute
	proofLife   = 10 * time.Minute
)

// New returns the dialect.
func New() *dialects.Dialect {
	return &dialects.Dialect{
		Name:  name,
		Title: "Waanverse",
		About: "Password and second factor, as dj-waanverse-auth 0.0.1-beta.9 speaks. Bodies are JSON, URL-encoded or multipart.",

		Client:  client,
		Routes:  routes(),
		Refuse:  refuse,
		Cookies: []string{accessCookie, refreshCookie, pendingCookie, proofCookie},
		Security: map[string]dialects.Scheme{
			bearerScheme: {Type: "http", Name: "bearer", About: "An access token. It counts before the cookie."},
			cookieScheme: {Type: "apiKey", In: "cookie", Name: accessCookie, About: "The same token, set by sign-ins."},
			renewScheme:  {Type: "apiKey", In: "cookie", Name: refreshCookie, About: "A refresh token, set by sign-ins."},
		},
	}
}

// asks bounds how often one address may be asked to be mailed for a purpose.
var asks = ephemeral.Limit{Events: 2, Per: time.Minute}

func client(_ *http.Request, t *tenants.Tenant) *authflows.Client {
	life := t.Settings.Dialects.Of(name)
	return &authflows.Client{
		ID:      string(name),
		Claims:  claims,
		Session: life.Refresh.Std(),
		Access:  life.Access.Std(),
		Refresh: life.Refresh.Std(),
		Attempt: pendingLife,
		Follows: authflows.CodesOnly,
		Site:    life.Site,
		Mails: map[authflows.Purpose]authflows.Mailing{
			authflows.ForAddress: {Lifetime: 15 * time.Minute, Every: asks},
			authflows.ForReset:   {Lifetime: 10 * time.Minute, Every: asks},
		},
		Enrols: authflows.Enrols{
			One: true, Reshows: true,
			Codes: authflows.RecoveryForm{Count: 10, Length: 7, Alphabet: authflows.RecoveryDigits},
		},
	}
}

func claims(s authflows.Said) map[string]any {
	return map[string]any{"id": s.User.PublicID(), "token_type": string(s.Use), "sid": s.Session.ID.String()}
}
