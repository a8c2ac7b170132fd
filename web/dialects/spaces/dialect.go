package spaces

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// scheme is what stands before a token in the header Authorization, in any case.
const scheme = "JWT"

// New returns the dialect.
func New() *dialects.Dialect {
	return &dialects.Dialect{
		Name:   tenants.Spaces,
		Title:  "Spaces",
		About:  about,
		Client: client,
		Routes: routes(),
		Refuse: refuse,
		Security: map[string]dialects.Scheme{
			"token": {Type: "apiKey", In: "header", Name: "Authorization", About: "`JWT`, a blank and a token."},
		},
	}
}

const about = "The endpoints of the Virtual Spaces backend. Signing in returns a token, sent as `Authorization: JWT <token>`. Who has a " +
	"confirmed device, an authenticator app, then exchanges it by POST /api/totp/login/{code}/, or by an emergency code at " +
	"/api/static/login/{code}/, for one that opens everything."

// resetLife is how long a mailed reset lasts, as with Django 2.1.
const resetLife = 72 * time.Hour

func client(_ *http.Request, t *tenants.Tenant) *authflows.Client {
	life := t.Settings.Dialects.Of(tenants.Spaces)
	return &authflows.Client{
		ID: string(tenants.Spaces), Site: life.Site,
		Alias: authflows.AliasInteger, Claims: claims,
		Session: life.Refresh.Std(), Access: life.Access.Std(),
		Levelled: true, Pending: true, Attempt: life.Access.Std(),
		Follows: &authflows.Follows{Second: authflows.CodesOnly.Second, Enrol: []amr.Method{amr.TOTP}},
		Mails: map[authflows.Purpose]authflows.Mailing{
			authflows.ForReset: {Token: true, Apart: true, Lifetime: resetLife, Page: "password/reset/confirm/{id}/{secret}"},
		},
		SignsUp: authflows.SignsUp{Without: true},
		Enrols: authflows.Enrols{
			One: true, Resumes: true,
			Codes: authflows.RecoveryForm{Count: 6, Length: 8, Alphabet: authflows.RecoveryLowercase},
		},
	}
}

// claims are those that apps read in tokens of the original.
func claims(s authflows.Said) map[string]any {
	id, _ := strconv.ParseInt(s.Alias, 10, 64)
	return map[string]any{"user_id": id, "username": s.User.Email, "otp_device_id": device(s)}
}

// The names of the two kinds of devices. The original counts devices; a user has one of each here.
const (
	appDevice       = "otp_totp.totpdevice/1"
	emergencyDevice = "otp_static.staticdevice/1"
)

// device names the device that a token was handed out for, nil where there is none, or none any more.
func device(s authflows.Said) any {
	switch {
	case s.Level != amr.AAL2 || !slices.Contains(s.User.Factors, amr.TOTP):
		return nil
	case slices.Contains(s.Session.Proofs, amr.TOTP):
		return appDevice
	default:
		return emergencyDevice
	}
}
