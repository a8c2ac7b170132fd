// Package axortest drives the dialect axor for the tests that every dialect must pass, in each of its modes.
package axortest

import (
	"net/http"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

type (
	person  = dialecttest.Person
	outcome = dialecttest.Outcome
	fields  = map[string]string
)

const cookie = "axor_auth"

// mode is how requests say who sends them.
type mode struct{ app bool }

// Driver drives session mode.
func Driver() dialecttest.Driver { return mode{}.driver() }

// App drives app-token mode.
func App() dialecttest.Driver { return mode{app: true}.driver() }

func (m mode) driver() dialecttest.Driver {
	return dialecttest.Driver{
		Name:   tenants.Axor,
		SignUp: m.signUp, Confirms: true, NamesTaken: true, Verify: m.verify,
		SignIn: m.signIn, SecondFactor: m.secondFactor,
		EnrolTOTP: m.enrol, BeginTOTP: m.begin, DisableTOTP: m.disable, MakeRecoveryCodes: m.makeCodes,
		Me: m.me, SignOut: m.signOut, Sessions: m.sessions, EndSession: m.endSession,
		RequestReset: m.requestReset, Reset: m.reset, ChangePassword: m.changePassword,
		Unauthenticated: http.StatusForbidden, WrongFirst: http.StatusBadRequest, WrongSecond: http.StatusUnauthorized,
		Tokens: func(p *person) map[string]string { return map[string]string{"cookie": p.Jar[cookie], "key": p.Access} },
		Doors: []dialecttest.Door{
			{Name: "GET /api/user/me/ by cookie", Takes: []string{"cookie"}, Try: func(p *person, token string) outcome {
				p.Jar[cookie] = token
				return mode{}.me(p)
			}},
			{Name: "GET /api/user/me/ by key", Takes: []string{"key"}, Try: func(p *person, token string) outcome {
				p.Access = token
				return mode{app: true}.me(p)
			}},
		},
	}
}

func (m mode) send(p *person, method, path string, body any) *webtest.Answer {
	p.T.Helper()
	if !m.app {
		return p.Send(method, "/api/user"+path, body)
	}
	return p.Bearer("Bearer", method, "/api/user"+path, body, webtest.Header{Name: "X-Requested-By", Value: "phone"})
}

// entered keeps what a sign-in hands out.
func (m mode) entered(p *person, a *webtest.Answer) outcome {
	var in struct {
		User    struct{ ID string }
		Session struct{ ID, Key string }
	}
	p.Keep(a, &in)
	if a.Status < 300 {
		p.ID, p.Session = in.User.ID, in.Session.ID
		p.Hold(in.Session.Key, "")
	}
	o := dialecttest.Judge(a, dialecttest.SignedIn)
	if code(a) == "TOTPRequired" {
		o.State = dialecttest.NeedsSecond
	}
	return o
}

func code(a *webtest.Answer) string {
	return string(a.Code())
}

func (m mode) signUp(p *person) outcome {
	o := m.entered(p, m.send(p, "POST", "/register/", fields{
		"email": p.Email, "password": p.Password, "first_name": p.Username, "last_name": "Example",
	}))
	first := p.Env.Tenant(p.T, p.Slug).Settings.Signup.VerifyEmail == tenants.VerifyBeforeSession
	if first && code(o.Answer) == "InvalidRegistrationInfo" && len(p.Env.Mails(p.T, p.Slug, p.Email)) > 0 {
		return m.verify(p)
	}
	return o
}

func (m mode) verify(p *person) outcome {
	return dialecttest.Plain(m.send(p, "POST", "/verify_email/", fields{"token": p.Code()}))
}

func (m mode) signIn(p *person, secret string) outcome {
	return m.entered(p, m.send(p, "POST", "/login/", fields{"email": p.Email, "password": secret}))
}

func (m mode) secondFactor(p *person, code string) outcome {
	return m.entered(p, m.send(p, "POST", "/login/", fields{"email": p.Email, "password": p.Password, "code": code}))
}

func (m mode) begin(p *person) outcome {
	a := m.send(p, "POST", "/totp/init/", nil)
	var begun struct {
		Key   string
		Codes []string `json:"backup_codes"`
	}
	p.Keep(a, &begun)
	if a.Status < 300 {
		p.Secret, p.Recovery = begun.Key, begun.Codes
	}
	return dialecttest.Plain(a)
}

func (m mode) enrol(p *person) outcome {
	if o := m.begin(p); o.State == dialecttest.Refused {
		return o
	}
	return dialecttest.Plain(m.send(p, "POST", "/totp/enable/", fields{"code": p.TOTP()}))
}

func (m mode) disable(p *person, code string) outcome {
	return dialecttest.Plain(m.send(p, "PUT", "/totp/disable/", fields{"code": code}))
}

func (m mode) makeCodes(p *person, code string) outcome {
	a := m.send(p, "POST", "/totp/new-backup-codes/", fields{"code": code})
	var made struct {
		Codes []string `json:"backup_codes"`
	}
	p.Keep(a, &made)
	if a.Status < 300 {
		p.Recovery = made.Codes
	}
	return dialecttest.Plain(a)
}

func (m mode) me(p *person) outcome {
	return dialecttest.Plain(m.send(p, "GET", "/me/", nil))
}

func (m mode) signOut(p *person) outcome {
	return dialecttest.Plain(m.send(p, "POST", "/logout/", nil))
}

func (m mode) sessions(p *person) ([]string, outcome) {
	a := m.send(p, "GET", "/active_sessions/", nil)
	var listed struct{ Sessions, Tokens []struct{ ID string } }
	p.Keep(a, &listed)
	var ids []string
	for _, s := range append(listed.Sessions, listed.Tokens...) {
		ids = append(ids, s.ID)
	}
	return ids, dialecttest.Plain(a)
}

func (m mode) endSession(p *person, id string) outcome {
	return dialecttest.Plain(m.send(p, "POST", "/active_sessions/close/", fields{"id": id}))
}

func (m mode) requestReset(p *person) outcome {
	return dialecttest.Plain(m.send(p, "POST", "/forgot_password/request/", fields{"email": p.Email}))
}

func (m mode) reset(p *person, mailed, password string) outcome {
	return dialecttest.Plain(m.send(p, "POST", "/forgot_password/reset/", fields{"token": mailed, "password": password}))
}

func (m mode) changePassword(p *person, old, password string) outcome {
	return dialecttest.Plain(m.send(p, "PUT", "/change_password/", fields{"old_password": old, "new_password": password}))
}
