package wolf

import (
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// accepts are the bodies that the original reads.
const accepts = dialects.URLEncoded | dialects.JSON

const about = "The endpoints of WolfPal's API that concern accounts, below /api. Bodies are forms or JSON. Whoever is signed in " +
	"sends its access token as a bearer token; without a usable one the answer is 401 with the text Unauthorized. The member code " +
	"of an error is a string or a number, as it was there."

// bearer is the scheme of routes for whoever is signed in.
const bearer = "bearer"

// New returns the dialect.
func New() *dialects.Dialect {
	return &dialects.Dialect{
		Name:   tenants.Wolf,
		Title:  "Wolf (WolfPal)",
		About:  about,
		Client: client,
		Routes: routes(),
		Refuse: refuse,
		Security: map[string]dialects.Scheme{
			bearer: {Type: "http", Name: "bearer", About: "The access token of a login."},
		},
	}
}

func client(_ *http.Request, t *tenants.Tenant) *authflows.Client {
	settings := t.Settings.Dialects.Of(tenants.Wolf)
	return &authflows.Client{
		ID: string(tenants.Wolf), Site: settings.Site,
		Alias:  authflows.AliasHex,
		Claims: func(s authflows.Said) map[string]any { return map[string]any{"sub": s.Alias} },
		Access: settings.Access.Std(), Refresh: settings.Refresh.Std(), Rotates: true,
		Attempt: attemptLife,
		Follows: authflows.CodesOnly,
		Mails:   mails,
		SignsUp: authflows.SignsUp{Confirms: true, Without: true, Later: true},
		Enrols: authflows.Enrols{
			One: true, Early: true, Reshows: true,
			Codes: authflows.RecoveryForm{Count: 4, Length: 8, Alphabet: authflows.RecoveryDigits},
		},
	}
}

const (
	attemptLife    = 15 * time.Minute
	activationLife = 3 * time.Hour
	resetLife      = 15 * time.Minute

	activationPage = "activate-account/{token}"
)

var mails = map[authflows.Purpose]authflows.Mailing{
	authflows.ForSignup:  {Token: true, Lifetime: activationLife, Page: activationPage},
	authflows.ForAddress: {Token: true, Lifetime: activationLife, Page: activationPage},
	authflows.ForReset: {
		Token: true, Lifetime: resetLife, Page: "reset-password/{token}",
		Every: ephemeral.Limit{Events: 1, Per: 10 * time.Minute},
	},
}
