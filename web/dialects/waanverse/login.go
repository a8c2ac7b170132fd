package waanverse

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func login(c *gin.Context) error {
	in, err := readLogin(c)
	if err != nil {
		return loginRefused(err)
	}
	step, err := dialects.Flows(c).Login(c.Request.Context(), in)
	if err != nil {
		return loginRefused(err)
	}
	return goOn(c, step)
}

func readLogin(c *gin.Context) (in authflows.LoginInput, err error) {
	form, err := read(c)
	if err != nil {
		return in, err
	}
	wrong := dialects.FieldErrors{}
	in = authflows.LoginInput{
		Identifier: wrong.Text(form, loginField), Password: wrong.Secret(form, "password"),
		Captcha: optional(wrong, form, captchaField), Device: dialects.Device(c),
	}
	return in, wrong.Or()
}

// goOn answers a step of a sign-in.
func goOn(c *gin.Context, step *authflows.Step) error {
	switch {
	case step.SignedIn != nil:
		return answerSignedIn(c, http.StatusOK, step.SignedIn)
	case takesCode(step.Challenge):
		return askSecond(c, step.Challenge)
	default:
		return secondElsewhere.because(fault.New(fault.FactorNotOffered))
	}
}

// takesCode reports whether a challenge can be answered by the wire's codes.
func takesCode(ch *authflows.Challenge) bool {
	codes := slices.Contains(ch.Factors, amr.TOTP) || slices.Contains(ch.Factors, amr.RecoveryCode)
	return ch.Kind == authflows.KindMFA && codes
}

func askSecond(c *gin.Context, ch *authflows.Challenge) error {
	handle := ch.PublicID()
	dialects.ClearCookies(c, name, accessCookie, refreshCookie)
	dialects.SetCookie(c, name, pendingCookie, handle, pendingLife)
	return httpx.JSON(c, http.StatusOK, pendingView{success, handle})
}

func answerSignedIn(c *gin.Context, status int, in *authflows.SignedIn) error {
	setAccess(c, in)
	dialects.SetCookie(c, name, refreshCookie, in.RefreshToken, dialects.Flows(c).Client().Refresh)
	dialects.KeepDevice(c, in)
	return httpx.JSON(c, status, signedInView{success, viewUser(in.User), in.AccessToken, in.RefreshToken})
}

func setAccess(c *gin.Context, in *authflows.SignedIn) {
	dialects.SetCookie(c, name, accessCookie, in.AccessToken, in.ExpiresIn)
}

// mfaLogin goes on with the sign-in that its handle names: user_id is the handle, or the account's id where the cookie holds
// the handle.
func mfaLogin(c *gin.Context) error {
	form, err := read(c)
	if err != nil {
		return err
	}
	in := authflows.Answer{Code: form.Text(codeField), Device: dialects.Device(c)}
	said, known := form.Text("user_id"), false
	if in.Challenge, known = ids.Parse(ids.Challenge, said); !known && said != "" {
		in.User = said
		in.Challenge, known = ids.Parse(ids.Challenge, dialects.Cookie(c, pendingCookie))
	}
	if !known {
		return noPending.because(fault.New(fault.ChallengeExpired))
	}
	if in.Code == "" {
		return lacking(codeNeeded)
	}
	in.Factor = authflows.CodeFactor(in.Code)
	step, err := dialects.Flows(c).Answer(c.Request.Context(), in)
	if err != nil {
		return secondFaults.say(err)
	}
	dialects.ClearCookies(c, name, pendingCookie)
	return goOn(c, step)
}
