package spaces

import (
	"net/http"

	"github.com/tenantgate/tenantgate/web/dialects"
)

// routes are the rows of the original's tables.
func routes() []dialects.Route {
	return []dialects.Route{
		{Method: http.MethodPost, Path: "/api/user/create/", Serve: create, Doc: dialects.Doc{
			Summary: "Create an account", About: "Signs nobody in: log in with it then.",
			Body: newUser{}, Forms: true, Answers: open(http.StatusCreated, userAnswer{}),
		}},
		{Method: http.MethodPost, Path: "/api/user/login/", Serve: login, Doc: dialects.Doc{
			Summary: "Log in",
			About: "The token opens everything, unless the user has a confirmed device: then exchange it by totp/login or static/login " +
				"first. Whoever must have a device and has none yet begins at totp/create with it.",
			Body: credentials{}, Forms: true, Answers: open(http.StatusOK, tokenAnswer{}),
		}},
		{Method: http.MethodPost, Path: "/api/user/login/refresh/", Serve: refresh, Doc: dialects.Doc{
			Summary: "Exchange a token", About: "For one that lasts as long again, with the same device, until the session ends.",
			Body: oldToken{}, Forms: true, Answers: open(http.StatusOK, tokenAnswer{}),
		}},
		{Method: http.MethodGet, Path: "/api/user/view/", Serve: view, Doc: guarded(dialects.Doc{
			Summary: "Show the account", About: "Needs the token of a second login where the user has a confirmed device.",
		}, http.StatusOK, userAnswer{})},
		{Method: http.MethodPost, Path: "/api/user/logout/all/", Serve: logoutAll, Doc: guarded(dialects.Doc{
			Summary: "Log out everywhere", About: "Every token of the user ends, this one too.",
		}, http.StatusNoContent, nil)},
		{Method: http.MethodPost, Path: "/api/user/delete/", Serve: remove, Doc: removal()},
		{Method: http.MethodDelete, Path: "/api/user/delete/", Serve: remove, Doc: removal()},
		{Method: http.MethodPost, Path: "/api/user/password/change/", Serve: changePassword, Doc: guarded(dialects.Doc{
			Summary: "Change the password", About: "Every other session ends.", Body: passwordChange{}, Forms: true,
		}, http.StatusNoContent, nil)},
		{Method: http.MethodPost, Path: "/api/user/password/reset/", Serve: resetPassword, Doc: dialects.Doc{
			Summary: "Ask for a new password", About: "Mails uid and token where there is such an account, and answers the same where not.",
			Body: resetRequest{}, Forms: true, Answers: open(http.StatusNoContent, nil),
		}},
		{Method: http.MethodPost, Path: "/api/user/password/reset/confirm/", Serve: confirmReset, Doc: dialects.Doc{
			Summary: "Set a new password", About: "With the uid and token that were mailed. Every session of the user ends.",
			Body: resetConfirmation{}, Forms: true, Answers: open(http.StatusNoContent, nil),
		}},
		{Method: http.MethodGet, Path: "/api/totp/create/", Serve: createDevice, Acts: true, Doc: guarded(dialects.Doc{
			Summary: "Begin a device", About: "The URL for a QR code. It stays the same until the device is confirmed by totp/login.",
		}, http.StatusCreated, otpauthURL(""))},
		{Method: http.MethodPost, Path: "/api/totp/login/:code/", Serve: totpLogin, Doc: guarded(dialects.Doc{
			Summary: "Log in by the device", About: "Six digits, without blanks. The first time confirms the device. A wrong code has no body.",
		}, http.StatusCreated, tokenAnswer{})},
		{Method: http.MethodPost, Path: "/api/totp/delete/", Serve: deleteDevices, Doc: guarded(dialects.Doc{
			Summary: "Delete the device", About: "The emergency codes go with it, and every other session ends.",
		}, http.StatusOK, tokenAnswer{})},
		{Method: http.MethodGet, Path: "/api/static/create/", Serve: createCodes, Acts: true, Doc: guarded(dialects.Doc{
			Summary: "Make emergency codes", About: "Six codes, each good once. Those of before are void.",
		}, http.StatusCreated, emergencyCodes{})},
		{Method: http.MethodGet, Path: "/api/static/login/:code/", Serve: staticLogin, Acts: true, Doc: emergency()},
		{Method: http.MethodPost, Path: "/api/static/login/:code/", Serve: staticLogin, Doc: emergency()},
	}
}

func removal() dialects.Doc {
	return guarded(dialects.Doc{
		Summary: "Delete the account", About: "Needs the token of a second login where the user has a confirmed device.",
		Body: currentPassword{}, Forms: true,
	}, http.StatusNoContent, nil)
}

func emergency() dialects.Doc {
	return guarded(dialects.Doc{
		Summary: "Log in by an emergency code", About: "The code is used up. A wrong code has no body.",
	}, http.StatusCreated, tokenAnswer{})
}

// open are the answers of a route for anybody: what it answers if all is well, and the errors.
func open(status int, answer any) map[int]any {
	return map[int]any{
		status:                           answer,
		http.StatusBadRequest:            fieldErrors{},
		http.StatusForbidden:             detailAnswer{},
		http.StatusConflict:              detailAnswer{},
		http.StatusRequestEntityTooLarge: detailAnswer{},
		http.StatusUnsupportedMediaType:  detailAnswer{},
		http.StatusTooManyRequests:       detailAnswer{},
		http.StatusInternalServerError:   detailAnswer{},
		http.StatusServiceUnavailable:    detailAnswer{},
	}
}

// guarded describes a route that takes a token.
func guarded(d dialects.Doc, status int, answer any) dialects.Doc {
	d.Security = []string{"token"}
	d.Answers = open(status, answer)
	d.Answers[http.StatusUnauthorized] = detailAnswer{}
	d.Answers[http.StatusNotFound] = detailAnswer{}
	return d
}
