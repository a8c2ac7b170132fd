package waanverse

import (
	"maps"
	"net/http"

	"github.com/tenantgate/tenantgate/web/dialects"
)

// The ways to prove who asks, by their names in the description.
const (
	bearerScheme = "bearer"
	cookieScheme = "cookie"
	renewScheme  = "refresh"
)

func routes() []dialects.Route {
	out := append(sessionRoutes(), signupRoutes()...)
	return append(append(out, factorRoutes()...), passwordRoutes()...)
}

// answers are those of an endpoint with those that each may give.
func answers(own map[int]any) map[int]any {
	out := map[int]any{
		http.StatusBadRequest: dialects.FieldErrors{}, http.StatusForbidden: detailView{},
		http.StatusRequestEntityTooLarge: detailView{}, http.StatusUnsupportedMediaType: detailView{},
		http.StatusTooManyRequests: detailView{}, http.StatusInternalServerError: detailView{},
		http.StatusServiceUnavailable: detailView{},
	}
	maps.Copy(out, own)
	return out
}

// open is an endpoint for everybody, with a body.
func open(summary, about string, body any, own map[int]any) dialects.Doc {
	return dialects.Doc{Summary: summary, About: about, Body: body, Forms: body != nil, Answers: answers(own)}
}

// closed is one for whoever is signed in.
func closed(summary, about string, body any, own map[int]any) dialects.Doc {
	own[http.StatusUnauthorized] = detailView{}
	doc := open(summary, about, body, own)
	doc.Security = []string{bearerScheme, cookieScheme}
	return doc
}

const freshNeeded = "The sign-in must be of the last ten minutes, with the second factor where there is one; else the answer is 403."

func sessionRoutes() []dialects.Route {
	renewing := open("Renew the access token", "The token comes in the cookie, else in the body, else as a bearer.", refreshBody{},
		map[int]any{200: accessView{}, 400: refreshErrorView{}, 401: refreshErrorView{}})
	renewing.Security = []string{renewScheme, bearerScheme}
	bare := renewing
	bare.Body, bare.Forms = nil, false
	return []dialects.Route{
		{Method: http.MethodGet, Path: "/refresh/", Serve: refresh, Acts: true, Doc: bare},
		{Method: http.MethodPost, Path: "/refresh/", Serve: refresh, Doc: renewing},
		{Method: http.MethodGet, Path: "/me/", Serve: signed(me), Doc: closed(
			"Who is signed in", "", nil, map[int]any{200: userView{}})},
		{Method: http.MethodGet, Path: "/home/", Serve: signed(home), Doc: closed(
			"A greeting for whoever is signed in", "", nil, map[int]any{200: homeView{}})},
		{Method: http.MethodGet, Path: "/sessions/", Serve: signed(sessions), Doc: closed(
			"The live sessions of the user", "", nil, map[int]any{200: []sessionView{}})},
		{Method: http.MethodPost, Path: "/logout/", Serve: signed(logout), Doc: closed(
			"End the session", "", nil, map[int]any{200: statusView{}})},
		{Method: http.MethodPost, Path: "/login/", Serve: login, Doc: open(
			"Sign in with a password",
			"Where the account has a second factor, mfa stands in place of the tokens and is sent to /mfa/login/ with the code.",
			loginBody{}, map[int]any{200: loginView{}})},
		{Method: http.MethodPost, Path: "/mfa/login/", Serve: mfaLogin, Doc: open(
			"Go on with a sign-in by its second factor", "", secondBody{}, map[int]any{200: signedInView{}, 400: errorView{}})},
	}
}

func signupRoutes() []dialects.Route {
	verifying := open("Verify an address by the mailed code",
		"With the credential of an account it verifies that account's address; else the browser that sent it may sign up with it.",
		verifyBody{}, map[int]any{200: verifiedView{}, 401: detailView{}})
	verifying.Security = []string{bearerScheme, cookieScheme}
	return []dialects.Route{
		{Method: http.MethodPost, Path: "/signup/", Serve: signup, Doc: open(
			"Sign up and sign in", "", signupBody{}, map[int]any{201: signedInView{}})},
		{Method: http.MethodPost, Path: "/signup/email/initiate-verification/", Serve: initiateVerification, Doc: open(
			"Mail a code that verifies an address", "", addressBody{}, map[int]any{200: mailedView{}})},
		{Method: http.MethodPost, Path: "/signup/email/verify/", Serve: verify, Doc: verifying},
	}
}

func factorRoutes() []dialects.Route {
	failed := map[int]any{400: detailView{}}
	with := func(status int, body any) map[int]any {
		out := maps.Clone(failed)
		out[status] = body
		return out
	}
	shown := with(200, codesView{})
	shown[404] = noneView{}
	return []dialects.Route{
		{Method: http.MethodPost, Path: "/mfa/get-secret/", Serve: signed(getSecret), Doc: closed(
			"Begin to set an authenticator app up", "Each call voids the secret of the one before. "+freshNeeded,
			nil, with(200, secretView{}))},
		{Method: http.MethodPost, Path: "/mfa/activate/", Serve: signed(activate), Doc: closed(
			"Turn the second factor on by a first code", "Recovery codes are made: /mfa/recovery-codes/ shows them.",
			codeBody{}, with(200, detailView{}))},
		{Method: http.MethodPost, Path: "/mfa/deactivate/", Serve: signed(deactivate), Doc: closed(
			"Turn the second factor off", "", deactivateBody{}, with(200, detailView{}))},
		{Method: http.MethodGet, Path: "/mfa/recovery-codes/", Serve: signed(recoveryCodes), Doc: closed(
			"Show the recovery codes that are left", "Those that were made by this API. "+freshNeeded, nil, shown)},
		{Method: http.MethodPost, Path: "/mfa/generate-recovery-codes/", Serve: signed(makeRecoveryCodes), Doc: closed(
			"Make new recovery codes", "The old ones are void. "+freshNeeded, nil, with(200, codesView{}))},
	}
}

func passwordRoutes() []dialects.Route {
	return []dialects.Route{
		{Method: http.MethodPost, Path: "/password/reset/", Serve: requestReset, Doc: open(
			"Mail a code that resets the password", "The answer is the same for an address that nobody has.",
			addressBody{}, map[int]any{200: resetView{}})},
		{Method: http.MethodPost, Path: "/password/new-password/", Serve: newPassword, Doc: open(
			"Set a password by the mailed code", "All sessions end.", newPasswordBody{}, map[int]any{200: messageView{}})},
	}
}
