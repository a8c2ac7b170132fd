package web_test

import (
	"strings"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

type (
	person  = dialecttest.Person
	outcome = dialecttest.Outcome
)

// nativeDriver drives the native API as if it were one more wire.
func nativeDriver() dialecttest.Driver {
	me := func(p *person) outcome { return dialecttest.Plain(p.Bearer("Bearer", "GET", "/me", nil)) }
	refresh := func(p *person) outcome {
		return nativeStep(p, p.Send("POST", "/token", fields{"refresh_token": p.Refresh}))
	}
	sessions := func(p *person) ([]string, outcome) {
		a := p.Bearer("Bearer", "GET", "/sessions", nil)
		var listed struct{ Sessions []struct{ ID string } }
		p.Keep(a, &listed)
		var ids []string
		for _, s := range listed.Sessions {
			ids = append(ids, s.ID)
		}
		return ids, dialecttest.Plain(a)
	}
	second := func(p *person, code string) outcome {
		factor := "totp"
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			factor = "recovery_code"
		}
		return nativeStep(p, p.Send("POST", "/challenges/"+p.Pending, fields{"factor": factor, "code": code}))
	}
	return dialecttest.Driver{
		SignUp: func(p *person) outcome {
			return nativeStep(p, p.Send("POST", "/signup", fields{"email": p.Email, "username": p.Username, "password": p.Password}))
		},
		SignIn: func(p *person, secret string) outcome {
			return nativeStep(p, p.Send("POST", "/login", fields{"identifier": p.Email, "password": secret}))
		},
		SecondFactor: second, Me: me, Refresh: refresh, Rotates: true, Sessions: sessions,
		SignOut: func(p *person) outcome { return dialecttest.Plain(p.Bearer("Bearer", "POST", "/logout", nil)) },
		EndSession: func(p *person, id string) outcome {
			return dialecttest.Plain(p.Bearer("Bearer", "DELETE", "/sessions/"+id, nil))
		},
		Unauthenticated: 401, WrongFirst: 401, WrongSecond: 401,
		Tokens: func(p *person) map[string]string {
			return map[string]string{"access": p.Access, "refresh": p.Refresh, "challenge": p.Pending, "session": p.Session}
		},
		Doors: []dialecttest.Door{
			{Name: "GET /me", Takes: []string{"access"}, Try: func(p *person, token string) outcome { p.Access = token; return me(p) }},
			{Name: "GET /sessions", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				p.Access = token
				_, o := sessions(p)
				return o
			}},
			{Name: "POST /step-up", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				p.Access = token
				return dialecttest.Plain(p.Bearer("Bearer", "POST", "/step-up", nil))
			}},
			{Name: "POST /logout", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				p.Access = token
				return dialecttest.Plain(p.Bearer("Bearer", "POST", "/logout", nil))
			}},
			{Name: "POST /token", Takes: []string{"refresh"}, Try: func(p *person, token string) outcome { p.Refresh = token; return refresh(p) }},
			{Name: "POST /challenges/:id", Takes: []string{"challenge"}, Try: func(p *person, token string) outcome {
				if strings.ContainsAny(token, "/?%#. ") || token == "" {
					token = "none"
				}
				p.Pending = token
				return second(p, p.TOTP())
			}},
		},
	}
}

func nativeStep(p *person, a *webtest.Answer) outcome {
	p.T.Helper()
	var step webtest.Step
	p.Keep(a, &step)
	p.Hold(step.AccessToken, step.RefreshToken)
	if step.Session.ID != "" {
		p.Session, p.ID, p.Pending = step.Session.ID, step.User.ID, ""
	}
	o := dialecttest.Judge(a, dialecttest.SignedIn)
	if step.Status == "challenge" {
		p.Pending, o.State = step.Challenge.ID, dialecttest.NeedsSecond
	}
	return o
}
