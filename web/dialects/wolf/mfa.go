package wolf

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

var (
	notInitialized = lettered(http.StatusBadRequest, "TWO_FACTOR_NOT_INITIALIZE", "Initialize Two Factor first.")
	wrongToken     = lettered(http.StatusBadRequest, "INVALID_TWO_FACTOR_TOKEN", "The two factor code is wrong.")
)

// factorWords are those of what enables and disables two factor.
var factorWords = words{lines: map[fault.Code]line{
	fault.WrongCode: wrongToken, fault.InvalidInput: wrongToken, fault.FactorNotOffered: wrongToken,
	fault.ChallengeExpired: notInitialized, fault.NotFound: notInitialized,
}}

func beginTwoFactor(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	begun, err := flows.BeginTOTP(c.Request.Context(), who, "")
	if err != nil {
		return err
	}
	dialects.Answer(c, http.StatusOK, enrolment{
		Code:        "PENDING_VERIFICATION",
		Error:       "Send the code that your authenticator app shows to enable Two Factor.",
		QRCode:      "data:image/png;base64," + base64.StdEncoding.EncodeToString(begun.QR),
		Secret:      begun.Secret,
		BackupCodes: append([]string{}, begun.RecoveryCodes...), // an empty list, where the tenant has none
	})
	return nil
}

func enableTwoFactor(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	code, _ := in.text("code")
	if err := in.err(); err != nil {
		return err
	}
	if _, _, err := flows.ActivateBegunTOTP(c.Request.Context(), who, code, dialects.Device(c)); err != nil {
		return factorWords.of(err)
	}
	return tellNewly(c, "TWO_FACTOR_ENABLED", "Two Factor has been enabled.")
}

// disableTwoFactor takes the code from the query, which no log shows.
func disableTwoFactor(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	sent := c.QueryArray("code")
	if len(sent) != 1 || strings.TrimSpace(sent[0]) == "" {
		return fault.Invalid(fault.Field{Field: "code", Code: "required", Message: "Send one code in the query."})
	}
	if !slices.Contains(who.User.Factors, amr.TOTP) {
		return factorWords.of(fault.New(fault.NotFound))
	}
	ctx, device := c.Request.Context(), dialects.Device(c)
	if err := flows.Confirm(ctx, who, authflows.Answer{Code: sent[0], Device: device}); err != nil {
		return factorWords.of(err)
	}
	if err := flows.RemoveTOTP(ctx, who, device); err != nil {
		return factorWords.of(err)
	}
	return tellNewly(c, "TWO_FACTOR_DISABLED", "Two Factor has been disabled.")
}

var backupWords = words{lines: map[fault.Code]line{fault.FactorNeeded: notInitialized}}

func backupCodes(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	codes, err := flows.ShowRecoveryCodes(c.Request.Context(), who)
	if err != nil {
		return backupWords.of(err)
	}
	c.Header("Content-Disposition", `attachment; filename="`+dialects.Tenant(c).Slug+`-backup-codes.txt"`)
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(strings.Join(codes, " ")))
	return nil
}
