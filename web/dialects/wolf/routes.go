package wolf

import (
	"maps"
	"net/http"

	"github.com/tenantgate/tenantgate/web/dialects"
)

type registerBody struct {
	Username string `json:"username" minLength:"3" maxLength:"28" pattern:"^[0-9A-Za-z]+$"`
	Email    string `json:"email"`
	Password string `json:"password" minLength:"8" maxLength:"56" doc:"The tenant may ask for more"`
	Captcha  string `json:"captcha,omitempty" doc:"Where the tenant asks for one"`
}

type loginBody struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Captcha  string `json:"captcha,omitempty" doc:"Where the tenant asks for one"`
}

type twoFactorBody struct {
	Token string `json:"token" doc:"Of the login; Token is read too"`
	Code  string `json:"code" doc:"Of the authenticator app, or a backup code; Code is read too"`
}

type refreshBody struct {
	RefreshToken string `json:"refresh_token"`
}

type emailBody struct {
	Email string `json:"email"`
}

type resetBody struct {
	Password        string `json:"password" minLength:"8" maxLength:"56"`
	ComfirmPassword string `json:"comfirmPassword" doc:"The same again; spelt as in the original"`
}

type codeBody struct {
	Code string `json:"code" doc:"What the authenticator app shows"`
}

type changeBody struct {
	OldPassword string `json:"oldPassword"`
	NewPassword string `json:"newPassword" minLength:"8" maxLength:"56"`
}

func routes() []dialects.Route {
	return append(open(), own()...)
}

// open are the routes for anybody.
func open() []dialects.Route {
	return []dialects.Route{
		{Method: http.MethodPost, Path: "/api/auth/register", Serve: register, Doc: dialects.Doc{
			Summary: "Register", About: "Mails the link that activates the account.",
			Body: registerBody{}, Forms: true, Answers: withBody(http.StatusCreated, notice{}, http.StatusConflict),
		}},
		{Method: http.MethodPost, Path: "/api/auth/login", Serve: withNumber.around(login), Doc: dialects.Doc{
			Summary: "Log in", About: "Answers the tokens, or the token that the code of the second factor is sent with.",
			Body: loginBody{}, Forms: true, Answers: withBody(http.StatusOK, loginAnswer{}, http.StatusConflict),
		}},
		{Method: http.MethodPost, Path: "/api/auth/two-factor", Serve: withNumber.around(twoFactor), Doc: dialects.Doc{
			Summary: "Complete a login with the second factor",
			Body:    twoFactorBody{}, Forms: true,
			Answers: withBody(http.StatusOK, loggedIn{}, http.StatusUnauthorized, http.StatusConflict),
		}},
		{Method: http.MethodPost, Path: "/api/auth/refresh", Serve: withNumber.around(refresh), Doc: dialects.Doc{
			Summary: "Refresh the tokens",
			About:   "The token that was sent counts no more; sent again after ten seconds it ends the login.",
			Body:    refreshBody{}, Forms: true, Answers: guarded(withBody(http.StatusOK, pair{})),
		}},
		{Method: http.MethodPost, Path: "/api/auth/logout", Serve: logout, Doc: dialects.Doc{
			Summary: "Log out", About: "Takes an access token that has expired, too.",
			Answers: guarded(plain(http.StatusOK, notice{})), Security: []string{bearer},
		}},
		{Method: http.MethodPut, Path: "/api/user/activate-account/:token", Serve: activate, Doc: dialects.Doc{
			Summary: "Activate an account by the mailed token",
			Answers: plain(http.StatusOK, message{}, http.StatusBadRequest, http.StatusConflict),
		}},
		{Method: http.MethodPost, Path: "/api/user/activate-account/resend", Serve: resendActivation, Doc: dialects.Doc{
			Summary: "Mail the activation again",
			Body:    emailBody{}, Forms: true, Answers: withBody(http.StatusOK, message{}, http.StatusConflict),
		}},
		{Method: http.MethodPost, Path: "/api/user/forgot-password", Serve: forgotPassword, Doc: dialects.Doc{
			Summary: "Mail a link by which to choose a new password",
			About:   "The same answer whether there is such an account or not; once in ten minutes.",
			Body:    emailBody{}, Forms: true, Answers: withBody(http.StatusOK, notice{}),
		}},
		{Method: http.MethodPost, Path: "/api/user/reset-password/:token", Serve: resetPassword, Doc: dialects.Doc{
			Summary: "Choose a new password by the mailed token", About: "All sessions end.",
			Body: resetBody{}, Forms: true, Answers: withBody(http.StatusOK, notice{}, http.StatusConflict),
		}},
	}
}

// own are the routes for whoever is signed in.
func own() []dialects.Route {
	signed := []string{bearer}
	return []dialects.Route{
		{Method: http.MethodGet, Path: "/api/account", Serve: signedIn(showAccount), Doc: dialects.Doc{
			Summary: "Read the account", Answers: guarded(plain(http.StatusOK, account{})), Security: signed,
		}},
		{Method: http.MethodPost, Path: "/api/account/two-factor", Serve: activated(beginTwoFactor), Doc: dialects.Doc{
			Summary: "Initialize Two Factor", About: "Needs a login within the last ten minutes.",
			Answers: guarded(plain(http.StatusOK, enrolment{}, http.StatusBadRequest, http.StatusConflict)), Security: signed,
		}},
		{Method: http.MethodPut, Path: "/api/account/two-factor", Serve: activated(enableTwoFactor), Doc: dialects.Doc{
			Summary: "Enable Two Factor by its first code",
			Body:    codeBody{}, Forms: true, Answers: guarded(withBody(http.StatusOK, message{}, http.StatusConflict)), Security: signed,
		}},
		{Method: http.MethodDelete, Path: "/api/account/two-factor", Serve: activated(disableTwoFactor), Doc: dialects.Doc{
			Summary: "Disable Two Factor", Query: map[string]string{"code": "Of the authenticator app, or a backup code"},
			Answers: guarded(plain(http.StatusOK, message{}, http.StatusBadRequest, http.StatusConflict)), Security: signed,
		}},
		{Method: http.MethodGet, Path: "/api/account/two-factor/backup-codes", Serve: activated(backupCodes), Doc: dialects.Doc{
			Summary: "Download the backup codes that are left", About: "Needs a second factor given within the last ten minutes.",
			Answers: guarded(plain(http.StatusOK, "12345678 23456789", http.StatusBadRequest)), Security: signed,
		}},
		{Method: http.MethodPut, Path: "/api/account/change-password", Serve: activated(changePassword), Doc: dialects.Doc{
			Summary: "Change the password", About: "All sessions end, this one too.",
			Body: changeBody{}, Forms: true, Answers: guarded(withBody(http.StatusOK, message{}, http.StatusConflict)), Security: signed,
		}},
		{Method: http.MethodGet, Path: "/api/sessions", Serve: activated(listSessions), Doc: dialects.Doc{
			Summary: "List the sessions", Answers: guarded(plain(http.StatusOK, sessionList{}, http.StatusBadRequest)), Security: signed,
		}},
		{Method: http.MethodDelete, Path: "/api/sessions/:id", Serve: activated(revokeSession), Doc: dialects.Doc{
			Summary:  "End a session",
			Answers:  guarded(plain(http.StatusOK, notice{}, http.StatusBadRequest, http.StatusNotFound)),
			Security: signed,
		}},
		{Method: http.MethodDelete, Path: "/api/sessions", Serve: activated(revokeSessions), Doc: dialects.Doc{
			Summary:  "End all sessions, this one too",
			Answers:  guarded(plain(http.StatusOK, notice{}, http.StatusBadRequest)),
			Security: signed,
		}},
	}
}

// plain are the answers of a route without a body: its success, and the errors given beside those of all.
func plain(status int, success any, refusals ...int) map[int]any {
	out := map[int]any{status: success}
	for _, s := range append(refusals, http.StatusForbidden, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusServiceUnavailable) {
		out[s] = problem{}
	}
	return out
}

// withBody are the answers of a route with a body.
func withBody(status int, success any, refusals ...int) map[int]any {
	return plain(status, success, append(refusals,
		http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)...)
}

// guarded adds the answer to who is not signed in.
func guarded(answers map[int]any) map[int]any {
	out := maps.Clone(answers)
	out[http.StatusUnauthorized] = http.StatusText(http.StatusUnauthorized)
	return out
}
