package spaces

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// The shapes of codes in paths: those of the original's emergency codes, and of recovery codes that other APIs of the same
// tenant have made. What has another is no such path.
var (
	appCode       = regexp.MustCompile(`^[0-9]{6}$`)
	emergencyCode = regexp.MustCompile(`^(?:[a-z2-9]{7,8}|[0-9]{7}|[0-9a-z]{5}-?[0-9a-z]{5})$`)
)

// createDevice is GET /api/totp/create/.
func createDevice(c *gin.Context) error {
	who, err := identify(c)
	if err != nil {
		return err
	}
	begun, err := begin(c, who)
	if err != nil {
		return err
	}
	var body strings.Builder
	plain := json.NewEncoder(&body)
	plain.SetEscapeHTML(false) // people copy it from the answer as it stands
	if err := plain.Encode(newOTPAuthURL(begun)); err != nil {
		return err
	}
	c.Abort()
	c.Data(http.StatusCreated, "application/json", []byte(body.String()))
	return nil
}

// begin begins to enrol an authenticator app, in a session or for a sign-in that needs one.
func begin(c *gin.Context, who *bearer) (*authflows.Enrolment, error) {
	flows, ctx := dialects.Flows(c), c.Request.Context()
	if who.caller != nil {
		return flows.BeginTOTP(ctx, who.caller, "")
	}
	begun, err := flows.Enrol(ctx, who.pending, amr.TOTP, "", dialects.Device(c))
	if fault.CodeOf(err) == fault.ChallengeExpired {
		err = fault.New(fault.StepUpRequired).Because(err) // it waits for the app that there is
	}
	return begun, err
}

// totpLogin is POST /api/totp/login/:code/.
func totpLogin(c *gin.Context) error {
	code := c.Param("code")
	if !appCode.MatchString(code) {
		return fault.New(fault.NotFound)
	}
	who, err := identify(c)
	if err != nil {
		return err
	}
	flows, ctx := dialects.Flows(c), c.Request.Context()
	if who.caller != nil && !slices.Contains(who.caller.User.Factors, amr.TOTP) {
		in, _, err := flows.ActivateBegunTOTP(ctx, who.caller, code, dialects.Device(c))
		if fault.CodeOf(err) != fault.ChallengeExpired {
			return answerProof(c, &authflows.Step{SignedIn: in}, err)
		}
		// None is begun in this session. Another one may have confirmed a device in the same moment.
	}
	step, err := prove(c, who, amr.TOTP, code)
	return answerProof(c, step, err)
}

// staticLogin is GET and POST /api/static/login/:code/.
func staticLogin(c *gin.Context) error {
	code := c.Param("code")
	if !emergencyCode.MatchString(code) {
		return fault.New(fault.NotFound)
	}
	who, err := identify(c)
	if err != nil {
		return err
	}
	step, err := prove(c, who, amr.RecoveryCode, code)
	return answerProof(c, step, err)
}

// prove answers with a second factor for a sign-in that waits for it, or for a session.
func prove(c *gin.Context, who *bearer, m amr.Method, code string) (*authflows.Step, error) {
	flows, ctx := dialects.Flows(c), c.Request.Context()
	answer := authflows.Answer{Challenge: who.pending, Factor: m, Code: code, Device: dialects.Device(c)}
	if who.pending != uuid.Nil {
		return flows.Answer(ctx, answer)
	}
	if err := flows.Confirm(ctx, who.caller, answer); err != nil {
		return nil, err
	}
	in, err := flows.Renew(ctx, who.caller)
	return &authflows.Step{SignedIn: in}, err
}

// answerProof answers with the token that a code was exchanged for. For every wrong code, and where there is nothing that it
// could be of, the body is empty.
func answerProof(c *gin.Context, step *authflows.Step, err error) error {
	if err != nil {
		return inWords(err, table[fault.WrongCode], fault.FactorNotOffered, fault.InvalidInput)
	}
	return handOut(c, http.StatusCreated, step)
}

// createCodes is GET /api/static/create/.
func createCodes(c *gin.Context) error {
	caller, err := verified(c)
	if err != nil {
		return err
	}
	codes, err := dialects.Flows(c).MakeRecoveryCodes(c.Request.Context(), caller, dialects.Device(c))
	if err != nil {
		return err
	}
	dialects.Answer(c, http.StatusCreated, emergencyCodes(codes))
	return nil
}

// deleteDevices is POST /api/totp/delete/.
func deleteDevices(c *gin.Context) error {
	caller, err := verified(c)
	if err != nil {
		return err
	}
	flows, ctx := dialects.Flows(c), c.Request.Context()
	err = flows.RemoveTOTP(ctx, caller, dialects.Device(c))
	if err != nil && fault.CodeOf(err) != fault.NotFound { // where there is none, there is none afterwards
		return err
	}
	if _, err := flows.LogoutOthers(ctx, caller); err != nil {
		return err
	}
	in, err := flows.Renew(ctx, caller)
	if err != nil {
		return err
	}
	dialects.Answer(c, http.StatusOK, tokenAnswer{in.AccessToken})
	return nil
}
