package waanversemagic

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// bodies is what the original's framework reads.
const bodies = dialects.JSON | dialects.URLEncoded | dialects.Multipart

// signup mails a code, or takes it.
func signup(c *gin.Context) error {
	form, err := dialects.Read(c, bodies)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	email := wrong.Address(form, "email_address")
	if err := wrong.Or(); err != nil {
		return err
	}
	if code, sent := mailedCode(form); sent {
		step, err := dialects.Flows(c).AnswerMailed(c.Request.Context(), authflows.ForSignup, email,
			authflows.Answer{Code: code, Device: dialects.Device(c)})
		return enter(c, step, err, onSignupCode)
	}
	_, err = dialects.Flows(c).Signup(c.Request.Context(), authflows.SignupInput{
		Email: email, Username: newUsername(), Device: dialects.Device(c),
	})
	if err != nil {
		return onSignup.refuse(err)
	}
	return httpx.JSON(c, http.StatusOK, success)
}

// mailedCode returns the code of a body. A blank one is none: forms send the field that nobody has filled in yet.
func mailedCode(f *dialects.Form) (code string, sent bool) {
	field := f.Get("code")
	return field.Text, field.Kind == dialects.Other || strings.TrimSpace(field.Text) != ""
}

// newUsername makes up the name that clients show of a user who was not asked for one.
func newUsername() string { return "user_" + strings.ToLower(rand.Text()[:12]) }

// enter answers a proof. The wire signs in by it or not at all: what asks for more is refused.
func enter(c *gin.Context, step *authflows.Step, err error, on view) error {
	if err == nil && (step == nil || step.SignedIn == nil) {
		err = fault.New(fault.FactorNotOffered)
	}
	if err != nil {
		return on.refuse(err)
	}
	in := step.SignedIn
	dialects.SetCookie(c, name, accessCookie, in.AccessToken, in.ExpiresIn)
	dialects.SetCookie(c, name, refreshCookie, in.RefreshToken, dialects.Flows(c).Client().Refresh)
	dialects.KeepDevice(c, in)
	return httpx.JSON(c, http.StatusOK, signedIn{
		Status: "success", User: userOf(in.User), AccessToken: in.AccessToken, RefreshToken: in.RefreshToken,
		SID: dialects.Flows(c).SessionKey(in.Session),
	})
}
