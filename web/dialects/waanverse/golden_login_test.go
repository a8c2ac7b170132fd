package waanverse_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestSigningIn(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	join(t, env, "annabel")
	s := transcribe(t, env, "login", "Signing in with a password.")
	login := fields{"login_field": "annabel@ex.test", "password": passphrase}
	s.do(200, "by address", "POST", "/login/", login)
	s.do(200, "by name", "POST", "/login/", with(login, fields{"login_field": " Annabel"}))
	s.do(400, "wrong password", "POST", "/login/", with(login, fields{"password": "not it"}))
	s.do(400, "nobody", "POST", "/login/", with(login, fields{"login_field": "bobby@ex.test"}))
	s.do(400, "nothing", "POST", "/login/", nil)
	s.do(400, "blank", "POST", "/login/", fields{"login_field": " ", "password": ""})
	s.do(400, "null", "POST", "/login/", fields{"login_field": nil, "password": nil, "turnstile_token": nil})
	s.do(400, "wrong types", "POST", "/login/", fields{"login_field": true, "password": []int{1}, "turnstile_token": fields{}})
	s.do(400, "a number is a text", "POST", "/login/", fields{"login_field": 12, "password": 34})
	env.Set(t, acme, "abuse.account_failures=2/15m")
	for range 2 {
		env.Do(t, "POST", base+"/login/", fields{"login_field": "cecilia", "password": "not it"}).Want(t, 400)
	}
	s.do(429, "too often", "POST", "/login/", fields{"login_field": "cecilia", "password": "not it"})

	native := env.SignIn(t, acme, "annabel@ex.test")
	env.EnrolPasskey(t, native)
	s.do(400, "a passkey alone could go on", "POST", "/login/", login)
	env.Set(t, acme, "mfa.policy=required")
	env.Do(t, "POST", base+"/signup/", signupOf("bobby")).Want(t, 400)
	s.do(400, "a second factor is still to be set up", "POST", "/login/", fields{"login_field": "bobby", "password": passphrase})
	env.Set(t, acme, "mfa.policy=optional", "password.enabled=false")
	s.do(403, "passwords are off", "POST", "/login/", login)
}

func TestProvingToBeAPerson(t *testing.T) {
	t.Parallel()
	const host = "auth.example.test"
	env := speaking(t, webtest.Flows(flowtest.Captcha()))
	join(t, env, "annabel")
	s := transcribe(t, env, "captcha", "Captchas, where the tenant asks for them.")
	login := fields{"login_field": "annabel", "password": passphrase}
	env.Do(t, "POST", base+"/login/", with(login, fields{"turnstile_token": "looked at by nobody"})).Want(t, 200)

	env.AskCaptcha(t, acme, tenants.CaptchaOptional)
	env.Do(t, "POST", base+"/login/", login).Want(t, 200)
	s.do(400, "sign in with a forged one", "POST", "/login/", with(login, fields{"turnstile_token": "forged"}))

	env.AskCaptcha(t, acme, tenants.CaptchaRequired)
	s.do(400, "sign in without", "POST", "/login/", login)
	solved := fields{"turnstile_token": env.Captcha.Solve(host, "login")}
	s.do(200, "sign in", "POST", "/login/", with(login, solved))
	s.do(400, "used before", "POST", "/login/", with(login, solved))
	s.do(400, "sign up without", "POST", "/signup/", signupOf("bobby"))
	s.do(201, "sign up", "POST", "/signup/", with(signupOf("bobby"), fields{"turnstile_token": env.Captcha.Solve(host, "signup")}))
	env.Captcha.Drop()
	s.do(503, "it cannot be verified", "POST", "/login/", with(login, fields{"turnstile_token": env.Captcha.Solve(host, "login")}))
}

func TestSigningInWithASecondFactor(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann, bob := join(t, env, "annabel"), join(t, env, "bobby")
	secret := enrol(t, env, ann)
	enrol(t, env, bob)
	var made struct {
		Codes []string `json:"recovery_codes"`
	}
	env.Do(t, "GET", base+"/mfa/recovery-codes/", nil, ann.bearer()).Want(t, 200).JSON(t, &made)
	s := transcribe(t, env, "mfa_login", "Signing in with a second factor.")
	login := fields{"login_field": "annabel", "password": passphrase}
	begin := func() (*entered, webtest.Header) {
		t.Helper()
		a := env.Do(t, "POST", base+"/login/", login).Want(t, 200)
		return enter(t, a), cookies(a)
	}
	a := s.do(200, "the password", "POST", "/login/", login)
	half, browser := enter(t, a), cookies(a)
	code := env.TOTP(t, secret)
	s.do(400, "a wrong code", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": other(code)})
	s.do(400, "no such recovery code", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": "0000000"})
	s.do(400, "what is no code", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": "not one"})
	s.do(400, "no code", "POST", "/mfa/login/", fields{"user_id": half.MFA})
	s.do(400, "nothing", "POST", "/mfa/login/", nil)
	s.do(400, "the account's id alone", "POST", "/mfa/login/", fields{"user_id": ann.User.ID, "code": code})
	s.do(400, "another account's id beside the cookie", "POST", "/mfa/login/", fields{"user_id": bob.User.ID, "code": code}, browser)
	s.do(400, "nobody's id beside the cookie", "POST", "/mfa/login/", fields{"user_id": "42", "code": code}, browser)
	s.do(400, "the cookie alone", "POST", "/mfa/login/", fields{"code": code}, browser)
	s.do(200, "the handle", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": code})
	s.do(400, "the handle again", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": code})
	env.Clock.Advance(30 * time.Second)
	_, browser = begin()
	s.do(200, "the account's id and the cookie", "POST", "/mfa/login/", fields{"user_id": ann.User.ID, "code": env.TOTP(t, secret)}, browser)
	half, _ = begin()
	s.do(200, "a recovery code", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": made.Codes[0]})
	half, _ = begin()
	s.do(400, "a recovery code again", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": made.Codes[0]})
	env.Clock.Advance(5 * time.Minute)
	s.do(400, "five minutes later", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": env.TOTP(t, secret)})
	half, _ = begin()
	for range 5 {
		env.Do(t, "POST", base+"/mfa/login/", fields{"user_id": half.MFA, "code": other(env.TOTP(t, secret))}).Want(t, 400)
	}
	s.do(400, "after five wrong codes", "POST", "/mfa/login/", fields{"user_id": half.MFA, "code": env.TOTP(t, secret)})
}
