package axor

import (
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

var (
	invalidCode = bad("InvalidTOTPToken", "Invalid code", "The code is wrong.")
	notSetUp    = bad("TOTPNotSetup", "TOTP is not set up", "No authenticator app is set up, or about to be.")

	initFaults = table{
		fault.LimitReached: bad("TOTPAlreadyEnabledOnInit", "TOTP is already enabled", "An authenticator app is set up already."),
	}
	enableFaults = table{
		fault.WrongCode: invalidCode, fault.InvalidInput: invalidCode, fault.ChallengeExpired: notSetUp,
	}
	confirmFaults = table{
		fault.WrongCode: invalidCode, fault.InvalidInput: invalidCode, fault.FactorNotOffered: invalidCode,
	}
	disableFaults = table{
		fault.NotFound:     invalidCode,
		fault.FactorNeeded: bad("FactorNeeded", "2FA is required", "Everybody needs a second factor here, so the last one stays."),
	}
)

func initTOTP(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	begun, err := flows.BeginTOTP(c.Request.Context(), who, "")
	if err != nil {
		return initFaults.say(err)
	}
	codes := append([]string{}, begun.RecoveryCodes...) // an empty list, where the tenant has none
	dialects.Answer(c, http.StatusCreated, enrolmentView{begun.Secret, codes, begun.OTPAuthURI})
	return nil
}

// totpDigits is how many characters a code has that is no backup code.
const totpDigits = 6

func enableTOTP(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	typed, _ := given(form, "code")
	if utf8.RuneCountInString(typed) > totpDigits {
		return lacking(bad("InvalidTOTPTokenTooLong", "Invalid code", "Send the six digits of the authenticator app."))
	}
	if _, _, err = flows.ActivateBegunTOTP(c.Request.Context(), who, typed, dialects.Device(c)); err != nil {
		return enableFaults.say(err)
	}
	return done(c, http.StatusOK)
}

func disableTOTP(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	if err := confirm(c, flows, who); err != nil {
		return err
	}
	if err := flows.RemoveTOTP(c.Request.Context(), who, dialects.Device(c)); err != nil {
		return disableFaults.say(err)
	}
	return done(c, http.StatusOK)
}

func newBackupCodes(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	if !slices.Contains(who.User.Factors, amr.TOTP) {
		return lacking(notSetUp)
	}
	if err := confirm(c, flows, who); err != nil {
		return err
	}
	codes, err := flows.MakeRecoveryCodes(c.Request.Context(), who, dialects.Device(c))
	if err == nil {
		dialects.Answer(c, http.StatusOK, backupCodesView{codes})
	}
	return err
}

// confirm takes the code of a request as a fresh proof.
func confirm(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	typed, ok := given(form, "code")
	if !ok {
		return lacking(invalidCode)
	}
	return confirmFaults.say(flows.Confirm(c.Request.Context(), who, authflows.Answer{Code: typed, Device: dialects.Device(c)}))
}
