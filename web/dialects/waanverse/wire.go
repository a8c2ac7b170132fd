package waanverse

import (
	"time"

	"github.com/tenantgate/tenantgate/authflows"
)

// What requests hold, for the description.
type (
	loginBody struct {
		LoginField     string `json:"login_field" doc:"E-mail address, username or phone number"`
		Password       string `json:"password"`
		TurnstileToken string `json:"turnstile_token,omitempty" doc:"Needed where the tenant asks for a captcha"`
	}
	signupBody struct {
		Username        string `json:"username" minLength:"4" maxLength:"20" pattern:"^[A-Za-z0-9_.-]+$"`
		EmailAddress    string `json:"email_address"`
		Password        string `json:"password"`
		ConfirmPassword string `json:"confirm_password"`
		TurnstileToken  string `json:"turnstile_token,omitempty" doc:"Needed where the tenant asks for a captcha"`
	}
	addressBody struct {
		EmailAddress string `json:"email_address"`
	}
	verifyBody struct {
		EmailAddress string `json:"email_address"`
		Code         string `json:"code" doc:"Of the mail"`
	}
	codeBody struct {
		Code string `json:"code" doc:"What the authenticator app shows"`
	}
	deactivateBody struct {
		Code     string `json:"code" doc:"What the authenticator app shows, or a recovery code"`
		Password string `json:"password"`
	}
	secondBody struct {
		Code   string `json:"code" doc:"What the authenticator app shows, or a recovery code"`
		UserID string `json:"user_id" doc:"The member mfa of the sign-in; with the cookie mfa also the id of the account"`
	}
	newPasswordBody struct {
		EmailAddress    string `json:"email_address"`
		Code            string `json:"code" doc:"Of the mail"`
		NewPassword     string `json:"new_password"`
		ConfirmPassword string `json:"confirm_password"`
	}
	refreshBody struct {
		RefreshToken string `json:"refresh_token,omitempty" doc:"Where no cookie holds it"`
	}
)

// What answers hold.
type (
	userView struct {
		Username     string `json:"username"`
		ID           string `json:"id"`
		EmailAddress string `json:"email_address"`
	}
	signedInView struct {
		Status       string   `json:"status"`
		User         userView `json:"user"`
		AccessToken  string   `json:"access_token"`
		RefreshToken string   `json:"refresh_token"`
	}
	pendingView struct {
		Status string `json:"status"`
		MFA    string `json:"mfa" doc:"What to send as user_id with the code, within five minutes"`
	}
	// loginView is either of the two.
	loginView struct {
		Status       string    `json:"status"`
		User         *userView `json:"user,omitempty"`
		AccessToken  string    `json:"access_token,omitempty"`
		RefreshToken string    `json:"refresh_token,omitempty"`
		MFA          string    `json:"mfa,omitempty" doc:"In place of the others: what to send as user_id with the code"`
	}
	accessView struct {
		Message     string `json:"message"`
		AccessToken string `json:"access_token"`
	}
	statusView struct {
		Status string `json:"status"`
	}
	homeView struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}
	messageView struct {
		Message string `json:"message"`
	}
	detailView struct {
		Detail string `json:"detail"`
	}
	mailedView struct {
		Message      string `json:"message"`
		EmailAddress string `json:"email_address"`
		Status       string `json:"status"`
	}
	verifiedView struct {
		Message string `json:"message"`
		Email   string `json:"email"`
		Status  string `json:"status"`
	}
	resetView struct {
		Message string `json:"message"`
		Status  string `json:"status"`
	}
	secretView struct {
		SecretKey       string `json:"secret_key" doc:"In base32, as it is typed in"`
		ProvisioningURI string `json:"provisioning_uri"`
	}
	codesView struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	noneView struct {
		Msg string `json:"msg"`
	}
	errorView struct {
		Error string `json:"error"`
		Code  string `json:"code,omitempty"`
	}
	refreshErrorView struct {
		Error     string `json:"error"`
		ErrorCode string `json:"error_code"`
	}
	sessionView struct {
		ID        string `json:"id"`
		SessionID string `json:"session_id" format:"uuid" doc:"What tokens call sid"`
		UserAgent string `json:"user_agent"`
		IPAddress string `json:"ip_address"`
		CreatedAt string `json:"created_at" format:"date-time"`
		LastUsed  string `json:"last_used" format:"date-time"`
		IsActive  bool   `json:"is_active"`
	}
)

const success = "success"

func viewUser(u *authflows.User) userView {
	return userView{Username: u.Username, ID: u.PublicID(), EmailAddress: u.Email}
}

func viewSession(s *authflows.Session) sessionView {
	return sessionView{
		ID: s.PublicID(), SessionID: s.ID.String(), UserAgent: s.UserAgent, IPAddress: s.Address,
		CreatedAt: moment(s.CreatedAt), LastUsed: moment(s.LastSeenAt), IsActive: true, // only live ones are listed
	}
}

// moment is a time as the wire has it: ISO 8601 in UTC with microseconds.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
