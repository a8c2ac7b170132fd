package wolf

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// withNumber are the words of the routes whose refusals of a body carry the number too.
var withNumber = words{lines: map[fault.Code]line{
	fault.InvalidInput: {status: http.StatusBadRequest, code: http.StatusBadRequest, sheet: true},
}}

func login(c *gin.Context) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	email := in.email()
	password, _ := in.text("password")
	if err := in.err(); err != nil {
		return err
	}
	step, err := dialects.Flows(c).Login(c.Request.Context(), authflows.LoginInput{
		Identifier: email, Password: password, Captcha: in.form.Text("captcha"), Device: dialects.Device(c),
	})
	if err != nil {
		return err
	}
	return proceed(c, step, false)
}

// proceed answers a step of a login: the tokens, or that a code is asked for.
func proceed(c *gin.Context, step *authflows.Step, second bool) error {
	switch {
	case step.SignedIn != nil:
		dialects.Answer(c, http.StatusOK, loggedIn{step.SignedIn.AccessToken, step.SignedIn.RefreshToken, second})
	case asksCode(step.Challenge):
		dialects.Answer(c, http.StatusOK, halfway{
			notice{"TWO_FACTOR_REQUIRED", "Send the code of your authenticator app to complete the login."},
			halfwayToken(step.Challenge.ID), true,
		})
	default:
		return fault.New(fault.FactorNotOffered)
	}
	return nil
}

var twoFactorWords = words{lines: map[fault.Code]line{
	fault.ChallengeExpired: lettered(http.StatusBadRequest, "INVALID_TWO_FACTOR_TOKEN", "This login has expired. Log in again."),
	fault.FactorNotOffered: wrongCode,
	fault.InvalidInput:     wrongCode,
}}

func twoFactor(c *gin.Context) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	token, _ := in.text("token", "Token")
	code, _ := in.text("code", "Code")
	if err := in.err(); err != nil {
		return err
	}
	step, err := dialects.Flows(c).Answer(c.Request.Context(), authflows.Answer{
		Challenge: readHalfwayToken(token), Factor: authflows.CodeFactor(code), Code: code, Device: dialects.Device(c),
	})
	if err != nil {
		return twoFactorWords.of(err)
	}
	return proceed(c, step, true)
}

func refresh(c *gin.Context) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	token, _ := in.text("refresh_token")
	if err := in.err(); err != nil {
		return err
	}
	step, err := dialects.Flows(c).Refresh(c.Request.Context(), token)
	if err != nil {
		return err
	}
	dialects.Answer(c, http.StatusOK, pair{step.SignedIn.AccessToken, step.SignedIn.RefreshToken})
	return nil
}

func logout(c *gin.Context) error {
	token, _ := dialects.Token(c, "Bearer")
	if token == "" {
		return fault.New(fault.Unauthenticated)
	}
	if _, err := dialects.Flows(c).LogoutToken(c.Request.Context(), token); err != nil {
		return err
	}
	return tell(c, http.StatusOK, "LOGGED_OUT", "You are now logged out.")
}
