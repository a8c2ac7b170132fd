package axor

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func requestReset(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	email, ok := given(form, "email")
	if !ok {
		return lacking(noEmail)
	}
	_, err = dialects.Flows(c).RequestReset(c.Request.Context(), email, dialects.Device(c))
	if fault.CodeOf(err) == fault.RateLimited {
		_ = httpx.ProblemOf(c.Request.Context(), err) // for the log: the wire answers as if a mail had been sent
		err = nil
	}
	if err != nil {
		return err
	}
	return done(c, http.StatusNoContent)
}

var (
	unhealthy      = bad("", "Invalid Request", "The token is not valid, was used or has expired.")
	validateFaults = table{fault.ChallengeExpired: unhealthy}

	insufficient = bad("InsufficientData", "Insufficient data", "Send the token and the new password.")
	healthFailed = bad("HealthCheckFailed", "Invalid Request", "The token is not valid, was used or has expired.")
	resetFaults  = table{fault.ChallengeExpired: healthFailed, fault.WrongCode: healthFailed}
)

// validateReset asks whether the token of a reset is still good and uses up nothing.
func validateReset(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	token, _ := given(form, "token")
	if err := dialects.Flows(c).CheckMailed(c.Request.Context(), authflows.ForReset, token, dialects.Device(c)); err != nil {
		return validateFaults.say(err)
	}
	return done(c, http.StatusNoContent)
}

func reset(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	token, password := wrong.Text(form, "token"), wrong.Secret(form, "password")
	if len(wrong) > 0 {
		return lacking(insufficient)
	}
	ctx, flows := c.Request.Context(), dialects.Flows(c)
	// Before the rules of passwords, as the original does.
	if err := flows.CheckMailed(ctx, authflows.ForReset, token, dialects.Device(c)); err != nil {
		return resetFaults.say(err)
	}
	_, err = flows.AnswerToken(ctx, token, authflows.Answer{NewPassword: password, Device: dialects.Device(c)}, authflows.ForReset)
	if err != nil {
		return resetFaults.say(err)
	}
	return done(c, http.StatusNoContent)
}

func requestMagicLink(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	email, ok := given(form, "email")
	if !ok {
		return lacking(noEmail)
	}
	if _, err := dialects.Flows(c).LoginCode(c.Request.Context(), email, dialects.Device(c)); err != nil {
		return err
	}
	return done(c, http.StatusNoContent)
}

var consumeFaults = table{fault.ChallengeExpired: invalidToken}

func consumeMagicLink(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	token, ok := given(form, "token")
	if !ok {
		return lacking(noToken)
	}
	wrong := dialects.FieldErrors{}
	in := authflows.Answer{Second: code(wrong, form), Device: dialects.Device(c)}
	if len(wrong) > 0 {
		return lacking(totpIncorrect)
	}
	step, err := dialects.Flows(c).AnswerToken(c.Request.Context(), token, in, authflows.ForLogin)
	return reply(c, step, consumeFaults.say(err))
}
