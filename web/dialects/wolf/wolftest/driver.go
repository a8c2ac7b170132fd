// Package wolftest drives the dialect wolf for the tests that every dialect must pass.
package wolftest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

type (
	person  = dialecttest.Person
	outcome = dialecttest.Outcome
	form    = dialecttest.Form
)

// Driver drives the dialect.
func Driver() dialecttest.Driver {
	return dialecttest.Driver{
		Name:   tenants.Wolf,
		SignUp: signUp, Confirms: true, NamesTaken: true, Verify: verify,
		SignIn: signIn, SecondFactor: secondFactor,
		EnrolTOTP: enrol, BeginTOTP: begin, DisableTOTP: disable, ShowRecoveryCodes: showCodes,
		Me: me, Refresh: refresh, Rotates: true, SignOut: signOut, Sessions: sessions, EndSession: endSession,
		RequestReset: requestReset, Reset: reset, ChangePassword: changePassword,
		Unauthenticated: http.StatusUnauthorized, WrongFirst: http.StatusBadRequest, WrongSecond: http.StatusUnauthorized,
		Tokens: func(p *person) map[string]string {
			return map[string]string{"access": p.Access, "refresh": p.Refresh, "pending": p.Pending}
		},
		Doors: []dialecttest.Door{
			{Name: "GET /api/account", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				p.Access = token
				return me(p)
			}},
			{Name: "POST /api/auth/logout", Takes: []string{"access"}, Try: func(p *person, token string) outcome {
				p.Access = token
				return signOut(p)
			}},
			{Name: "POST /api/auth/refresh", Takes: []string{"refresh"}, Try: func(p *person, token string) outcome {
				p.Refresh = token
				return refresh(p)
			}},
			{Name: "POST /api/auth/two-factor", Takes: []string{"pending"}, Try: func(p *person, token string) outcome {
				p.Pending = token
				return secondFactor(p, p.TOTP())
			}},
			{Name: "PUT /api/user/activate-account", Try: func(p *person, token string) outcome {
				return dialecttest.Plain(p.Send("PUT", "/api/user/activate-account/"+url.PathEscape(token), nil))
			}},
			{Name: "POST /api/user/reset-password", Try: func(p *person, token string) outcome {
				return reset(p, token, p.Password)
			}},
		},
	}
}

func own(p *person, method, path string, body any) *webtest.Answer {
	p.T.Helper()
	return p.Bearer("Bearer", method, "/api"+path, body)
}

func signUp(p *person) outcome {
	return dialecttest.Plain(p.Send("POST", "/api/auth/register", form{"username": p.Username, "email": p.Email, "password": p.Password}))
}

func verify(p *person) outcome {
	return dialecttest.Plain(p.Send("PUT", "/api/user/activate-account/"+p.Code(), nil))
}

// entered keeps what a step of a login hands out.
func entered(p *person, a *webtest.Answer) outcome {
	var in struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		Code, Token  string
	}
	p.Keep(a, &in)
	p.Hold(in.AccessToken, in.RefreshToken)
	if in.Code == "TWO_FACTOR_REQUIRED" {
		p.Pending = in.Token
		webtest.Log.Secret("the token of a login", in.Token)
		return outcome{Answer: a, State: dialecttest.NeedsSecond}
	}
	if a.Status < 300 {
		p.Pending = "" // it is used up
	}
	return dialecttest.Judge(a, dialecttest.SignedIn)
}

func signIn(p *person, secret string) outcome {
	return entered(p, p.Send("POST", "/api/auth/login", form{"email": p.Email, "password": secret}))
}

func secondFactor(p *person, code string) outcome {
	return entered(p, p.Send("POST", "/api/auth/two-factor", form{"token": p.Pending, "code": code}))
}

func begin(p *person) outcome {
	a := own(p, "POST", "/account/two-factor", nil)
	var begun struct {
		Secret      string
		BackupCodes []string
	}
	p.Keep(a, &begun)
	if a.Status < 300 {
		p.Secret, p.Recovery = begun.Secret, begun.BackupCodes
	}
	return dialecttest.Plain(a)
}

func enrol(p *person) outcome {
	if o := begin(p); o.State == dialecttest.Refused {
		return o
	}
	return dialecttest.Plain(own(p, "PUT", "/account/two-factor", form{"code": p.TOTP()}))
}

func disable(p *person, code string) outcome {
	return dialecttest.Plain(own(p, "DELETE", "/account/two-factor?code="+url.QueryEscape(code), nil))
}

func showCodes(p *person) outcome {
	a := own(p, "GET", "/account/two-factor/backup-codes", nil)
	if a.Status < 300 {
		p.Recovery = strings.Fields(a.Body)
	}
	return dialecttest.Plain(a)
}

func me(p *person) outcome {
	a := own(p, "GET", "/account", nil)
	var account struct {
		User struct {
			ID string `json:"_id"`
		}
	}
	p.Keep(a, &account)
	if a.Status < 300 {
		p.ID = account.User.ID
	}
	return dialecttest.Plain(a)
}

func refresh(p *person) outcome {
	return entered(p, p.Send("POST", "/api/auth/refresh", form{"refresh_token": p.Refresh}))
}

func signOut(p *person) outcome { return dialecttest.Plain(own(p, "POST", "/auth/logout", nil)) }

func sessions(p *person) ([]string, outcome) {
	a := own(p, "GET", "/sessions", nil)
	var listed struct {
		Sessions []struct {
			ID string `json:"_id"`
		}
	}
	p.Keep(a, &listed)
	var ids []string
	for _, s := range listed.Sessions {
		ids = append(ids, s.ID)
	}
	return ids, dialecttest.Plain(a)
}

func endSession(p *person, id string) outcome {
	return dialecttest.Plain(own(p, "DELETE", "/sessions/"+url.PathEscape(id), nil))
}

func requestReset(p *person) outcome {
	return dialecttest.Plain(p.Send("POST", "/api/user/forgot-password", form{"email": p.Email}))
}

func reset(p *person, mailed, password string) outcome {
	return dialecttest.Plain(p.Send("POST", "/api/user/reset-password/"+url.PathEscape(mailed),
		form{"password": password, "comfirmPassword": password}))
}

func changePassword(p *person, old, password string) outcome {
	return dialecttest.Plain(own(p, "PUT", "/account/change-password", form{"oldPassword": old, "newPassword": password}))
}
