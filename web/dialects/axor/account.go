package axor

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

var (
	invalidOldPassword = bad("InvalidOldPassword", "Invalid old password", "The old password is wrong.")

	oldPasswordFaults = table{
		fault.WrongPassword: invalidOldPassword, fault.InvalidInput: invalidOldPassword, fault.FactorNotOffered: invalidOldPassword,
	}
)

func changePassword(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	current, next := wrong.Secret(form, "old_password"), wrong.Secret(form, "new_password")
	if len(wrong) > 0 {
		return lacking(bad("OldNewPasswordRequired", "Insufficient data", "Send the old password and the new one."))
	}
	ctx, device := c.Request.Context(), dialects.Device(c)
	err = flows.Confirm(ctx, who, authflows.Answer{Factor: amr.Password, Password: current, Device: device})
	if err != nil {
		return oldPasswordFaults.say(err)
	}
	if err := flows.ChangePassword(ctx, who, current, next, device); err != nil {
		return newPasswordFaults(err).say(err)
	}
	return done(c, http.StatusNoContent)
}

func newPasswordFaults(err error) table {
	return table{
		fault.WrongPassword: invalidOldPassword,
		fault.InvalidInput:  bad("InvalidNewPassword", "Invalid new password", sentences(err)),
	}
}

// sentences are the messages of invalid input in a row, for errors whose detail is a text.
func sentences(err error) string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return ""
	}
	var out []string
	for _, field := range f.Fields {
		out = append(out, field.Message)
	}
	return strings.Join(out, " ")
}

func changeName(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	first, last := bounded(wrong, form, "first_name"), bounded(wrong, form, "last_name")
	switch {
	case first == "" || last == "":
		return lacking(bad("FirstNameLastNameRequired", "Insufficient data", "Send the first name and the last name."))
	case len(wrong) > 0:
		return lacking(bad("", "Invalid information provided.", wrong))
	}
	profile, err := withNames(who.User.Profile, first, last)
	if err != nil {
		return err
	}
	name := joined(first, last)
	user, err := flows.ChangeMe(c.Request.Context(), who, authflows.ChangeMeInput{Name: &name, Profile: profile})
	if err == nil {
		dialects.Answer(c, http.StatusOK, viewUser(user))
	}
	return err
}
