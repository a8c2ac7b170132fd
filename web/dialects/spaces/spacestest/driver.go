// Package spacestest drives the wire of the dialect spaces for tests. It judges nothing.
package spacestest

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

type (
	person  = dialecttest.Person
	outcome = dialecttest.Outcome
	fields  = map[string]any
)

// Driver says how the wire does what people do.
func Driver() dialecttest.Driver {
	return dialecttest.Driver{
		Name:         tenants.Spaces,
		SignUp:       signUp,
		NamesTaken:   true,
		SignIn:       signIn,
		SecondFactor: secondFactor,
		EnrolTOTP:    enrolTOTP,
		BeginTOTP:    beginTOTP,
		DisableTOTP:  func(p *person, _ string) outcome { return exchange(p, "POST", "/api/totp/delete/", nil) },

		MakeRecoveryCodes: makeRecoveryCodes,

		Me: func(p *person) outcome {
			return dialecttest.Judge(send(p, "GET", "/api/user/view/", nil), dialecttest.SignedIn)
		},
		Refresh: func(p *person) outcome { return refresh(p, p.Access) },
		SignOut: func(p *person) outcome { return dialecttest.Plain(send(p, "POST", "/api/user/logout/all/", nil)) },
		EndsAll: true,

		RequestReset: func(p *person) outcome {
			return dialecttest.Plain(p.Send("POST", "/api/user/password/reset/", fields{"email": p.Email}))
		},
		Mailed:         Mailed,
		Reset:          reset,
		ChangePassword: changePassword,
		Delete: func(p *person) outcome {
			return dialecttest.Plain(send(p, "POST", "/api/user/delete/", fields{"current_password": p.Password}))
		},

		Unauthenticated: 401,
		WrongFirst:      400,
		WrongSecond:     400,

		Tokens: tokens,
		Doors:  doors(),
	}
}

func send(p *person, method, path string, body any) *webtest.Answer {
	return p.Bearer("JWT", method, path, body)
}

// exchange sends a request that answers with a token.
func exchange(p *person, method, path string, body any) outcome {
	a := send(p, method, path, body)
	var made struct{ Token string }
	p.Keep(a, &made)
	p.Hold(made.Token, "")
	return dialecttest.Judge(a, dialecttest.SignedIn)
}

func signUp(p *person) outcome {
	a := p.Send("POST", "/api/user/create/", fields{"email": p.Email, "password": p.Password})
	return dialecttest.Plain(a)
}

// signIn holds a token either way: the answer does not say which kind it is, only the token itself does.
func signIn(p *person, secret string) outcome {
	p.Access, p.Pending = "", ""
	o := exchange(p, "POST", "/api/user/login/", fields{"email": p.Email, "password": secret})
	if o.State == dialecttest.SignedIn && waits(p.Access) {
		p.Pending, o.State = p.Access, dialecttest.NeedsSecond
	}
	return o
}

// waits reports whether a token is of a sign-in that is not over.
func waits(token string) bool {
	head, _, _ := strings.Cut(token, ".")
	header, _ := base64.RawURLEncoding.DecodeString(head)
	return strings.Contains(string(header), "pending")
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

func secondFactor(p *person, code string) outcome {
	method, path := "GET", "/api/static/login/"
	if sixDigits.MatchString(code) {
		method, path = "POST", "/api/totp/login/"
	}
	o := exchange(p, method, path+url.PathEscape(code)+"/", nil)
	if o.State == dialecttest.SignedIn {
		p.Pending = ""
	}
	return o
}

func beginTOTP(p *person) outcome {
	a := send(p, "GET", "/api/totp/create/", nil)
	var text string
	p.Keep(a, &text)
	if u, err := url.Parse(text); err == nil && text != "" {
		p.Secret = u.Query().Get("secret")
		webtest.Log.Secret("the secret of an authenticator app", p.Secret)
	}
	return dialecttest.Plain(a)
}

func enrolTOTP(p *person) outcome {
	if o := beginTOTP(p); o.State == dialecttest.Refused {
		return o
	}
	return exchange(p, "POST", "/api/totp/login/"+p.TOTP()+"/", nil)
}

func makeRecoveryCodes(p *person, _ string) outcome {
	a := send(p, "GET", "/api/static/create/", nil)
	p.Keep(a, &p.Recovery)
	return dialecttest.Plain(a)
}

func refresh(p *person, token string) outcome {
	a := p.Send("POST", "/api/user/login/refresh/", fields{"token": token})
	var made struct{ Token string }
	p.Keep(a, &made)
	p.Hold(made.Token, "")
	return dialecttest.Judge(a, dialecttest.SignedIn)
}

// Mailed returns the uid and the token of the newest mail that carries them, with a blank between.
func Mailed(p *person) string {
	p.T.Helper()
	token := p.Code()
	for _, m := range p.Env.Mails(p.T, p.Slug, p.Email) {
		if m.Code != token {
			continue
		}
		before, _, _ := strings.Cut(m.Text, "\n"+token)
		lines := strings.Fields(before)
		return lines[len(lines)-1] + " " + token
	}
	return ""
}

func reset(p *person, mailed, password string) outcome {
	uid, token, _ := strings.Cut(mailed, " ")
	body := fields{"uid": uid, "token": token, "new_password": password}
	return dialecttest.Plain(p.Send("POST", "/api/user/password/reset/confirm/", body))
}

func changePassword(p *person, old, password string) outcome {
	body := fields{"current_password": old, "new_password": password}
	return dialecttest.Plain(send(p, "POST", "/api/user/password/change/", body))
}

func tokens(p *person) map[string]string {
	if p.Pending != "" {
		return map[string]string{"pending": p.Pending}
	}
	return map[string]string{"access": p.Access}
}

func doors() []dialecttest.Door {
	try := func(do func(*person) outcome) func(*person, string) outcome {
		return func(p *person, token string) outcome {
			p.Access = token
			return do(p)
		}
	}
	plain := func(method, path string) func(*person) outcome {
		return func(p *person) outcome { return dialecttest.Plain(send(p, method, path, nil)) }
	}
	access, both := []string{"access"}, []string{"access", "pending"}
	return []dialecttest.Door{
		{Name: "GET /api/user/view/", Takes: access, Try: try(plain("GET", "/api/user/view/"))},
		{Name: "POST /api/user/logout/all/", Takes: access, Try: try(plain("POST", "/api/user/logout/all/"))},
		{Name: "POST /api/user/login/refresh/", Takes: access, Try: func(p *person, token string) outcome { return refresh(p, token) }},
		{Name: "POST /api/user/password/change/", Takes: access, Try: try(func(p *person) outcome {
			return changePassword(p, p.Password, p.Password)
		})},
		{Name: "POST /api/totp/login/", Takes: both, Try: try(func(p *person) outcome {
			return dialecttest.Plain(send(p, "POST", "/api/totp/login/"+appCode(p)+"/", nil))
		})},
		{Name: "GET /api/static/create/", Takes: access, Try: try(plain("GET", "/api/static/create/"))},
		// The ones below refuse whoever has a confirmed device, or has not this code.
		{Name: "GET /api/totp/create/", Try: try(plain("GET", "/api/totp/create/"))},
		{Name: "GET /api/static/login/", Try: try(plain("GET", "/api/static/login/5xaov5f5/"))},
	}
}

// appCode is what the app shows, or six digits where there is none.
func appCode(p *person) string {
	if p.Secret == "" {
		return "000000"
	}
	return p.TOTP()
}
