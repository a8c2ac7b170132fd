package axor

import (
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// caller returns who asks: by the cookie in session mode, by the header Authorization in app-token mode.
func caller(c *gin.Context) (*authflows.Caller, error) {
	flows := dialects.Flows(c)
	token, check := dialects.Cookie(c, cookieName), flows.TokenCookie
	if inAppMode(flows) {
		token, _ = dialects.Token(c, "Bearer")
		check = flows.Bearer
	}
	if token == "" {
		return nil, fault.New(fault.Unauthenticated)
	}
	return check(c.Request.Context(), token)
}

func inAppMode(flows *authflows.Flows) bool { return flows.Client().ID == appClient }

// signed is a handler of those who are signed in.
func signed(h func(*gin.Context, *authflows.Flows, *authflows.Caller) error) httpx.HandlerFunc {
	return func(c *gin.Context) error {
		who, err := caller(c)
		if err != nil {
			return err
		}
		return h(c, dialects.Flows(c), who)
	}
}

// accepts is what the framework of the original reads.
const accepts = dialects.JSON | dialects.URLEncoded | dialects.Multipart

// given returns a required text without the blanks around it, and whether there is one.
func given(form *dialects.Form, name string) (string, bool) {
	wrong := dialects.FieldErrors{}
	text := wrong.Text(form, name)
	return text, len(wrong) == 0
}

// maxText is how long an address or a name may be, in characters.
const maxText = 150

// bounded reads a required text of at most maxText characters.
func bounded(wrong dialects.FieldErrors, form *dialects.Form, name string) string {
	text := wrong.Text(form, name)
	if utf8.RuneCountInString(text) > maxText {
		wrong.Add(name, "Use at most 150 characters.")
	}
	return text
}

// code reads a code that may be left out. A number is one too.
func code(wrong dialects.FieldErrors, form *dialects.Form) string {
	field := form.Get("code")
	if field.Kind == dialects.Other {
		wrong.Add("code", dialects.NotAString)
	}
	return strings.TrimSpace(field.Text)
}

// done ends a request without a body.
func done(c *gin.Context, status int) error {
	c.Status(status)
	return nil
}
