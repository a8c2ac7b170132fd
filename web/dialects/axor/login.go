package axor

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

func login(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return loginFaults.say(err)
	}
	wrong := dialects.FieldErrors{}
	in := authflows.LoginInput{
		Identifier: bounded(wrong, form, "email"), Password: wrong.Secret(form, "password"),
		Second: code(wrong, form), Captcha: form.Text("captcha"), Device: dialects.Device(c),
	}
	if len(wrong) > 0 {
		return lacking(wrongLogin(wrong))
	}
	step, err := dialects.Flows(c).Login(c.Request.Context(), in)
	return reply(c, step, err)
}

// reply renders the step of a sign-in.
func reply(c *gin.Context, step *authflows.Step, err error) error {
	if err != nil {
		return sayLogin(err)
	}
	if step.SignedIn == nil {
		return missing(step.Challenge)
	}
	return signedIn(c, step.SignedIn)
}

// sayLogin tells a code that can be none, like a wrong one, from other input that is not valid.
func sayLogin(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) && slices.ContainsFunc(f.Fields, func(of fault.Field) bool { return of.Field == "code" }) {
		return totpIncorrect.because(err)
	}
	return loginFaults.say(err)
}

// missing says what a sign-in still lacks, as far as the wire can.
func missing(next *authflows.Challenge) error {
	typed := next.Kind == authflows.KindMFA &&
		(slices.Contains(next.Factors, amr.TOTP) || slices.Contains(next.Factors, amr.RecoveryCode))
	if !typed {
		return lacking(cannotSignIn)
	}
	return lacking(totpRequired)
}

// signedIn hands out what a session is used by, in the way of the mode, with the sessions before it.
func signedIn(c *gin.Context, in *authflows.SignedIn) error {
	ctx, flows := c.Request.Context(), dialects.Flows(c)
	out := signedInView{User: viewUser(in.User)}
	before, err := flows.SessionBefore(ctx, in.Session, sessionClient)
	if err != nil {
		return err
	}
	idle, now := dialects.Tenant(c).Settings.Sessions.Idle.Std(), in.Session.CreatedAt
	if before != nil {
		view := viewSession(before, before.LiveAt(now, idle))
		out.LastSession = &view
	}
	if before, err = flows.SessionBefore(ctx, in.Session, appClient); err != nil {
		return err
	}
	if before != nil {
		view := viewToken(before, before.LiveAt(now, idle))
		out.LastTokenSession = &view
	}
	if inAppMode(flows) {
		out.Session = &keyView{in.Session.ID.String(), in.AccessToken}
	} else {
		dialects.SetCookie(c, tenants.Axor, cookieName, in.AccessToken, in.ExpiresIn)
		dialects.KeepDevice(c, in)
	}
	dialects.Answer(c, http.StatusOK, out)
	return nil
}
