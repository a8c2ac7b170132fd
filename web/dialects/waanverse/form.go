package waanverse

import (
	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/web/dialects"
)

// Fields that several endpoints take.
const (
	loginField       = "login_field"
	usernameField    = "username"
	emailField       = "email_address"
	codeField        = "code"
	confirmField     = "confirm_password"
	newPasswordField = "new_password"
	captchaField     = "turnstile_token"
)

const codeSent = "code_sent"

func read(c *gin.Context) (*dialects.Form, error) {
	return dialects.Read(c, dialects.JSON|dialects.URLEncoded|dialects.Multipart)
}

// optional reads a text that may be left out.
func optional(wrong dialects.FieldErrors, f *dialects.Form, name string) string {
	field := f.Get(name)
	if field.Kind == dialects.Other {
		wrong.Add(name, dialects.NotAString)
	}
	return field.Text
}
