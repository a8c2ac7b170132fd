package waanverse

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func requestReset(c *gin.Context) error {
	form, err := read(c)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	email := wrong.Address(form, emailField)
	if err := wrong.Or(); err != nil {
		return err
	}
	if _, err := dialects.Flows(c).RequestReset(c.Request.Context(), email, dialects.Device(c)); err != nil {
		return err
	}
	return httpx.JSON(c, http.StatusOK, resetView{"If there is such an account, a code was mailed to it.", codeSent})
}

func newPassword(c *gin.Context) error {
	form, err := read(c)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	email := wrong.Address(form, emailField)
	in := authflows.Answer{
		Code: wrong.Text(form, codeField), NewPassword: wrong.Secret(form, newPasswordField), Device: dialects.Device(c),
	}
	checkTwice(wrong, in.NewPassword, wrong.Secret(form, confirmField))
	if err := wrong.Or(); err != nil {
		return err
	}
	if _, err := dialects.Flows(c).AnswerMailed(c.Request.Context(), authflows.ForReset, email, in); err != nil {
		return resetFaults.say(err)
	}
	return httpx.JSON(c, http.StatusOK, messageView{"The password is changed. Sign in with the new one."})
}
