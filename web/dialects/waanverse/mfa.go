package waanverse

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func getSecret(c *gin.Context, me *authflows.Caller) error {
	begun, err := dialects.Flows(c).BeginTOTP(c.Request.Context(), me, "")
	if err != nil {
		return secretFaults.say(err)
	}
	return httpx.JSON(c, http.StatusOK, secretView{begun.Secret, begun.OTPAuthURI})
}

func activate(c *gin.Context, me *authflows.Caller) error {
	form, err := read(c)
	if err != nil {
		return err
	}
	code := form.Text(codeField)
	if code == "" {
		return lacking(detail("Send the code that the authenticator app shows."))
	}
	in, _, err := dialects.Flows(c).ActivateBegunTOTP(c.Request.Context(), me, code, dialects.Device(c))
	if err != nil {
		return activateFaults.say(err)
	}
	setAccess(c, in)
	return httpx.JSON(c, http.StatusOK, detailView{"Your second factor is on."})
}

func deactivate(c *gin.Context, me *authflows.Caller) error {
	form, err := read(c)
	if err != nil {
		return err
	}
	in := authflows.Answer{Code: form.Text(codeField), Password: form.Text("password"), Device: dialects.Device(c)}
	if err := turnOff(c.Request.Context(), dialects.Flows(c), me, in); err != nil {
		return deactivateFaults.say(err)
	}
	return httpx.JSON(c, http.StatusOK, detailView{"Your second factor is off."})
}

// turnOff takes the authenticator app away, once password and code are right. What is wrong is said in the wire's order.
func turnOff(ctx context.Context, flows *authflows.Flows, me *authflows.Caller, in authflows.Answer) error {
	has, err := flows.Factors(ctx, me)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(has.Factors, func(f *authflows.Factor) bool { return f.Kind == amr.TOTP }) {
		return fault.New(fault.NotFound)
	}
	password := authflows.Answer{Factor: amr.Password, Password: in.Password, Device: in.Device}
	if err := flows.Confirm(ctx, me, password); err != nil {
		return passwordFaults.say(err)
	}
	if in.Code == "" {
		return lacking(detail("Send a code of the authenticator app, or a recovery code."))
	}
	if err := flows.Confirm(ctx, me, authflows.Answer{Code: in.Code, Device: in.Device}); err != nil {
		return err
	}
	return flows.RemoveTOTP(ctx, me, in.Device)
}

func recoveryCodes(c *gin.Context, me *authflows.Caller) error {
	codes, err := dialects.Flows(c).ShowRecoveryCodes(c.Request.Context(), me)
	if err != nil {
		return recoveryFaults.say(err)
	}
	if len(codes) == 0 {
		return noCodes.because(fault.New(fault.NotFound))
	}
	return httpx.JSON(c, http.StatusOK, codesView{codes})
}

func makeRecoveryCodes(c *gin.Context, me *authflows.Caller) error {
	codes, err := dialects.Flows(c).MakeRecoveryCodes(c.Request.Context(), me, dialects.Device(c))
	if err != nil {
		return recoveryFaults.say(err)
	}
	return httpx.JSON(c, http.StatusOK, codesView{codes})
}
