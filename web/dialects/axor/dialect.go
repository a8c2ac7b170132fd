package axor

import (
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

const (
	// cookieName is the cookie of session mode.
	cookieName = "axor_auth"
	// modeHeader says which mode a request is in.
	modeHeader = "X-Requested-By"

	// sessionClient and appClient are the two modes.
	sessionClient = string(tenants.Axor)
	appClient     = sessionClient + "-app"
)

// New returns the dialect.
func New() *dialects.Dialect {
	return &dialects.Dialect{
		Name:    tenants.Axor,
		Title:   "Axor",
		About:   about,
		Client:  client,
		Routes:  routes(),
		Refuse:  refuse,
		Cookies: []string{cookieName},
		Headers: []string{modeHeader},
		Security: map[string]dialects.Scheme{
			"session": {Type: "apiKey", In: "cookie", Name: cookieName, About: "In session mode."},
			"app":     {Type: "http", Name: "bearer", About: "The key of a session, in app-token mode."},
		},
	}
}

const about = "The endpoints of django-axor-auth below its default URI_PREFIX, /api. A request without the header X-Requested-By, or " +
	"with the value web, is in session mode: it signs in by the cookie axor_auth. Any other value is app-token mode: the key of the " +
	"session is sent as a bearer token."

// client returns the client of a request: each mode has its own, and neither takes the other's tokens.
func client(r *http.Request, t *tenants.Tenant) *authflows.Client {
	settings := t.Settings.Dialects.Of(tenants.Axor)
	id, claim := sessionClient, "session_key"
	if by := r.Header.Get(modeHeader); by != "" && by != "web" {
		id, claim = appClient, "app_token"
	}
	return &authflows.Client{
		ID: id, Mailer: string(tenants.Axor), Site: settings.Site,
		Claims:  func(s authflows.Said) map[string]any { return map[string]any{claim: s.Key} },
		Session: settings.Access.Std(), Access: settings.Access.Std(),
		OneRequest: true, Follows: authflows.CodesOnly,
		Mails:   mails,
		SignsUp: authflows.SignsUp{Confirms: true, Later: true},
		Enrols: authflows.Enrols{
			One: true, Early: true,
			Codes: authflows.RecoveryForm{Count: 8, Length: 8, Alphabet: authflows.RecoveryLowercase},
		},
	}
}

const (
	linkLife      = 30 * time.Minute
	magicLinkLife = time.Hour

	verifyPage = "auth/verify-email/process/?token={token}"
)

var (
	// lockout is how often the original mails one user a link of a kind.
	lockout = ephemeral.Limit{Events: 1, Per: 30 * time.Minute}

	mails = map[authflows.Purpose]authflows.Mailing{
		authflows.ForSignup:  {Token: true, Lifetime: linkLife, Page: verifyPage},
		authflows.ForAddress: {Token: true, Lifetime: linkLife, Page: verifyPage, Every: lockout},
		authflows.ForReset:   {Token: true, Lifetime: linkLife, Page: "auth/forgot-password/process/?token={token}", Every: lockout},
		authflows.ForLogin:   {Token: true, Lifetime: magicLinkLife, Page: "auth/magic-link/process/?token={token}"},
	}
)
