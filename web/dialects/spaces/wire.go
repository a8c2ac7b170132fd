package spaces

import (
	"strconv"
	"strings"

	"github.com/tenantgate/tenantgate/authflows"
)

// The bodies.
type (
	newUser struct {
		Email    string `json:"email" format:"email" example:"ann@example.com"`
		Password string `json:"password"`
		Captcha  string `json:"captcha,omitempty" doc:"Token of a solved captcha, where the tenant asks for one"`
	}
	credentials struct {
		Email    string `json:"email" example:"ann@example.com"`
		Password string `json:"password"`
		Captcha  string `json:"captcha,omitempty" doc:"Token of a solved captcha, where the tenant asks for one"`
	}
	oldToken struct {
		Token string `json:"token" doc:"A token that has not expired"`
	}
	currentPassword struct {
		CurrentPassword string `json:"current_password"`
	}
	passwordChange struct {
		CurrentPassword string `json:"current_password"`
		NewPassword     string `json:"new_password"`
	}
	resetRequest struct {
		Email string `json:"email" format:"email" example:"ann@example.com"`
	}
	resetConfirmation struct {
		UID         string `json:"uid" doc:"The first half of what was mailed"`
		Token       string `json:"token" doc:"The second half of what was mailed"`
		NewPassword string `json:"new_password"`
	}
)

// The answers.
type (
	tokenAnswer struct {
		Token string `json:"token"`
	}
	userAnswer struct {
		ID    int64  `json:"id"`
		Email string `json:"email"`
	}
	detailAnswer struct {
		Detail string `json:"detail"`
	}
	// fieldErrors holds what is wrong by field, and under non_field_errors what is no single field's.
	fieldErrors map[string][]string
	// otpauthURL is a JSON string.
	otpauthURL string
	// emergencyCodes are shown once.
	emergencyCodes []string
)

// newUserAnswer tells of a user with the client's id of it.
func newUserAnswer(u *authflows.User, alias string) userAnswer {
	id, _ := strconv.ParseInt(alias, 10, 64)
	return userAnswer{ID: id, Email: u.Email}
}

// newOTPAuthURL is the URL of a device as the original writes it: with the account alone for a label, and no issuer.
func newOTPAuthURL(e *authflows.Enrolment) otpauthURL {
	const head = "otpauth://totp/"
	label, _, _ := strings.Cut(strings.TrimPrefix(e.OTPAuthURI, head), "?")
	if _, account, ok := strings.Cut(label, ":"); ok {
		label = account
	}
	return otpauthURL(head + label + "?secret=" + e.Secret + "&algorithm=SHA1&digits=6&period=30")
}
