// Package waanversemagictest drives the dialect waanverse-magic for the tests that every dialect must pass.
package waanversemagictest

import (
	"net/http"
	"net/url"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

type (
	person  = dialecttest.Person
	outcome = dialecttest.Outcome
	fields  = map[string]string
)

// Driver drives the dialect with bearer tokens.
func Driver() dialecttest.Driver {
	return dialecttest.Driver{
		Name:     tenants.WaanverseMagic,
		Settings: []string{"magic.signup=true"},
		SignUp:   signUp, Confirms: true, NamesTaken: true,
		AskCode: askCode, SignIn: signIn,
		Me: me, Refresh: refresh, SignOut: signOut, Sessions: sessions, EndSession: endSession,
		Unauthenticated: http.StatusUnauthorized, WrongFirst: http.StatusBadRequest, WrongSecond: http.StatusBadRequest,
		Tokens: func(p *person) map[string]string {
			return map[string]string{"access": p.Access, "refresh": p.Refresh, "session": p.Session}
		},
		Doors: []dialecttest.Door{
			{Name: "GET /me/ by header", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				p.Access = token
				return me(p)
			}},
			{Name: "GET /me/ by cookie", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				p.Jar["access_token"] = token
				return dialecttest.Plain(p.Send("GET", "/me/", nil))
			}},
			{Name: "POST /refresh/", Takes: []string{"refresh"}, Try: func(p *person, token string) outcome {
				return dialecttest.Plain(p.Send("POST", "/refresh/", fields{"refresh_token": token}))
			}},
			{Name: "POST /refresh/ by cookie", Takes: []string{"refresh"}, Try: func(p *person, token string) outcome {
				p.Jar["refresh_token"] = token
				return dialecttest.Plain(p.Send("POST", "/refresh/", nil))
			}},
			{Name: "POST /logout/", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				return dialecttest.Plain(p.Send("POST", "/logout/", fields{"access_token": token}))
			}},
			{Name: "DELETE /sessions/:id/", Takes: []string{"session"}, Try: func(p *person, token string) outcome {
				return dialecttest.Plain(p.Send("DELETE", "/sessions/"+url.PathEscape(token)+"/", fields{"sid": token}))
			}},
		},
	}
}

// send sends a request without cookies, so that the tokens alone sign in.
func send(p *person, method, path string, body any) *webtest.Answer {
	p.T.Helper()
	clear(p.Jar)
	return p.Bearer("Bearer", method, path, body)
}

// entered keeps what a sign-in hands out.
func entered(p *person, a *webtest.Answer) outcome {
	var in struct {
		User    struct{ ID string }
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		SID     string
	}
	p.Keep(a, &in)
	if a.Status < 300 {
		p.ID, p.Session = in.User.ID, in.SID
		p.Hold(in.Access, in.Refresh)
		webtest.Log.Secret("a session key", in.SID)
		webtest.Log.Secret("a mail address", p.Email)
	}
	return dialecttest.Judge(a, dialecttest.SignedIn)
}

func signUp(p *person) outcome {
	body := fields{"email_address": p.Email}
	asked := p.Send("POST", "/signup/", body)
	if asked.Status >= 300 {
		return dialecttest.Plain(asked)
	}
	body["code"] = p.Code()
	return entered(p, p.Send("POST", "/signup/", body))
}

func askCode(p *person) outcome {
	return dialecttest.Plain(p.Send("POST", "/login/", fields{"email_address": p.Email}))
}

func signIn(p *person, code string) outcome {
	return entered(p, p.Send("POST", "/login/", fields{"email_address": p.Email, "code": code}))
}

func me(p *person) outcome { return dialecttest.Plain(send(p, "GET", "/me/", nil)) }

func refresh(p *person) outcome {
	a := p.Send("POST", "/refresh/", fields{"refresh_token": p.Refresh})
	var made struct {
		Access string `json:"access_token"`
	}
	p.Keep(a, &made)
	p.Hold(made.Access, "")
	return dialecttest.Judge(a, dialecttest.SignedIn)
}

func signOut(p *person) outcome {
	return dialecttest.Plain(p.Send("POST", "/logout/", fields{"access_token": p.Access}))
}

func sessions(p *person) ([]string, outcome) {
	a := send(p, "GET", "/sessions/", nil)
	var list []struct{ ID string }
	p.Keep(a, &list)
	var ids []string
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids, dialecttest.Plain(a)
}

func endSession(p *person, id string) outcome {
	return dialecttest.Plain(send(p, "DELETE", "/sessions/"+url.PathEscape(id)+"/", nil))
}
