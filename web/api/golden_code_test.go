package api_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestSigningInWithAMailedCode(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Join(t, acme, "ann@ex.test")
	env.DeliverMail(t)
	tr := env.Transcribe(t, "login_code", "Signing in with a mailed code.")
	ask := fields{"identifier": "ann@ex.test"}
	var step webtest.Step
	tr.Do("ask", "POST", v1+"/login/code", ask).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	code := env.Code(t, acme, "ann@ex.test")
	tr.Do("wrong code", "POST", challenge, fields{"code": other(code)}).Refused(t, 401, fault.WrongCode)
	tr.Do("no code at all", "POST", challenge, fields{"code": "abc"}).Refused(t, 422, fault.InvalidInput)
	tr.Do("another factor", "POST", challenge, fields{"factor": "totp", "code": code}).Refused(t, 422, fault.FactorNotOffered)
	tr.Do("answer", "POST", challenge, fields{"factor": "email_code", "code": code}).Want(t, 200)
	tr.Do("answer again", "POST", challenge, fields{"code": code}).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("an unknown user", "POST", v1+"/login/code", fields{"identifier": "bob@ex.test"}).Want(t, 200)
	tr.Do("nobody", "POST", v1+"/login/code", fields{"identifier": " "}).Refused(t, 422, fault.InvalidInput)
	env.MailOff.Store(true)
	tr.Do("nowhere to mail", "POST", v1+"/login/code", ask).Refused(t, 503, fault.MailUnavailable)
	env.Set(t, acme, "magic.enabled=false")
	tr.Do("mailed codes are off", "POST", v1+"/login/code", ask).Refused(t, 403, fault.MethodDisabled)
}

func TestSigningUpWithoutAPassword(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	tr := env.Transcribe(t, "signup_passwordless", "Signing up without a password.")
	signup := fields{"email": "ann@ex.test", "name": "Ann"}
	tr.Do("it is not offered", "POST", v1+"/signup", signup).Refused(t, 422, fault.InvalidInput)
	env.Set(t, acme, "magic.signup=true")
	var step webtest.Step
	tr.Do("begin", "POST", v1+"/signup", signup).Want(t, 200).JSON(t, &step)
	code := fields{"code": env.Code(t, acme, "ann@ex.test")}
	tr.Do("answer", "POST", v1+"/challenges/"+step.Challenge.ID, code).Want(t, 201)
	tr.Do("a taken address", "POST", v1+"/signup", signup).Want(t, 200)
	tr.Do("no address", "POST", v1+"/signup", fields{"username": "bob"}).Refused(t, 422, fault.InvalidInput)
	if c := env.Do(t, "GET", v1+"/config", nil).Want(t, 200); !strings.Contains(c.Body, `"passwordless":true`) {
		t.Errorf("%s", c.Body)
	}
}

func TestACodeIsReadInOneWayOnly(t *testing.T) { // OTC-12
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	env.Set(t, acme, "abuse.account_failures=0", "codes.tries=3")
	secret, recovery := env.EnrolTOTP(t, ann)
	raise := func() string {
		t.Helper()
		var step webtest.Step
		env.Do(t, "POST", v1+"/step-up", nil, ann.Auth()).Want(t, 200).JSON(t, &step)
		return v1 + "/challenges/" + step.Challenge.ID
	}
	env.DeliverMail(t)
	var step webtest.Step
	env.Do(t, "POST", v1+"/login/code", fields{"identifier": "ann@ex.test"}).Want(t, 200).JSON(t, &step)
	mailed := len(env.Mails(t, acme, "ann@ex.test"))
	for factor, c := range map[string]struct{ challenge, right string }{
		"email_code":    {v1 + "/challenges/" + step.Challenge.ID, env.Code(t, acme, "ann@ex.test")},
		"totp":          {raise(), env.TOTP(t, secret)},
		"recovery_code": {raise(), recovery[0]},
	} {
		long := strings.Repeat("7", 10_000)
		for _, value := range []any{
			"", nil,
			[]string{},
			fields{},
			[]string{c.right},
			123456, 123456.0, true, c.right + "7", c.right[1:],
			long, strings.Repeat(" ", 10_000) + c.right, "\u202e" + c.right + "\ufffdx", "0x1F",
		} {
			env.Do(t, "POST", c.challenge, fields{"factor": factor, "code": value}).Refused(t, 422, fault.InvalidInput)
		}
		env.Do(t, "POST", c.challenge, fields{"factor": factor}).Refused(t, 422, fault.InvalidInput)
		// None of them used a try, and what people's keyboards write is the code.
		wide := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '０'
			}
			return r
		}, c.right)
		env.Do(t, "POST", c.challenge, fields{"factor": factor, "code": " " + wide[:len(wide)/2] + wide[len(wide)/2:] + "\t"}).Want(t, 200)
	}
	if now := len(env.Mails(t, acme, "ann@ex.test")); now > mailed+3 { // the notices of the sign-in, the code and the rise
		t.Errorf("%d mails came of wrong codes", now-mailed)
	}
}
