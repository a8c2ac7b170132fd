package axor

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

func register(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return registerFaults.say(err)
	}
	wrong := dialects.FieldErrors{}
	email, password := bounded(wrong, form, "email"), wrong.Secret(form, "password")
	first, last := bounded(wrong, form, "first_name"), bounded(wrong, form, "last_name")
	if len(wrong) > 0 {
		return lacking(wrongRegistration(wrong))
	}
	profile, err := withNames(nil, first, last)
	if err != nil {
		return err
	}
	step, err := dialects.Flows(c).Signup(c.Request.Context(), authflows.SignupInput{
		Email: email, Password: password, Name: joined(first, last), Profile: profile,
		Captcha: form.Text("captcha"), Device: dialects.Device(c),
	})
	switch {
	case err != nil:
		return registerFaults.say(err)
	case step.SignedIn != nil:
		return signedIn(c, step.SignedIn)
	case step.Challenge.Kind == authflows.KindEmailCode:
		return lacking(wrongRegistration(dialects.OneError(dialects.NonField,
			"Verify the address first, by the link that was just mailed to it. Then sign in.")))
	default:
		return lacking(wrongRegistration(dialects.OneError(dialects.NonField,
			"An account needs a second factor here, which cannot be set up this way.")))
	}
}

var verifyFaults = table{
	fault.ChallengeExpired: invalidToken, fault.WrongCode: invalidToken, fault.IdentifierTaken: invalidToken,
}

// verifyEmail proves the address of a user, or makes the user who waited for that.
func verifyEmail(c *gin.Context) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	token, ok := given(form, "token")
	if !ok {
		return lacking(noToken)
	}
	in := authflows.Answer{Device: dialects.Device(c)}
	if who, err := caller(c); err == nil {
		in.Caller = who // where the link was opened is where the account was made
	}
	_, err = dialects.Flows(c).AnswerToken(c.Request.Context(), token, in, authflows.ForSignup, authflows.ForAddress)
	if err != nil {
		return verifyFaults.say(err)
	}
	return done(c, http.StatusNoContent)
}

var (
	emailVerified = bad("EmailVerified", "Email verified", "The address is verified already.")
	resendFailed  = bad("EmailVerificationFailed", "Email verification failed", "The mail could not be sent.")

	resendFaults = table{
		fault.IdentifierTaken: emailVerified,
		fault.MailUnavailable: resendFailed,
		fault.InvalidInput:    resendFailed, // a user without an address
		fault.NotFound:        resendFailed, // one whose address has changed in the same moment
		fault.RateLimited: bad("EmailVerificationLinkSentRecently", "Email verification link sent recently",
			"A link was mailed a short while ago. Wait before you ask for another one."),
	}
)

func resendVerification(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	if who.User.EmailVerified {
		return lacking(emailVerified)
	}
	if err := flows.MailAddress(c.Request.Context(), who.User.Email, dialects.Device(c)); err != nil {
		return resendFaults.say(err)
	}
	return done(c, http.StatusNoContent)
}
