// Package waanversetest drives the dialect waanverse for the tests that every dialect must pass.
package waanversetest

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

// Driver drives the dialect: with bearer tokens, where cookies are not what is asked for.
func Driver() dialecttest.Driver {
	return dialecttest.Driver{
		Name:   tenants.Waanverse,
		SignUp: signUp, Confirms: true, NamesTaken: true, Verify: verify,
		SignIn: signIn, SecondFactor: secondFactor,
		EnrolTOTP: enrolTOTP, BeginTOTP: beginTOTP, DisableTOTP: disableTOTP,
		MakeRecoveryCodes: makeRecoveryCodes, ShowRecoveryCodes: showRecoveryCodes,
		Me: me, Refresh: refresh, SignOut: signOut, Sessions: sessions,
		RequestReset: requestReset, Reset: reset,
		Unauthenticated: http.StatusUnauthorized, WrongFirst: http.StatusBadRequest, WrongSecond: http.StatusBadRequest,
		Tokens: func(p *person) map[string]string {
			return map[string]string{"access": p.Access, "refresh": p.Refresh, "pending": p.Pending}
		},
		Doors: doors,
	}
}

var doors = []dialecttest.Door{
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
	{Name: "GET /refresh/ by cookie", Takes: []string{"refresh"}, Try: func(p *person, token string) outcome {
		p.Jar["refresh_token"] = token
		return dialecttest.Plain(p.Send("GET", "/refresh/", nil))
	}},
	{Name: "GET /refresh/ by header", Takes: []string{"refresh"}, Try: func(p *person, token string) outcome {
		p.Access = token
		return dialecttest.Plain(send(p, "GET", "/refresh/", nil))
	}},
	{Name: "POST /mfa/login/", Takes: []string{"pending"}, Try: func(p *person, token string) outcome {
		p.Pending = token
		return secondFactor(p, p.TOTP())
	}},
	{Name: "POST /mfa/login/ by cookie", Takes: []string{"pending"}, Try: func(p *person, token string) outcome {
		p.Jar["mfa"], p.Pending = token, p.ID
		return secondFactor(p, p.TOTP())
	}},
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
		MFA     string
	}
	p.Keep(a, &in)
	webtest.Log.Secret("a mail address", p.Email)
	if in.MFA != "" {
		p.Pending = in.MFA
		webtest.Log.Secret("what names a pending sign-in", in.MFA)
		return dialecttest.Judge(a, dialecttest.NeedsSecond)
	}
	if a.Status < 300 {
		p.ID, p.Pending = in.User.ID, ""
		p.Hold(in.Access, in.Refresh)
	}
	return dialecttest.Judge(a, dialecttest.SignedIn)
}

// signUp proves the address before, where the tenant asks for that.
func signUp(p *person) outcome {
	if p.Env.Tenant(p.T, p.Slug).Settings.Signup.VerifyEmail == tenants.VerifyBeforeSession {
		if o := verify(p); o.State == dialecttest.Refused {
			return o
		}
	}
	return entered(p, p.Send("POST", "/signup/", fields{
		"username": p.Username, "email_address": p.Email, "password": p.Password, "confirm_password": p.Password,
	}))
}

// verify proves the address: of the account of p where p is signed in, else of one to come in the same browser.
func verify(p *person) outcome {
	asked := p.Send("POST", "/signup/email/initiate-verification/", fields{"email_address": p.Email})
	if asked.Status >= 300 {
		return dialecttest.Plain(asked)
	}
	body := fields{"email_address": p.Email, "code": p.Code()}
	return dialecttest.Plain(p.Bearer("Bearer", "POST", "/signup/email/verify/", body))
}

func signIn(p *person, password string) outcome {
	return entered(p, p.Send("POST", "/login/", fields{"login_field": p.Email, "password": password}))
}

func secondFactor(p *person, code string) outcome {
	return entered(p, p.Send("POST", "/mfa/login/", fields{"code": code, "user_id": p.Pending}))
}

func enrolTOTP(p *person) outcome {
	if o := beginTOTP(p); o.State == dialecttest.Refused {
		return o
	}
	return dialecttest.Plain(send(p, "POST", "/mfa/activate/", fields{"code": p.TOTP()}))
}

func beginTOTP(p *person) outcome {
	a := send(p, "POST", "/mfa/get-secret/", nil)
	var begun struct {
		Secret string `json:"secret_key"`
	}
	if p.Keep(a, &begun); begun.Secret != "" {
		p.Secret = begun.Secret
	}
	return dialecttest.Plain(a)
}

func disableTOTP(p *person, code string) outcome {
	return dialecttest.Plain(send(p, "POST", "/mfa/deactivate/", fields{"code": code, "password": p.Password}))
}

func makeRecoveryCodes(p *person, _ string) outcome {
	return keepCodes(p, send(p, "POST", "/mfa/generate-recovery-codes/", nil))
}

func showRecoveryCodes(p *person) outcome {
	return keepCodes(p, send(p, "GET", "/mfa/recovery-codes/", nil))
}

func keepCodes(p *person, a *webtest.Answer) outcome {
	var made struct {
		Codes []string `json:"recovery_codes"`
	}
	if p.Keep(a, &made); a.Status < 300 {
		p.Recovery = made.Codes
	}
	return dialecttest.Plain(a)
}

func me(p *person) outcome { return dialecttest.Plain(send(p, "GET", "/me/", nil)) }

func refresh(p *person) outcome {
	clear(p.Jar)
	a := p.Send("POST", "/refresh/", fields{"refresh_token": p.Refresh})
	var made struct {
		Access string `json:"access_token"`
	}
	p.Keep(a, &made)
	p.Hold(made.Access, "")
	return dialecttest.Judge(a, dialecttest.SignedIn)
}

func signOut(p *person) outcome { return dialecttest.Plain(send(p, "POST", "/logout/", nil)) }

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

func requestReset(p *person) outcome {
	return dialecttest.Plain(p.Send("POST", "/password/reset/", fields{"email_address": p.Email}))
}

func reset(p *person, code, password string) outcome {
	return dialecttest.Plain(p.Send("POST", "/password/new-password/", fields{
		"email_address": p.Email, "code": code, "new_password": password, "confirm_password": password,
	}))
}
