package waanverse

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

// challenge is what a 401 asks for.
const challenge = `Bearer realm="api"`

var framework = dialects.Framework{Challenge: challenge}

// refusal is an error in the wire's own words.
type refusal struct {
	status  int
	body    any
	signOut bool // it takes the cookies of a sign-in away
	cause   error
}

func (r *refusal) Error() string { return r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// because returns a copy with its cause, for the log.
func (r refusal) because(err error) error {
	r.cause = err
	return &r
}

// lacking is a refusal of what was not sent.
func lacking(r refusal) error { return r.because(fault.New(fault.InvalidInput)) }

// table is how the faults of an endpoint read on the wire. What it does not list reads as everywhere.
type table map[fault.Code]refusal

func (t table) say(err error) error {
	row, ok := t[fault.CodeOf(err)]
	if own := (*refusal)(nil); !ok || errors.As(err, &own) {
		return err
	}
	return row.because(err)
}

// bad is a refusal of status 400; badField and detail are those of the framework's shapes.
func bad(body any) refusal { return refusal{status: http.StatusBadRequest, body: body} }

func badField(field, message string) refusal { return bad(dialects.OneError(field, message)) }

func detail(message string) refusal { return bad(detailView{message}) }

// gone answers a credential whose session is over.
var gone = refusal{status: http.StatusUnauthorized, body: detailView{"identity_error"}}

var loginFaults = table{
	fault.InvalidCredentials: cannotLogIn("No account signs in with this name and password."),
	fault.FactorNotOffered:   secondElsewhere,
}

// secondElsewhere is for accounts that need what the wire has no words for.
var secondElsewhere = cannotLogIn("This account needs a second factor that cannot be given here. " +
	"Set one up, or sign in, on the pages of this service.")

func cannotLogIn(message string) refusal {
	r := badField(dialects.NonField, message)
	r.signOut = true
	return r
}

// loginRefused is what a sign-in by password is refused with. It ends the sign-in of before in the browser.
func loginRefused(err error) error {
	if fields, ok := worded(err); ok {
		return refusal{status: http.StatusBadRequest, body: fields, signOut: true}.because(err)
	}
	return loginFaults.say(err)
}

var (
	noPending  = bad(errorView{"No sign-in waits for this code. Sign in with your password first.", "mfa_cookie_not_found"})
	wrongUser  = bad(errorView{"The sign-in that waits for this code is not of this account.", "user_not_found"})
	wrongCode  = bad(errorView{Error: "The code is not right."})
	codeNeeded = bad(errorView{Error: "Send the code."})
)

var secondFaults = table{
	fault.ChallengeExpired:   noPending,
	fault.NotFound:           wrongUser,
	fault.WrongCode:          wrongCode,
	fault.InvalidInput:       wrongCode,
	fault.FactorNotOffered:   wrongCode,
	fault.InvalidCredentials: wrongCode, // the account went in the same moment
}

var refreshNeeded = refusal{
	status: http.StatusBadRequest, body: refreshErrorView{"Send the refresh token.", "REFRESH_TOKEN_REQUIRED"}, signOut: true,
}

var refreshFaults = table{fault.InvalidToken: {
	status:  http.StatusUnauthorized,
	body:    refreshErrorView{"The refresh token is not valid, has expired or its session has ended.", "INVALID_REFRESH_TOKEN"},
	signOut: true,
}}

var signupFaults = table{
	fault.AddressUnverified: badField(emailField, "unverified_email_address"),
	fault.SignupClosed:      bad(errorView{Error: "Nobody can sign up here."}),
	fault.MethodDisabled:    bad(errorView{Error: "Nobody can sign up here with a password."}),
	fault.FactorNotOffered:  enrolElsewhere,
}

// enrolElsewhere answers a sign-up with a tenant that lets nobody in without a second factor.
var enrolElsewhere = bad(errorView{Error: "Your account is made. It needs a second factor before it can be used: " +
	"set one up on the pages of this service."})

var initiateFaults = table{
	fault.MailUnavailable: {status: http.StatusServiceUnavailable, body: errorView{Error: "No mail can be sent right now."}},
}

var (
	wrongProof = badField(codeField, "invalid_code")
	lateProof  = badField(codeField, "code_expired")
)

var verifyFaults = table{
	fault.WrongCode: wrongProof, fault.ChallengeExpired: wrongProof, fault.InvalidInput: wrongProof,
}

var secretFaults = table{fault.LimitReached: detail("Your second factor is on already.")}

var activateFaults = table{
	fault.WrongCode:        detail("The code is not right."),
	fault.InvalidInput:     detail("The code is not right."),
	fault.ChallengeExpired: detail("Nothing waits to be activated. Ask for a secret first."),
	fault.LimitReached:     detail("Your second factor is on already."),
}

var mfaOff = detail("Your second factor is off.")

var passwordFaults = table{
	fault.WrongPassword: detail("The password is not right."),
	fault.InvalidInput:  detail("The password is not right."),
}

var deactivateFaults = table{
	fault.NotFound:         mfaOff,
	fault.WrongCode:        detail("The code is not right."),
	fault.InvalidInput:     detail("The code is not right."),
	fault.FactorNotOffered: detail("The code is not right."),
	fault.FactorNeeded:     detail("This service asks for a second factor, and this is your last one."),
}

var recoveryFaults = table{fault.FactorNeeded: mfaOff}

var noCodes = refusal{status: http.StatusNotFound, body: noneView{"no_codes"}}

var resetFaults = table{
	fault.WrongCode:        badField(codeField, "The code is not right, has expired or was used."),
	fault.ChallengeExpired: badField(codeField, "The code is not right, has expired or was used."),
}

// fieldNames are the wire's names for fields of faults.
var fieldNames = map[string]string{
	"email": emailField, "captcha": captchaField, "identifier": loginField, "body": dialects.NonField,
}

// fieldTexts are what clients may have learnt to read, by field and code.
var fieldTexts = map[string]string{
	"captcha required": dialects.Required,
	"email required":   dialects.Required,
	"email invalid":    dialects.NotAnAddress,
	"email taken":      "email_exists",
}

// worded returns what is wrong with the fields of a request. It reports false for what is about none.
func worded(err error) (dialects.FieldErrors, bool) {
	if own := dialects.FieldErrors(nil); errors.As(err, &own) {
		return own, true
	}
	var f *fault.Fault
	if !errors.As(err, &f) || len(f.Fields) == 0 || f.Code != fault.InvalidInput && f.Code != fault.IdentifierTaken {
		return nil, false
	}
	out := dialects.FieldErrors{}
	for _, field := range f.Fields {
		name, message := field.Field, field.Message
		if wire, ok := fieldNames[name]; ok {
			name = wire
		}
		if text, ok := fieldTexts[field.Field+" "+field.Code]; ok {
			message = text
		}
		out.Add(name, message)
	}
	return out, true
}

// refuse writes an error. What looked like a sign-in and was none takes its cookies along.
func refuse(c *gin.Context, err error) {
	var own *refusal
	if !errors.As(err, &own) {
		if own = general(err); own == nil {
			signOutOn(c, fault.CodeOf(err) == fault.InvalidToken)
			framework.Refuse(c, err)
			return
		}
	}
	p := httpx.ProblemOf(c.Request.Context(), err)
	signOutOn(c, own.signOut)
	if own.status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", challenge)
	}
	if p.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	dialects.Answer(c, own.status, own.body)
}

// general is what the wire says everywhere in other words than the framework, nil for all else.
func general(err error) *refusal {
	if errors.Is(err, authflows.ErrSessionOver) {
		return &refusal{status: gone.status, body: gone.body, signOut: true}
	}
	if fields, ok := worded(err); ok {
		return &refusal{status: http.StatusBadRequest, body: fields}
	}
	if fault.CodeOf(err) == fault.IdentifierTaken { // and free again in the same moment
		return &refusal{status: http.StatusBadRequest, body: errorView{Error: "Somebody else was faster. Try again."}}
	}
	return nil
}

func signOutOn(c *gin.Context, so bool) {
	if so {
		dialects.ClearCookies(c, name, accessCookie, refreshCookie)
	}
}
