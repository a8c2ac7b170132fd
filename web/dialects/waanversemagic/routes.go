package waanversemagic

import (
	"maps"
	"net/http"

	"github.com/tenantgate/tenantgate/web/dialects"
)

// signedInBy is what routes of a signed-in user take.
var signedInBy = []string{"bearer", "cookie"}

// routes are the endpoints, as the original's document spells them.
func routes() []dialects.Route {
	return []dialects.Route{
		{Method: http.MethodPost, Path: "/signup/", Serve: signup, Doc: dialects.Doc{
			Summary: "Sign up by a mailed code",
			About: "Without code: mails one, good for ten minutes, and answers {\"status\":\"success\"}. With code: makes the user and signs in. " +
				"The tenant must have set magic.signup.",
			Body: mailedBody{}, Forms: true,
			Answers: takesBody(map[int]any{200: signedIn{}, 400: fieldErrors{}, 403: viewError{}}),
		}},
		{Method: http.MethodPost, Path: "/login/", Serve: login, Doc: dialects.Doc{
			Summary: "Sign in by a mailed code",
			About: "Without code: mails one to whoever has the address, good for ten minutes, and answers {\"status\":\"success\"} in any case. " +
				"With code: signs in.",
			Body: mailedBody{}, Forms: true,
			Answers: takesBody(map[int]any{200: signedIn{}, 400: fieldErrors{}, 403: viewError{}, 429: viewError{}}),
		}},
		{Method: http.MethodPost, Path: "/login/webauthn/", Serve: askPasskey, Doc: dialects.Doc{
			Summary: "Ask for a passkey", About: "Answers options for navigator.credentials.get, good for five minutes.",
			Answers: takesBody(map[int]any{200: requestOptions{}, 403: viewError{}}),
		}},
		{Method: http.MethodPost, Path: "/login/webauthn/verify-challenge/", Serve: loginPasskey, Doc: dialects.Doc{
			Summary: "Sign in by a passkey", About: "Takes what navigator.credentials.get returned.", Body: credential{},
			Answers: takesBody(map[int]any{200: signedIn{}, 400: viewError{}, 403: viewError{}}),
		}},
		{Method: http.MethodPost, Path: "/login/webauthn/options/", Serve: beginPasskey, Doc: dialects.Doc{
			Summary:  "Begin to register a passkey",
			About:    "Answers options for navigator.credentials.create. Where the last proof is too old: 403, and the user signs in again.",
			Answers:  takesBody(map[int]any{200: creationOptions{}, 400: viewError{}, 401: detail{}, 403: viewError{}}),
			Security: signedInBy,
		}},
		{Method: http.MethodPost, Path: "/login/webauthn/verify/", Serve: addPasskey, Doc: dialects.Doc{
			Summary: "Register a passkey", About: "Takes what navigator.credentials.create returned.", Body: newCredential{},
			Answers:  takesBody(map[int]any{201: registered{}, 400: viewError{}, 401: detail{}, 403: viewError{}}),
			Security: signedInBy,
		}},
		{Method: http.MethodPost, Path: "/logout/", Serve: logout, Doc: dialects.Doc{
			Summary: "Sign out", About: "Ends the session of the access token in the body, the header or the cookie; it may have expired.",
			Body: accessBody{}, Forms: true,
			Answers:  takesBody(map[int]any{200: loggedOut{}, 401: detail{}}),
			Security: signedInBy,
		}},
		{Method: http.MethodGet, Path: "/sessions/", Serve: sessions, Doc: dialects.Doc{
			Summary: "The user's sessions", Answers: answers(map[int]any{200: []session{}, 401: detail{}}), Security: signedInBy,
		}},
		{Method: http.MethodDelete, Path: "/sessions/:id/", Serve: endSession, Doc: dialects.Doc{
			Summary: "End a session",
			About:   "One's own, or where nobody is signed in the one that the body names as the path does.",
			Body:    sessionBody{}, Forms: true,
			Answers: takesBody(map[int]any{200: status{}, 400: viewError{}, 404: viewError{}}),
		}},
		{Method: http.MethodPost, Path: "/refresh/", Serve: refresh, Doc: dialects.Doc{
			Summary: "A new access token", About: "The refresh token stays as it is.", Body: refreshBody{}, Forms: true,
			Answers: takesBody(map[int]any{200: refreshed{}, 400: refreshError{}, 401: refreshError{}}),
		}},
		{Method: http.MethodGet, Path: "/me/", Serve: me, Doc: dialects.Doc{
			Summary: "The signed-in user", Answers: answers(map[int]any{200: user{}, 401: detail{}}), Security: signedInBy,
		}},
	}
}

// answers adds what every route may meet.
func answers(own map[int]any) map[int]any {
	all := map[int]any{403: detail{}, 404: detail{}, 405: detail{}, 429: detail{}, 500: detail{}, 503: detail{}}
	maps.Copy(all, own)
	return all
}

// takesBody adds what a route that reads a body may meet too.
func takesBody(own map[int]any) map[int]any {
	all := map[int]any{400: detail{}, 413: detail{}, 415: detail{}}
	maps.Copy(all, own)
	return answers(all)
}
