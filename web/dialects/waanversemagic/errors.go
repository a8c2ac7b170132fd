package waanversemagic

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// framework refuses whatever no endpoint words itself.
var framework = dialects.Framework{
	Challenge: `Bearer realm="api"`,
	Names:     map[string]string{"email": "email_address", "identifier": "email_address"},
}

// view is the error table of an endpoint: how it words faults. Those that are not in it are the framework's.
type view map[fault.Code]wording

// wording is the answer to a fault. A body of nil leaves it to the framework after all.
type wording struct {
	status int
	body   func(*fault.Fault) any
	clears bool // takes the cookies away
}

// The tables of the endpoints.
var (
	onSignup = view{
		fault.SignupClosed:    inOne(http.StatusForbidden, "Sign-up is closed."),
		fault.MethodDisabled:  inOne(http.StatusForbidden, "Sign-up is closed."),
		fault.IdentifierTaken: onField("email_address", "An account with this address exists. Sign in."),
		fault.RateLimited:     {status: http.StatusBadRequest, body: askedRecently},
	}
	onSignupCode = view{
		fault.WrongCode:        onField("code", "invalid_code"),
		fault.InvalidInput:     onField("code", "invalid_code"),
		fault.ChallengeExpired: onField("code", "code_expired"),
		fault.IdentifierTaken:  onField("email_address", "An account with this address exists. Sign in."),
		fault.FactorNotOffered: onField(dialects.NonField, "The account is made. Here it cannot get the second factor that it needs."),
	}
	onLogin = view{
		fault.InvalidInput:   inOne(http.StatusBadRequest, "Give an e-mail address."),
		fault.MethodDisabled: inOne(http.StatusForbidden, "Signing in by code is off."),
		fault.RateLimited:    inOne(http.StatusTooManyRequests, "Wait a while before you ask again."),
	}
	onLoginCode = view{
		fault.WrongCode:          refusedLogin,
		fault.InvalidInput:       refusedLogin,
		fault.ChallengeExpired:   refusedLogin,
		fault.InvalidCredentials: refusedLogin,
		fault.FactorNotOffered:   clearing(onField(dialects.NonField, "This account needs another factor, such as its passkey.")),
		fault.RateLimited:        inOne(http.StatusTooManyRequests, "Wait a while before you try again."),
	}
	onPasskeyOptions = view{
		fault.MethodDisabled: inOne(http.StatusForbidden, "Passkeys are off."),
		fault.LimitReached:   inOne(http.StatusBadRequest, "There are enough passkeys. Remove one first."),
	}
	onPasskey = view{
		fault.InvalidInput:     inOne(http.StatusBadRequest, "The credential or its name cannot be read."),
		fault.ChallengeExpired: inOne(http.StatusBadRequest, "The challenge is unknown or over. Begin again."),
		fault.PasskeyInvalid:   inOne(http.StatusBadRequest, "The passkey does not answer the challenge."),
		fault.PasskeyTaken:     inOne(http.StatusBadRequest, "The passkey is known already."),
		fault.MethodDisabled:   inOne(http.StatusForbidden, "Passkeys are off."),
		fault.LimitReached:     inOne(http.StatusBadRequest, "There are enough passkeys. Remove one first."),
	}
	onPasskeyLogin = view{
		fault.InvalidInput:       inOne(http.StatusBadRequest, "The credential cannot be read."),
		fault.ChallengeExpired:   inOne(http.StatusBadRequest, "The challenge is unknown or over. Begin again."),
		fault.MethodDisabled:     inOne(http.StatusForbidden, "Passkeys are off."),
		fault.PasskeyRefused:     clearing(inOne(http.StatusBadRequest, "The passkey is refused.")),
		fault.InvalidCredentials: clearing(inOne(http.StatusBadRequest, "The passkey is refused.")),
		fault.FactorNotOffered:   clearing(inOne(http.StatusBadRequest, "This account needs another factor beside the passkey.")),
	}
	onRefresh = view{
		fault.Unauthenticated:    clearing(inBoth(http.StatusBadRequest, "Send the refresh token.", "REFRESH_TOKEN_REQUIRED")),
		fault.InvalidToken:       inBoth(http.StatusUnauthorized, "The refresh token is not valid.", "INVALID_REFRESH_TOKEN"),
		fault.RefreshTokenReused: inBoth(http.StatusUnauthorized, "The refresh token is not valid.", "INVALID_REFRESH_TOKEN"),
	}
	onSession = view{
		fault.NotFound: inOne(http.StatusNotFound, "There is no such session."),
		// Two ids that name two sessions.
		fault.InvalidInput: inOne(http.StatusBadRequest, "The sid of the body is another than that of the path."),
	}
	// anywhere is a token that does not count: it leaves no cookie behind.
	anywhere = view{
		fault.InvalidToken: {status: http.StatusUnauthorized, body: whyInvalid, clears: true},
	}
)

var refusedLogin = clearing(onField(dialects.NonField, "The code is wrong or over."))

func inOne(status int, text string) wording {
	return wording{status: status, body: func(*fault.Fault) any { return viewError{text} }}
}

func inBoth(status int, text, code string) wording {
	return wording{status: status, body: func(*fault.Fault) any { return refreshError{text, code} }}
}

func onField(field, text string) wording {
	return wording{status: http.StatusBadRequest, body: func(*fault.Fault) any { return dialects.OneError(field, text) }}
}

func clearing(w wording) wording {
	w.clears = true
	return w
}

// askedRecently is about the address alone: limits of whoever asks are the framework's.
func askedRecently(f *fault.Fault) any {
	if len(f.Fields) == 0 {
		return nil
	}
	return dialects.OneError("email_address", "A code was sent to this address. Wait a while before you ask again.")
}

func whyInvalid(f *fault.Fault) any {
	if errors.Is(f, authflows.ErrSessionOver) {
		return detail{"identity_error"}
	}
	return detail{"The token is not valid."}
}

// refusal is an error in the words of an endpoint.
type refusal struct {
	status int
	body   any
	clears bool
	cause  error
}

func (r *refusal) Error() string { return r.cause.Error() }

func (r *refusal) Unwrap() error { return r.cause }

// refuse words an error as the endpoint does.
func (v view) refuse(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	if w, ok := v[f.Code]; ok {
		if body := w.body(f); body != nil {
			return &refusal{w.status, body, w.clears, err}
		}
	}
	return err
}

// refuse writes an error.
func refuse(c *gin.Context, err error) {
	var r *refusal
	if !errors.As(err, &r) && !errors.As(anywhere.refuse(err), &r) {
		framework.Refuse(c, err)
		return
	}
	p := httpx.ProblemOf(c.Request.Context(), r)
	if p.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if r.status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", framework.Challenge)
	}
	if r.clears {
		dialects.ClearCookies(c, name, accessCookie, refreshCookie)
	}
	dialects.Answer(c, r.status, r.body)
}
