package axor

import (
	"net/http"

	"github.com/tenantgate/tenantgate/web/dialects"
)

// prefix is URI_PREFIX.
const prefix = "/api/user"

func routes() []dialects.Route {
	return append(append(userRoutes(), totpRoutes()...), linkRoutes()...)
}

// The bodies of requests, for the description.
type (
	loginBody struct {
		Email    string `json:"email" maxLength:"150"`
		Password string `json:"password"`
		Code     string `json:"code,omitempty" doc:"Of the authenticator app, or a backup code. Needed where the user has an app"`
		Captcha  string `json:"captcha,omitempty" doc:"Needed where the tenant asks for one"`
	}
	registerBody struct {
		Email     string `json:"email" maxLength:"150"`
		Password  string `json:"password"`
		FirstName string `json:"first_name" maxLength:"150"`
		LastName  string `json:"last_name" maxLength:"150"`
		Captcha   string `json:"captcha,omitempty" doc:"Needed where the tenant asks for one"`
	}
	tokenBody struct {
		Token string `json:"token" doc:"Of the mail"`
	}
	consumeBody struct {
		Token string `json:"token" doc:"Of the mail"`
		Code  string `json:"code,omitempty" doc:"As at login"`
	}
	emailBody struct {
		Email string `json:"email"`
	}
	resetBody struct {
		Token    string `json:"token" doc:"Of the mail"`
		Password string `json:"password"`
	}
	codeBody struct {
		Code string `json:"code"`
	}
	idBody struct {
		ID string `json:"id" format:"uuid" doc:"Of the session or token"`
	}
	changePasswordBody struct {
		OldPassword string `json:"old_password"`
		NewPassword string `json:"new_password"`
	}
	changeNameBody struct {
		FirstName string `json:"first_name" maxLength:"150"`
		LastName  string `json:"last_name" maxLength:"150"`
	}
)

// answers are those of an endpoint with those that each may give.
func answers(status int, body any, more ...int) map[int]any {
	out := map[int]any{
		status: body, http.StatusBadRequest: problem{}, http.StatusForbidden: detail{},
		http.StatusRequestEntityTooLarge: problem{}, http.StatusUnsupportedMediaType: detail{},
		http.StatusTooManyRequests: problem{}, http.StatusInternalServerError: problem{}, http.StatusServiceUnavailable: problem{},
	}
	for _, status := range more {
		out[status] = problem{}
	}
	return out
}

// both are the modes.
var both = []string{"session", "app"}

func userRoutes() []dialects.Route {
	return []dialects.Route{
		{Method: http.MethodPost, Path: prefix + "/login/", Serve: login, Doc: dialects.Doc{
			Summary: "Sign in", Body: loginBody{}, Forms: true,
			About:   "Without the code that a user needs the answer is 401 TOTPRequired: send all again, with the code.",
			Answers: answers(http.StatusOK, signedInView{}, http.StatusUnauthorized),
		}},
		{Method: http.MethodPost, Path: prefix + "/register/", Serve: register, Doc: dialects.Doc{
			Summary: "Register and sign in", Body: registerBody{}, Forms: true,
			About: "Where the tenant has addresses verified first, the answer is 400 InvalidRegistrationInfo, a link is mailed, and " +
				"verify_email makes the user.",
			Answers: answers(http.StatusOK, signedInView{}),
		}},
		{Method: http.MethodPost, Path: prefix + "/logout/", Serve: signed(logout), Doc: dialects.Doc{
			Summary: "Sign out", Answers: answers(http.StatusOK, nil), Security: both,
		}},
		{Method: http.MethodGet, Path: prefix + "/me/", Serve: signed(me), Doc: dialects.Doc{
			Summary: "Who is signed in", Answers: answers(http.StatusOK, meView{}), Security: both,
			About: "In app-token mode the user stands alone, without the member user around it.",
		}},
		{Method: http.MethodPost, Path: prefix + "/verify_email/", Serve: verifyEmail, Doc: dialects.Doc{
			Summary: "Verify the address by the mailed token", Body: tokenBody{}, Forms: true, Answers: answers(http.StatusNoContent, nil),
		}},
		{Method: http.MethodPost, Path: prefix + "/verify_email/resend/", Serve: signed(resendVerification), Doc: dialects.Doc{
			Summary: "Mail the link again", Answers: answers(http.StatusNoContent, nil), Security: both,
		}},
		{Method: http.MethodPut, Path: prefix + "/change_password/", Serve: signed(changePassword), Doc: dialects.Doc{
			Summary: "Change the password", Body: changePasswordBody{}, Forms: true, Answers: answers(http.StatusNoContent, nil), Security: both,
			About: "All other sessions and tokens end.",
		}},
		{Method: http.MethodPut, Path: prefix + "/change_name/", Serve: signed(changeName), Doc: dialects.Doc{
			Summary: "Change the name", Body: changeNameBody{}, Forms: true, Answers: answers(http.StatusOK, userView{}), Security: both,
		}},
		{Method: http.MethodGet, Path: prefix + "/active_sessions/", Serve: signed(activeSessions), Doc: dialects.Doc{
			Summary: "List the user's sessions and tokens", Answers: answers(http.StatusOK, sessionsView{}), Security: both,
		}},
		{Method: http.MethodPost, Path: prefix + "/active_sessions/close/", Serve: signed(closeSession), Doc: dialects.Doc{
			Summary: "End a session or token", Body: idBody{}, Forms: true, Answers: answers(http.StatusNoContent, nil), Security: both,
		}},
		{Method: http.MethodPost, Path: prefix + "/active_sessions/close_except_current/", Serve: signed(closeOthers), Doc: dialects.Doc{
			Summary: "End the others of the same kind", Answers: answers(http.StatusNoContent, nil), Security: both,
		}},
	}
}

func totpRoutes() []dialects.Route {
	return []dialects.Route{
		{Method: http.MethodPost, Path: prefix + "/totp/init/", Serve: signed(initTOTP), Doc: dialects.Doc{
			Summary: "Begin to set up an authenticator app", Answers: answers(http.StatusCreated, enrolmentView{}), Security: both,
			About: "It needs a sign-in of the last minutes; else the answer is 403.",
		}},
		{Method: http.MethodPost, Path: prefix + "/totp/enable/", Serve: signed(enableTOTP), Doc: dialects.Doc{
			Summary: "Set the app up by its first code", Body: codeBody{}, Forms: true, Answers: answers(http.StatusOK, nil), Security: both,
		}},
		{Method: http.MethodPut, Path: prefix + "/totp/disable/", Serve: signed(disableTOTP), Doc: dialects.Doc{
			Summary: "Remove the app", Body: codeBody{}, Forms: true, Answers: answers(http.StatusOK, nil), Security: both,
		}},
		{Method: http.MethodPost, Path: prefix + "/totp/new-backup-codes/", Serve: signed(newBackupCodes), Doc: dialects.Doc{
			Summary: "Make new backup codes", Body: codeBody{}, Forms: true, Answers: answers(http.StatusOK, backupCodesView{}), Security: both,
			About: "The old ones are void.",
		}},
	}
}

func linkRoutes() []dialects.Route {
	return []dialects.Route{
		{Method: http.MethodPost, Path: prefix + "/forgot_password/request/", Serve: requestReset, Doc: dialects.Doc{
			Summary: "Mail a link to choose a new password by", Body: emailBody{}, Forms: true, Answers: answers(http.StatusNoContent, nil),
			About: "The answer is the same for an address that nobody has, and again within half an hour, when nothing is mailed.",
		}},
		{Method: http.MethodPost, Path: prefix + "/forgot_password/validate/", Serve: validateReset, Doc: dialects.Doc{
			Summary: "Ask whether the mailed token is good", Body: tokenBody{}, Forms: true, Answers: answers(http.StatusNoContent, nil),
		}},
		{Method: http.MethodPost, Path: prefix + "/forgot_password/reset/", Serve: reset, Doc: dialects.Doc{
			Summary: "Choose a new password by the mailed token", Body: resetBody{}, Forms: true, Answers: answers(http.StatusNoContent, nil),
			About: "All sessions and tokens end.",
		}},
		{Method: http.MethodPost, Path: prefix + "/magic_link/request/", Serve: requestMagicLink, Doc: dialects.Doc{
			Summary: "Mail a link to sign in by", Body: emailBody{}, Forms: true, Answers: answers(http.StatusNoContent, nil),
		}},
		{Method: http.MethodPost, Path: prefix + "/magic_link/consume/", Serve: consumeMagicLink, Doc: dialects.Doc{
			Summary: "Sign in by the mailed token", Body: consumeBody{}, Forms: true,
			About:   "Without the code that a user needs the answer is 401 TOTPRequired: send all again, with the code.",
			Answers: answers(http.StatusOK, signedInView{}, http.StatusUnauthorized),
		}},
	}
}
