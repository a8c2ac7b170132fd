package spaces

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// framework is how errors look that the original leaves to its framework.
var framework = dialects.Framework{
	Challenge: scheme + ` realm="api"`,
	Names:     map[string]string{"identifier": "email", "body": dialects.NonField},
}

// words are an error on the wire: a text for a field, or for none as detail. Without a text the body is empty.
type words struct {
	status int
	field  string
	text   string
}

// table is how faults read on the wire. What it does not list reads as the framework says it.
var table = map[fault.Code]words{
	fault.InvalidCredentials: {400, dialects.NonField, "Unable to log in with provided credentials."},
	fault.FactorNotOffered: {
		400, dialects.NonField,
		"This account needs a second factor that cannot be given here. Sign in on the pages of this service.",
	},
	fault.IdentifierTaken:    {400, "email", "user with this email address already exists."},
	fault.AddressUnverified:  {400, "email", "The address must be verified first. Sign up on the pages of this service."},
	fault.WrongPassword:      {400, "current_password", "Invalid password."},
	fault.WrongCode:          {status: 400},
	fault.LimitReached:       {400, "", "There is a confirmed device already. Delete it first."},
	fault.FactorNeeded:       {403, "", "You need a confirmed device for this."},
	fault.InvalidToken:       {401, "", badSignature},
	fault.RefreshTokenReused: {401, "", badSignature},
	fault.ChallengeExpired:   {401, "", badSignature}, // of a token that waits for the second factor: it is used up
}

// The details of status 401.
const (
	badSignature = "Error decoding signature."
	expired      = "Signature has expired."
	disabled     = "User account is disabled."
	noSuchUser   = "Invalid signature."
	bare         = "Invalid Authorization header. No credentials provided."
	spaced       = "Invalid Authorization header. Credentials string should not contain spaces."
)

// refusal is an error in other words than the table's.
type refusal struct {
	words
	cause error
}

func (r *refusal) Error() string { return r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// inWords gives an error of one of some codes other words than the table's.
func inWords(err error, w words, codes ...fault.Code) error {
	for _, code := range codes {
		if err != nil && fault.CodeOf(err) == code {
			return &refusal{w, err}
		}
	}
	return err
}

// refuse writes an error.
func refuse(c *gin.Context, err error) {
	var said *refusal
	w, listed := table[fault.CodeOf(err)]
	if errors.As(err, &said) {
		w, listed = said.words, true
	}
	if !listed {
		framework.Refuse(c, stock(err))
		return
	}
	_ = httpx.ProblemOf(c.Request.Context(), err) // for the log
	switch {
	case w.text == "":
		c.AbortWithStatus(w.status)
	case w.field != "":
		dialects.Answer(c, w.status, dialects.OneError(w.field, w.text))
	default:
		if w.status == http.StatusUnauthorized {
			c.Header("WWW-Authenticate", framework.Challenge)
		}
		dialects.Answer(c, w.status, detailAnswer{w.text})
	}
}

// stock says in the framework's own texts what it has some for.
func stock(err error) error {
	var fields dialects.FieldErrors
	var f *fault.Fault
	if errors.As(err, &fields) || !errors.As(err, &f) || f.Code != fault.InvalidInput {
		return err
	}
	said := *f
	said.Fields = nil
	for _, field := range f.Fields {
		switch {
		case field.Code == "required":
			field.Message = dialects.Required
		case field.Field == "identifier", field.Field == "email" && field.Code == "invalid":
			field.Message = dialects.NotAnAddress
		}
		said.Fields = append(said.Fields, field)
	}
	return &said
}
