package waanverse

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func signup(c *gin.Context) error {
	in, err := readSignup(c)
	if err != nil {
		return err
	}
	step, err := dialects.Flows(c).Signup(c.Request.Context(), in)
	if err != nil {
		return signupFaults.say(err)
	}
	if in.AddressProof != uuid.Nil {
		dialects.ClearCookies(c, name, proofCookie)
	}
	if step.SignedIn == nil {
		return enrolElsewhere.because(fault.New(fault.FactorNotOffered))
	}
	return answerSignedIn(c, http.StatusCreated, step.SignedIn)
}

func readSignup(c *gin.Context) (in authflows.SignupInput, err error) {
	form, err := read(c)
	if err != nil {
		return in, err
	}
	wrong := dialects.FieldErrors{}
	in = authflows.SignupInput{
		Username: strings.ToLower(wrong.Text(form, usernameField)), Email: wrong.Address(form, emailField),
		Password: wrong.Secret(form, "password"), Captcha: optional(wrong, form, captchaField), Device: dialects.Device(c),
	}
	checkUsername(wrong, in.Username)
	checkTwice(wrong, in.Password, wrong.Secret(form, confirmField))
	// The proof of an address is worth something in the browser that gave it alone.
	in.AddressProof, _ = ids.Parse(ids.Challenge, dialects.Cookie(c, proofCookie))
	return in, wrong.Or()
}

// reserved are the usernames that the wire gives to nobody.
var reserved = []string{"admin", "administrator", "root", "system"}

var usernameCharacters = regexp.MustCompile(`^[a-z0-9_.-]*$`)

// checkUsername notes how a username that was sent breaks the wire's rules.
func checkUsername(wrong dialects.FieldErrors, username string) {
	if len(wrong[usernameField]) > 0 {
		return
	}
	if n := utf8.RuneCountInString(username); n < 4 || n > 20 {
		wrong.Add(usernameField, "Use 4 to 20 characters.")
	}
	if !usernameCharacters.MatchString(username) {
		wrong.Add(usernameField, "Use letters, digits, underscores, dots and hyphens only.")
	}
	if slices.Contains(reserved, username) {
		wrong.Add(usernameField, "This name is reserved.")
	}
}

// checkTwice notes that a password was typed differently the second time.
func checkTwice(wrong dialects.FieldErrors, password, again string) {
	if len(wrong[confirmField]) == 0 && password != again {
		wrong.Add(confirmField, "The passwords are not the same.")
	}
}

func initiateVerification(c *gin.Context) error {
	form, err := read(c)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	email := wrong.Address(form, emailField)
	if err := wrong.Or(); err != nil {
		return err
	}
	if err := dialects.Flows(c).MailAddress(c.Request.Context(), email, dialects.Device(c)); err != nil {
		return initiateFaults.say(err)
	}
	return httpx.JSON(c, http.StatusOK, mailedView{"A code was mailed to this address.", email, codeSent})
}

// verify proves the address of the account whose credential comes along, else one that is to sign up in this browser.
func verify(c *gin.Context) error {
	me, err := caller(c)
	if err != nil {
		return err
	}
	form, err := read(c)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	email, code := wrong.Address(form, emailField), wrong.Text(form, codeField)
	if err := wrong.Or(); err != nil {
		return err
	}
	proof, err := dialects.Flows(c).ProveAddress(c.Request.Context(), me, email, code, dialects.Device(c))
	if errors.Is(err, authflows.ErrLate) {
		return lateProof.because(err)
	}
	if err != nil {
		return verifyFaults.say(err)
	}
	if proof != uuid.Nil {
		dialects.SetCookie(c, name, proofCookie, ids.Format(ids.Challenge, proof), proofLife)
	}
	return httpx.JSON(c, http.StatusOK, verifiedView{"The address is verified.", email, "verified"})
}
