package spaces

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// forms are the media types of bodies.
const forms = dialects.JSON | dialects.URLEncoded | dialects.Multipart

// create is POST /api/user/create/.
func create(c *gin.Context) error {
	email, password, form, err := readCredentials(c)
	if err != nil {
		return err
	}
	step, err := dialects.Flows(c).Signup(c.Request.Context(), authflows.SignupInput{
		Email: email, Password: password, Captcha: form.Text("captcha"), Device: dialects.Device(c),
	})
	if err != nil {
		return err
	}
	dialects.Answer(c, http.StatusCreated, newUserAnswer(step.Registered.User, step.Registered.Alias))
	return nil
}

// login is POST /api/user/login/.
func login(c *gin.Context) error {
	email, password, form, err := readCredentials(c)
	if err != nil {
		return err
	}
	step, err := dialects.Flows(c).Login(c.Request.Context(), authflows.LoginInput{
		Identifier: email, Password: password, Captcha: form.Text("captcha"), Device: dialects.Device(c),
	})
	if err != nil {
		return err
	}
	return handOut(c, http.StatusOK, step)
}

func readCredentials(c *gin.Context) (email, password string, form *dialects.Form, err error) {
	if form, err = dialects.Read(c, forms); err != nil {
		return "", "", nil, err
	}
	wrong := dialects.FieldErrors{}
	email, password = wrong.Text(form, "email"), wrong.Secret(form, "password")
	return email, password, form, wrong.Or()
}

// handOut answers with the token of a step: of the session, or of the sign-in that waits for what this wire can carry.
func handOut(c *gin.Context, status int, step *authflows.Step) error {
	switch {
	case step.SignedIn != nil:
		dialects.Answer(c, status, tokenAnswer{step.SignedIn.AccessToken})
	case slices.ContainsFunc(step.Challenge.Factors, carried):
		dialects.Answer(c, status, tokenAnswer{step.Challenge.Token})
	default:
		return fault.New(fault.FactorNotOffered)
	}
	return nil
}

// carried reports whether the wire can carry an answer with a factor.
func carried(m amr.Method) bool { return m == amr.TOTP || m == amr.RecoveryCode }
