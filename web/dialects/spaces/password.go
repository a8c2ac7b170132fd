package spaces

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// remove is POST and DELETE /api/user/delete/.
func remove(c *gin.Context) error {
	caller, err := verified(c)
	if err != nil {
		return err
	}
	form, err := dialects.Read(c, forms)
	if err != nil {
		return err
	}
	if err := confirm(c, caller, form, dialects.FieldErrors{}); err != nil {
		return err
	}
	if err := dialects.Flows(c).DeleteMe(c.Request.Context(), caller, dialects.Device(c)); err != nil {
		return err
	}
	c.AbortWithStatus(http.StatusNoContent)
	return nil
}

// changePassword is POST /api/user/password/change/.
func changePassword(c *gin.Context) error {
	caller, err := signedIn(c)
	if err != nil {
		return err
	}
	form, err := dialects.Read(c, forms)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	next := wrong.Secret(form, "new_password")
	if err := confirm(c, caller, form, wrong); err != nil {
		return err
	}
	current := form.Text("current_password")
	if err := dialects.Flows(c).ChangePassword(c.Request.Context(), caller, current, next, dialects.Device(c)); err != nil {
		return err
	}
	c.AbortWithStatus(http.StatusNoContent)
	return nil
}

// confirm takes the current password of a form as a proof of the caller's. wrong is what is wrong with the rest of the form.
func confirm(c *gin.Context, caller *authflows.Caller, form *dialects.Form, wrong dialects.FieldErrors) error {
	current := wrong.Secret(form, "current_password")
	if err := wrong.Or(); err != nil {
		return err
	}
	err := dialects.Flows(c).Confirm(c.Request.Context(), caller, authflows.Answer{
		Factor: amr.Password, Password: current, Device: dialects.Device(c),
	})
	// Text that nobody can have for a password is as wrong as any.
	return inWords(err, table[fault.WrongPassword], fault.InvalidInput)
}

// resetPassword is POST /api/user/password/reset/.
func resetPassword(c *gin.Context) error {
	form, err := dialects.Read(c, forms)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	email := wrong.Address(form, "email")
	if err := wrong.Or(); err != nil {
		return err
	}
	if _, err := dialects.Flows(c).RequestReset(c.Request.Context(), email, dialects.Device(c)); err != nil {
		return err
	}
	c.AbortWithStatus(http.StatusNoContent)
	return nil
}

// confirmReset is POST /api/user/password/reset/confirm/.
func confirmReset(c *gin.Context) error {
	form, err := dialects.Read(c, forms)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	uid, token, next := wrong.Text(form, "uid"), wrong.Text(form, "token"), wrong.Secret(form, "new_password")
	if err := wrong.Or(); err != nil {
		return err
	}
	if _, _, ok := authflows.ReadHalves(uid, token); !ok {
		return &refusal{words{400, "uid", "Invalid user id or user doesn't exist."}, fault.New(fault.ChallengeExpired)}
	}
	in := authflows.Answer{NewPassword: next, Device: dialects.Device(c)}
	_, err = dialects.Flows(c).AnswerToken(c.Request.Context(), uid+token, in, authflows.ForReset)
	if err != nil {
		wrongToken := words{400, dialects.NonField, "Invalid token for given user."}
		return inWords(err, wrongToken, fault.ChallengeExpired, fault.WrongCode)
	}
	c.AbortWithStatus(http.StatusNoContent)
	return nil
}
