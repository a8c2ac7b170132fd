package wolf

import (
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// line is how a fault reads on the wire.
type line struct {
	status int
	code   any // a string or a number, as the original has it; where there is none, the answer is the text Unauthorized
	text   string
	field  string // that the text is about too
	sheet  bool   // the fields of the fault are told, with the code if there is one
}

func lettered(status int, code, text string) line {
	return line{status: status, code: code, text: text}
}

// numbered is for what the original has a number for, and for what it did not have.
func numbered(status int, text string) line { return line{status: status, code: status, text: text} }

var unauthorized = line{status: http.StatusUnauthorized}

// table is how faults read where a route has no words of its own.
var table = map[fault.Code]line{
	fault.InvalidInput:         {status: http.StatusBadRequest, sheet: true},
	fault.InvalidJSON:          numbered(http.StatusBadRequest, "The body cannot be read."),
	fault.BodyTooLarge:         numbered(http.StatusRequestEntityTooLarge, "The body is too large."),
	fault.UnsupportedMediaType: numbered(http.StatusUnsupportedMediaType, "Send the body as a form or as JSON."),
	fault.NotFound:             numbered(http.StatusNotFound, "There is nothing here."),
	fault.MethodNotAllowed:     numbered(http.StatusMethodNotAllowed, "This cannot be done here."),
	fault.CrossOrigin:          numbered(http.StatusForbidden, "This site may not do that."),
	fault.AmbiguousCredentials: unauthorized,

	fault.Unauthenticated:    unauthorized,
	fault.InvalidToken:       unauthorized,
	fault.RefreshTokenReused: unauthorized,
	fault.InvalidCredentials: lettered(http.StatusBadRequest, "INVALID_CREDENTIALS", "Either the email or the password is wrong."),
	fault.StepUpRequired:     numbered(http.StatusUnauthorized, "Log in again to do this."),
	fault.WrongPassword:      lettered(http.StatusUnauthorized, "INVALID_CREDENTIALS", "The old password is wrong."),
	fault.WrongCode:          wrongCode,
	fault.PasskeyRefused:     wrongCode,
	fault.ChallengeExpired:   spentLink,

	fault.TenantNotFound:  numbered(http.StatusNotFound, "There is nothing here."),
	fault.TenantSuspended: numbered(http.StatusForbidden, "This service is suspended."),
	fault.SignupClosed:    registrationDisabled,
	fault.AddressUnverified: lettered(http.StatusBadRequest, "PENDING_CONFIRMATION",
		"Activate your account first, by the link that was mailed to you."),
	fault.MethodDisabled: numbered(http.StatusForbidden, "This is switched off here."),
	fault.FactorNotOffered: numbered(http.StatusForbidden,
		"This account signs in with a second factor that cannot be given here. Sign in on the pages of this service."),
	fault.IdentifierTaken:  lettered(http.StatusConflict, "ALREADY_EXISTS", "This username or email is taken already."),
	fault.IdentifierNeeded: numbered(http.StatusConflict, "This is needed and must stay."),
	fault.PasskeyTaken:     numbered(http.StatusConflict, "This is known already."),
	fault.PasskeyInvalid:   numbered(http.StatusBadRequest, "This cannot be added."),
	fault.FactorNeeded:     numbered(http.StatusConflict, "Two Factor is required here and must stay."),
	fault.LimitReached:     numbered(http.StatusConflict, "Two Factor is enabled already. Disable it first."),

	fault.TenantReserved:  numbered(http.StatusConflict, "This cannot be changed."),
	fault.SlugTaken:       numbered(http.StatusConflict, "This name is taken already."),
	fault.VersionConflict: numbered(http.StatusConflict, "Something else changed your account just now. Try again."),
	fault.KeyNotReady:     numbered(http.StatusConflict, "This is not ready yet."),
	fault.DomainTaken:     numbered(http.StatusConflict, "This domain is taken already."),
	fault.DomainUnproven:  numbered(http.StatusConflict, "This domain is not proven yet."),
	fault.Forbidden:       numbered(http.StatusForbidden, "This is not allowed."),
	fault.AdminTaken:      numbered(http.StatusConflict, "This has been done already."),
	fault.LastOwner:       numbered(http.StatusConflict, "This is needed and must stay."),
	fault.KeyReused:       numbered(http.StatusConflict, "This has been done already."),
	fault.StreamEnded:     numbered(http.StatusConflict, "This is over. Begin again."),

	fault.RateLimited:     numbered(http.StatusTooManyRequests, "You did this too often. Try again later."),
	fault.Busy:            numbered(http.StatusServiceUnavailable, "The service is busy. Try again soon."),
	fault.Unavailable:     numbered(http.StatusServiceUnavailable, "The service is not available. Try again soon."),
	fault.MailUnavailable: numbered(http.StatusServiceUnavailable, "No mail can be sent from here."),
	fault.RequestTimeout:  numbered(http.StatusServiceUnavailable, "This took too long. Try again."),
	fault.Internal:        lettered(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", "Something went wrong."),
}

// Lines that several words share.
var (
	wrongCode            = lettered(http.StatusUnauthorized, "INVALID_TWO_FACTOR_CODE", "The two factor code is wrong.")
	spentLink            = lettered(http.StatusBadRequest, "EXPIRED_OR_ALREADY_USED", "This link has expired or was used already.")
	registrationDisabled = lettered(http.StatusConflict, "REGISTRATION_DISABLED", "Nobody can register here at the moment.")
)

// words are how a route reads faults where it differs from the table.
type words struct {
	lines map[fault.Code]line
	names map[string]string // the wire's names for the fields of faults
}

// said is an error that is to be read in the words of its route.
type said struct {
	error
	words words
}

func (s *said) Unwrap() error { return s.error }

func (w words) of(err error) error {
	if err == nil {
		return nil
	}
	return &said{err, w}
}

// around reads all errors of a route so, as far as it has no nearer words.
func (w words) around(serve httpx.HandlerFunc) httpx.HandlerFunc {
	return func(c *gin.Context) error { return w.of(serve(c)) }
}

// read returns the line of an error and the names of its fields: the nearest words that have it count.
func read(code fault.Code, err error) (line, map[string]string) {
	l, names := table[code], map[string]string{"identifier": "email"}
	for s := (*said)(nil); errors.As(err, &s); err = s.error {
		if nearer, ok := s.words.lines[code]; ok {
			l = nearer
		}
		maps.Copy(names, s.words.names)
	}
	return l, names
}

// problem is an error on the wire.
type problem struct {
	Code   any               `json:"code,omitempty" doc:"For programs: a string; a number where the original has one"`
	Error  string            `json:"error,omitempty" doc:"For people"`
	Codes  map[string]string `json:"codes,omitempty" doc:"What is wrong with the fields, for programs"`
	Errors map[string]string `json:"errors,omitempty" doc:"What is wrong with the fields, for people"`
}

// refuse writes an error.
func refuse(c *gin.Context, err error) {
	p := httpx.ProblemOf(c.Request.Context(), err)
	l, names := read(p.Code, err)
	if p.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	switch {
	case l.sheet:
		codes, errs := sheetOf(p.Fields, names)
		dialects.Answer(c, l.status, problem{Code: l.code, Codes: codes, Errors: errs})
	case l.code == nil:
		c.Abort()
		c.Data(l.status, "text/html; charset=utf-8", []byte(http.StatusText(l.status)))
	default:
		out := problem{Code: l.code, Error: l.text}
		if l.field != "" {
			out.Errors = map[string]string{l.field: l.text}
		}
		dialects.Answer(c, l.status, out)
	}
}

// sheetOf tells what is wrong with fields: of several things, the last.
func sheetOf(fields []fault.Field, names map[string]string) (codes, errs map[string]string) {
	if len(fields) == 0 {
		fields = []fault.Field{{Field: "body", Message: "Something in it is not valid."}}
	}
	codes, errs = map[string]string{}, map[string]string{}
	for _, f := range fields {
		name := f.Field
		if wire, ok := names[name]; ok {
			name = wire
		}
		codes[name], errs[name] = "INVALID", f.Message
		if code, ok := fieldCodes[f.Code]; ok {
			codes[name] = code
		}
	}
	return codes, errs
}

// fieldCodes are the wire's codes for what is wrong with a field; for all else it is INVALID.
var fieldCodes = map[string]string{
	"required":           "REQUIRED",
	"too_short":          "NOT_LONG_ENOUGH",
	"too_long":           "NOT_LONG_ENOUGH", // as the original says it
	"invalid_characters": "INVALID_CHARACTERS",
	"no_match":           "NO_MATCH",
	"must_confirm":       "MUST_CONFIRM",
}
