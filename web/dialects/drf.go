package dialects

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// The texts of Django REST Framework that clients may have learnt.
const (
	Required      = "This field is required."
	Blank         = "This field may not be blank."
	NotNull       = "This field may not be null."
	NotAString    = "Not a valid string."
	NotAnAddress  = "Enter a valid email address."
	NoCredentials = "Authentication credentials were not provided."
)

// NonField is the field of errors that are no single field's.
const NonField = "non_field_errors"

// FieldErrors are what is wrong with a body, by field, as Django REST Framework says it. As an error it is status 400.
type FieldErrors map[string][]string

// Error lets handlers return it.
func (e FieldErrors) Error() string { return string(fault.InvalidInput) }

// Unwrap lets what reads faults take it for what it is.
func (e FieldErrors) Unwrap() error { return fault.New(fault.InvalidInput) }

// OneError is the error of one field.
func OneError(field, message string) FieldErrors { return FieldErrors{field: {message}} }

// Add notes what is wrong with a field.
func (e FieldErrors) Add(field, message string) { e[field] = append(e[field], message) }

// Or returns the errors, nil where there are none.
func (e FieldErrors) Or() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// Text reads a required text of a form, without the blanks around it, and notes what is wrong with it.
func (e FieldErrors) Text(f *Form, name string) string { return strings.TrimSpace(e.Secret(f, name)) }

// Secret is Text for what must stay as it was typed.
func (e FieldErrors) Secret(f *Form, name string) string {
	field := f.Get(name)
	switch {
	case field.Kind == Missing:
		e.Add(name, Required)
	case field.Kind == Null:
		e.Add(name, NotNull)
	case field.Kind == Other:
		e.Add(name, NotAString)
	case strings.TrimSpace(field.Text) == "":
		e.Add(name, Blank)
	}
	return field.Text
}

// Address is Text for an e-mail address.
func (e FieldErrors) Address(f *Form, name string) string {
	text := e.Text(f, name)
	if len(e[name]) == 0 && !authflows.IsEmail(text) {
		e.Add(name, NotAnAddress)
	}
	return text
}

// Rename gives the fields of a fault the names that the wire has for them; what is missing keeps its own.
func Rename(err *fault.Fault, names map[string]string) FieldErrors {
	out := FieldErrors{}
	for _, f := range err.Fields {
		name := f.Field
		if wire, ok := names[name]; ok {
			name = wire
		}
		out.Add(name, f.Message)
	}
	return out
}

// Framework is how Django REST Framework refuses.
type Framework struct {
	// Challenge is the header WWW-Authenticate of a request without usable credentials; empty makes those 403.
	Challenge string
	// Names are the wire's names for the fields of faults.
	Names map[string]string
}

// Refuse writes an error as the framework does: field errors by field, all else as detail.
func (f Framework) Refuse(c *gin.Context, err error) {
	p := httpx.ProblemOf(c.Request.Context(), err)
	var fields FieldErrors
	if errors.As(err, &fields) {
		Answer(c, http.StatusBadRequest, fields)
		return
	}
	if p.Code == fault.InvalidInput {
		Answer(c, http.StatusBadRequest, Rename(&fault.Fault{Fields: p.Fields}, f.Names))
		return
	}
	status, detail := f.detail(c, p)
	if p.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", f.Challenge)
	}
	Answer(c, status, map[string]string{"detail": detail})
}

func (f Framework) detail(c *gin.Context, p *httpx.Problem) (int, string) {
	denied := http.StatusUnauthorized
	if f.Challenge == "" {
		denied = http.StatusForbidden
	}
	switch p.Code {
	case fault.InvalidJSON:
		return http.StatusBadRequest, "JSON parse error - the body cannot be read"
	case fault.MethodNotAllowed:
		return p.Status, `Method "` + knownMethod(c.Request.Method) + `" not allowed.`
	case fault.UnsupportedMediaType:
		return p.Status, "Unsupported media type in request."
	case fault.NotFound:
		return p.Status, "Not found."
	case fault.Unauthenticated:
		return denied, NoCredentials
	case fault.InvalidToken, fault.RefreshTokenReused, fault.AmbiguousCredentials:
		return denied, "Given token not valid."
	case fault.StepUpRequired:
		return http.StatusForbidden, "Sign in again, with your second factor if you have one, and then repeat this."
	case fault.RateLimited:
		return p.Status, "Request was throttled. Expected available in " + strconv.Itoa(max(p.RetryAfter, 1)) + " seconds."
	default:
		return p.Status, p.Title + "."
	}
}

// knownMethod keeps a sender's own words out of the answer.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead:
		return method
	}
	return "OTHER"
}

// Answer writes JSON and ends the request.
func Answer(c *gin.Context, status int, body any) {
	c.Abort()
	if err := httpx.JSON(c, status, body); err != nil {
		httpx.Abort(c, err)
	}
}
