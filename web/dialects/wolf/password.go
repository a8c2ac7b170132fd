package wolf

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

func forgotPassword(c *gin.Context) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	email := in.email()
	if err := in.err(); err != nil {
		return err
	}
	if _, err := dialects.Flows(c).RequestReset(c.Request.Context(), email, dialects.Device(c)); err != nil {
		return err
	}
	return tell(c, http.StatusOK, "PENDING_CONFIRMATION",
		"If there is an account with this email, a link by which to choose a new password has been sent to it.")
}

func resetPassword(c *gin.Context) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	password := in.confirmed("password", "comfirmPassword")
	if err := in.err(); err != nil {
		return err
	}
	_, err = dialects.Flows(c).AnswerToken(c.Request.Context(), c.Param("token"),
		authflows.Answer{NewPassword: password, Device: dialects.Device(c)}, authflows.ForReset)
	if err != nil {
		return linkWords.of(err)
	}
	return tell(c, http.StatusOK, "UPDATED", "Your password has been updated. Log in with the new one.")
}

var changeWords = words{names: map[string]string{
	"password": "oldPassword", "current_password": "oldPassword", "new_password": "newPassword",
}}

var samePassword = words{lines: map[fault.Code]line{fault.InvalidInput: {
	status: http.StatusConflict, code: "PASSWORD_CONFLICT", text: "The new password must not be the old one.", field: "newPassword",
}}}

func changePassword(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	old, _ := in.text("oldPassword")
	next := in.newPassword("newPassword")
	if err := in.err(); err != nil {
		return err
	}
	ctx, device := c.Request.Context(), dialects.Device(c)
	if err := flows.Confirm(ctx, who, authflows.Answer{Factor: amr.Password, Password: old, Device: device}); err != nil {
		return changeWords.of(err)
	}
	if next == old {
		return samePassword.of(fault.New(fault.InvalidInput))
	}
	if err := flows.ChangePassword(ctx, who, old, next, device); err != nil {
		return changeWords.of(err)
	}
	if _, err := flows.LogoutAll(ctx, who); err != nil {
		return err
	}
	return tellNewly(c, "PASSWORD_CHANGED", "Your password has been changed. Log in with the new one.")
}
