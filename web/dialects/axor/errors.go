package axor

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// refusal is an error in the wire's own words.
type refusal struct {
	status int
	title  string
	code   string // null on the wire where empty
	detail any    // a text, or FieldErrors; nil for the fields of the cause
	bare   bool   // without instance, as the documents show it
	cause  error
}

func (r *refusal) Error() string { return r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// because returns a copy with its cause, for the log.
func (r refusal) because(err error) error {
	r.cause = err
	return &r
}

// table is how the faults of an endpoint read on the wire. What it does not list reads as everywhere.
type table map[fault.Code]refusal

func (t table) say(err error) error {
	var said *refusal
	row, ok := t[fault.CodeOf(err)]
	if !ok || errors.As(err, &said) {
		return err
	}
	return row.because(err)
}

// lacking is a refusal of what was not sent.
func lacking(r refusal) error { return r.because(fault.New(fault.InvalidInput)) }

// The errors that several endpoints share.
var (
	totpRequired = refusal{
		status: http.StatusUnauthorized, bare: true,
		detail: "TOTP token is required.", title: "2FA code is required", code: "TOTPRequired",
	}
	totpIncorrect = refusal{
		status: http.StatusUnauthorized, bare: true,
		detail: "Provided TOTP code or backup code is incorrect. Please try again.", title: "2FA code is incorrect", code: "TOTPIncorrect",
	}
	invalidToken = bad("InvalidToken", "Invalid token", "The token is not valid, was used or has expired.")
	// noToken is for those endpoints that have a code for it.
	noToken = bad("TokenRequired", "Token is required.", "Send the token of the mail.")
	noEmail = bad("", "Email is required.", "Send an e-mail address.")
)

// bad is a refusal of status 400.
func bad(code, title string, detail any) refusal {
	return refusal{status: http.StatusBadRequest, code: code, title: title, detail: detail}
}

var loginFaults = table{
	fault.InvalidInput:       wrongLogin(nil),
	fault.InvalidCredentials: wrongLogin(dialects.OneError(dialects.NonField, "The e-mail address or the password is wrong.")),
	fault.FactorNotOffered:   cannotSignIn,
	fault.WrongCode:          totpIncorrect,
}

func wrongLogin(detail any) refusal {
	return bad("LoginSerializerErrors", "Invalid credentials", detail)
}

// cannotSignIn is for accounts that need what the wire has no words for.
var cannotSignIn = wrongLogin(dialects.OneError(dialects.NonField,
	"This account needs a second factor that cannot be given here. Set one up, or sign in, on the pages of this service."))

var registerFaults = table{
	fault.InvalidInput:    wrongRegistration(nil),
	fault.IdentifierTaken: wrongRegistration(dialects.OneError(dialects.NonField, "This address is in use already.")),
	fault.SignupClosed:    bad("RegistrationDisabled", "Registration disabled", "Nobody can register here."),
	fault.MethodDisabled:  bad("RegistrationDisabled", "Registration disabled", "Nobody can register here with a password."),
}

func wrongRegistration(detail any) refusal {
	return bad("InvalidRegistrationInfo", "Invalid information provided.", detail)
}

// framework is how errors look that the original leaves to its framework.
var framework = dialects.Framework{}

// refuse writes an error: in the framework's form what comes before the original's own code, else as a problem document.
func refuse(c *gin.Context, err error) {
	var r *refusal
	switch code := fault.CodeOf(err); {
	case errors.As(err, &r):
		write(c, httpx.ProblemOf(c.Request.Context(), err), *r)
	case denied[code]:
		_ = httpx.ProblemOf(c.Request.Context(), err)
		dialects.Answer(c, http.StatusForbidden, map[string]string{"detail": dialects.NoCredentials})
	case beforehand[code]:
		framework.Refuse(c, err)
	default:
		p := httpx.ProblemOf(c.Request.Context(), err)
		write(c, p, general(p))
	}
}

var (
	// denied are the faults that the original tells apart from nothing: whoever asks is not signed in.
	denied = map[fault.Code]bool{
		fault.Unauthenticated: true, fault.InvalidToken: true, fault.RefreshTokenReused: true, fault.AmbiguousCredentials: true,
	}
	beforehand = map[fault.Code]bool{
		fault.InvalidJSON: true, fault.UnsupportedMediaType: true, fault.MethodNotAllowed: true, fault.NotFound: true,
		fault.TenantNotFound: true, fault.TenantSuspended: true, fault.StepUpRequired: true,
	}
)

// general is what a fault is where no table says otherwise. The original knows no status between 400 and 500 but those that it
// documents; 413 and 429 tell clients something all the same.
func general(p *httpx.Problem) refusal {
	switch p.Code {
	case fault.InvalidInput:
		return bad("", "Invalid information provided.", nil)
	case fault.CrossOrigin:
		return bad("", "Action not allowed.", "This was sent from a site that is not trusted here.")
	case fault.WrongCode:
		return totpIncorrect
	case fault.InvalidCredentials:
		return loginFaults[p.Code]
	}
	status := p.Status
	if status < http.StatusInternalServerError && status != http.StatusRequestEntityTooLarge && status != http.StatusTooManyRequests {
		status = http.StatusBadRequest
	}
	return refusal{status: status, title: p.Title, code: camel(p.Code), detail: p.Title + "."}
}

// camel writes a code as the original writes its own.
func camel(code fault.Code) string {
	var out strings.Builder
	for word := range strings.SplitSeq(string(code), "_") {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// problem is an error as the original writes it. Errors of its framework have detail alone.
type problem struct {
	Detail   any     `json:"detail" doc:"A text; of logins and registrations, messages by field"`
	Status   string  `json:"status" required:"false" example:"400"`
	Title    string  `json:"title" required:"false"`
	Code     *string `json:"code" required:"false" doc:"For programs; null where the original has none"`
	Instance string  `json:"instance,omitempty" doc:"The path of the request"`
}

func write(c *gin.Context, p *httpx.Problem, r refusal) {
	out := problem{Detail: r.detail, Status: strconv.Itoa(r.status), Title: r.title}
	if r.detail == nil {
		out.Detail = messages(p)
	}
	if r.code != "" {
		out.Code = &r.code
	}
	if !r.bare {
		out.Instance = instance(c)
	}
	if p.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	body, err := json.Marshal(out)
	if err != nil {
		httpx.Abort(c, err)
		return
	}
	c.Abort()
	c.Data(r.status, httpx.ProblemType, append(body, '\n'))
}

// fieldNames are the wire's names for the fields of faults.
var fieldNames = map[string]string{
	"identifier": "email", "new_password": "password", "body": dialects.NonField, "name": dialects.NonField, "profile": dialects.NonField,
}

// messages are the fields of a problem as the framework says them.
func messages(p *httpx.Problem) dialects.FieldErrors {
	out := dialects.Rename(&fault.Fault{Fields: p.Fields}, fieldNames)
	for _, f := range p.Fields {
		if f.Field == "email" && f.Code == "invalid" {
			out["email"] = []string{dialects.NotAnAddress}
		}
	}
	return out
}

// instance is the path of the request as its sender wrote it: on a host of the tenant's own, without what was put before it.
func instance(c *gin.Context) string {
	r, path := httpx.From(c.Request.Context()), c.Request.URL.Path
	if !r.OwnHost {
		return path
	}
	path = strings.TrimPrefix(path, "/t/"+r.Tenant.Slug)
	if r.Tenant.Settings.Dialects.Root == tenants.Axor {
		path = strings.TrimPrefix(path, "/dialects/"+string(tenants.Axor))
	}
	return path
}

// detail is an error of the original's framework.
type detail struct {
	Detail string `json:"detail"`
}
