package api_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestProvingToBeAPerson(t *testing.T) {
	t.Parallel()
	const host = "auth.example.test"
	env := webtest.New(t, webtest.Flows(flowtest.Captcha()))
	env.Join(t, acme, "ann@ex.test")
	tr := env.Transcribe(t, "captcha", "Captchas, where the tenant asks for them.")
	login := func(token string) fields {
		return fields{"identifier": "ann@ex.test", "password": passphrase, "captcha": token}
	}
	signup := func(token string) fields {
		return fields{"email": "bob@ex.test", "password": passphrase, "captcha": token}
	}
	without := fields{"identifier": "ann@ex.test", "password": passphrase}

	env.Do(t, "POST", v1+"/login", login("looked at by nobody")).Want(t, 200)
	env.AskCaptcha(t, acme, tenants.CaptchaOptional)
	tr.Do("an optional one", "GET", v1+"/config", nil).Want(t, 200)
	env.Do(t, "POST", v1+"/login", without).Want(t, 200)
	env.Do(t, "POST", v1+"/login", login("forged")).Refused(t, 422, fault.InvalidInput)

	env.AskCaptcha(t, acme, tenants.CaptchaRequired)
	tr.Do("a required one", "GET", v1+"/config", nil).Want(t, 200)
	tr.Do("sign in without", "POST", v1+"/login", without).Refused(t, 422, fault.InvalidInput)
	solved := env.Captcha.Solve(host, "login")
	tr.Do("sign in", "POST", v1+"/login", login(solved)).Want(t, 200)
	tr.Do("used before", "POST", v1+"/login", login(solved)).Refused(t, 422, fault.InvalidInput)
	tr.Do("sign up with that of a sign-in", "POST", v1+"/signup", signup(env.Captcha.Solve(host, "login"))).
		Refused(t, 422, fault.InvalidInput)
	tr.Do("sign up", "POST", v1+"/signup", signup(env.Captcha.Solve(host, "signup"))).Want(t, 200)
	env.Captcha.Drop()
	tr.Do("it cannot be verified", "POST", v1+"/login", login(env.Captcha.Solve(host, "login"))).Refused(t, 503, fault.Unavailable)
}
