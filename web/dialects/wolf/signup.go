package wolf

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

var registerWords = words{lines: map[fault.Code]line{fault.MethodDisabled: registrationDisabled}}

// register says the same whether the account exists from now on or once its address is proven.
func register(c *gin.Context) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	signup := authflows.SignupInput{
		Username: in.username(), Email: in.email(), Password: in.newPassword("password"),
		Captcha: in.form.Text("captcha"), Device: dialects.Device(c),
	}
	if err := in.err(); err != nil {
		return err
	}
	if _, err := dialects.Flows(c).Signup(c.Request.Context(), signup); err != nil {
		return registerWords.of(err)
	}
	return tell(c, http.StatusCreated, "PENDING_CONFIRMATION", "Please confirm your email address to complete the registration.")
}

// linkWords are those of what a mailed token does.
var linkWords = words{
	lines: map[fault.Code]line{fault.WrongCode: spentLink},
	names: map[string]string{"new_password": "password"},
}

func activate(c *gin.Context) error {
	_, err := dialects.Flows(c).AnswerToken(c.Request.Context(), c.Param("token"),
		authflows.Answer{Device: dialects.Device(c)}, authflows.ForSignup, authflows.ForAddress)
	if err != nil {
		return linkWords.of(err)
	}
	return tellNewly(c, "ACTIVATED", "Your account is now activated.")
}

var alreadyActivated = lettered(http.StatusConflict, "NON_EXISTENT_OR_ALREADY_ACTIVATED",
	"There is no account with this email, or it is activated already.")

var resendWords = words{lines: map[fault.Code]line{fault.IdentifierTaken: alreadyActivated, fault.NotFound: alreadyActivated}}

func resendActivation(c *gin.Context) error {
	in, err := readSheet(c)
	if err != nil {
		return err
	}
	email := in.email()
	if err := in.err(); err != nil {
		return err
	}
	if err := dialects.Flows(c).MailAddress(c.Request.Context(), email, dialects.Device(c)); err != nil {
		return resendWords.of(err)
	}
	return tellNewly(c, "PENDING_CONFIRMATION", "Please check your email to complete the registration.")
}
