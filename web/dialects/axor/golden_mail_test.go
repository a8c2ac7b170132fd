package axor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// token is what the newest mail to an address carries.
func token(t *testing.T, env *webtest.Env, to string) string {
	t.Helper()
	mailed := env.Code(t, acme, to)
	webtest.Log.Secret("a mailed token", mailed)
	return mailed
}

func TestVerifyingTheAddress(t *testing.T) {
	t.Parallel()
	env := speaking(t, "dialects.axor.site=https://app.example.test/")
	in := held(t, env.Do(t, "POST", user+"/register/", registration(ann), agent))
	tr := env.Transcribe(t, "verify_email", "Verifying the address after the registration.")
	verify := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "POST", user+"/verify_email/", body).Want(t, status)
	}
	first := token(t, env, ann)
	if want, got := "https://app.example.test/auth/verify-email/process/?token="+first, env.Link(t, acme, ann); got != want {
		t.Errorf("the link is %s, want %s", got, want)
	}
	verify("no token", fields{}, 400)
	verify("a blank one", fields{"token": " "}, 400)
	verify("one of another type", fields{"token": []int{1}}, 400)
	verify("one that is none", fields{"token": "nonsense"}, 400)
	verify("one with another end", fields{"token": other(first)}, 400)
	tr.Do("resend", "POST", user+"/verify_email/resend/", nil, in.Session).Want(t, 204)
	tr.Do("resend again", "POST", user+"/verify_email/resend/", nil, in.Session).Want(t, 400)
	second := token(t, env, ann)
	if first == second {
		t.Error("no other token was mailed")
	}
	verify("verify", fields{"token": " " + second + " "}, 204)
	verify("verify again", fields{"token": second}, 400)
	tr.Do("resend what is verified", "POST", user+"/verify_email/resend/", nil, in.Session).Want(t, 400)
	tr.Do("verified", "GET", user+"/me/", nil, in.Session).Want(t, 200)
	tr.Do("nobody resends", "POST", user+"/verify_email/resend/", nil).Want(t, 403)
}

func TestALinkThatVerifiesEndsAfterHalfAnHour(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	in := held(t, env.Do(t, "POST", user+"/register/", registration(ann), agent))
	late := token(t, env, ann)
	env.Clock.Advance(31 * time.Minute)
	env.Do(t, "POST", user+"/verify_email/", fields{"token": late}).Want(t, 400)
	env.MailOff.Store(true)
	tr := env.Transcribe(t, "resend_without_mail", "Asking for the link where nothing can be mailed.")
	tr.Do("resend", "POST", user+"/verify_email/resend/", nil, in.Session).Want(t, 400)
}

func TestRegisteringWhereAddressesAreVerifiedFirst(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string][]header{"in session mode": nil, "in app-token mode": {app}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := speaking(t)
			env.Set(t, acme, "signup.verify_email=before_session")
			tr := env.Transcribe(t, "verify_first_"+strings.Fields(name)[1], "Registering where addresses are verified first, "+name+".")
			tr.Do("register", "POST", user+"/register/", registration(ann), asked...).Want(t, 400)
			body := fields{"email": ann, "password": password}
			tr.Do("too early", "POST", user+"/login/", body, asked...).Want(t, 400)
			mailed := token(t, env, ann)
			// The page that the link leads to is a browser's.
			tr.Do("verify", "POST", user+"/verify_email/", fields{"token": mailed}).Want(t, 204)
			tr.Do("verify again", "POST", user+"/verify_email/", fields{"token": mailed}).Want(t, 400)
			tr.Do("log in", "POST", user+"/login/", body, append(asked, agent)...).Want(t, 200)
			tr.Do("an address that is taken", "POST", user+"/register/", registration(ann), asked...).Want(t, 400)
			if again := token(t, env, ann); again != mailed {
				t.Error("a token was mailed for an address that is taken")
			}
		})
	}
}

func TestChoosingANewPasswordByMail(t *testing.T) {
	t.Parallel()
	env := speaking(t, "dialects.axor.site=https://app.example.test")
	in := join(t, env)
	phone := login(t, env, app)
	tr := env.Transcribe(t, "forgot_password", "Choosing a new password by a mailed link.")
	ask := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "POST", user+"/forgot_password/request/", body).Want(t, status)
	}
	ask("no address", fields{}, 400)
	ask("a blank one", fields{"email": ""}, 400)
	ask("one that is too long to be any", fields{"email": strings.Repeat("a", 400)}, 400)
	ask("nobody's address", fields{"email": "bob@ex.test"}, 204)
	ask("ask", fields{"email": ann}, 204)
	mailed := token(t, env, ann)
	if want, got := "https://app.example.test/auth/forgot-password/process/?token="+mailed, env.Link(t, acme, ann); got != want {
		t.Errorf("the link is %s, want %s", got, want)
	}
	before := len(env.Mails(t, acme, ann))
	ask("ask again", fields{"email": ann}, 204)
	tr.Do("ask again in the other mode", "POST", user+"/forgot_password/request/", fields{"email": ann}, app).Want(t, 204)
	if n := len(env.Mails(t, acme, ann)); n != before {
		t.Errorf("%d mails more within half an hour", n-before)
	}
	check := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "POST", user+"/forgot_password/validate/", body).Want(t, status)
	}
	check("check", fields{"token": mailed}, 204)
	check("check again", fields{"token": mailed}, 204)
	check("check another", fields{"token": other(mailed)}, 400)
	check("check none", nil, 400)
	set := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "POST", user+"/forgot_password/reset/", body).Want(t, status)
	}
	set("no password", fields{"token": mailed}, 400)
	set("no token", fields{"password": next}, 400)
	set("a wrong token", fields{"token": other(mailed), "password": "short"}, 400)
	set("a short password", fields{"token": mailed, "password": "short"}, 400)
	set("reset", fields{"token": mailed, "password": next}, 204)
	set("reset again", fields{"token": mailed, "password": next}, 400)
	check("check what is used", fields{"token": mailed}, 400)
	env.Do(t, "GET", user+"/me/", nil, in.all...).Want(t, 403)
	env.Do(t, "GET", user+"/me/", nil, phone.all...).Want(t, 403)
	tr.Do("log in", "POST", user+"/login/", fields{"email": ann, "password": next}, agent).Want(t, 200)
	env.MailOff.Store(true)
	ask("nowhere to mail", fields{"email": "bob@ex.test"}, 503)
	env.MailOff.Store(false)
	env.Clock.Advance(31 * time.Minute)
	ask("ask after half an hour", fields{"email": ann}, 204)
	if token(t, env, ann) == mailed {
		t.Error("nothing was mailed")
	}
}

func TestSigningInByMail(t *testing.T) {
	t.Parallel()
	env := speaking(t, "dialects.axor.site=https://app.example.test")
	in := join(t, env)
	tr := env.Transcribe(t, "magic_link", "Signing in by a mailed link.")
	ask := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "POST", user+"/magic_link/request/", body).Want(t, status)
	}
	consume := func(what string, body any, status int, headers ...header) {
		t.Helper()
		tr.Do(what, "POST", user+"/magic_link/consume/", body, append(headers, agent)...).Want(t, status)
	}
	ask("no address", nil, 400)
	ask("nobody's address", fields{"email": "bob@ex.test"}, 204)
	ask("ask", fields{"email": ann}, 204)
	mailed := token(t, env, ann)
	if want, got := "https://app.example.test/auth/magic-link/process/?token="+mailed, env.Link(t, acme, ann); got != want {
		t.Errorf("the link is %s, want %s", got, want)
	}
	consume("no token", fields{}, 400)
	consume("one that is none", fields{"token": "nonsense"}, 400)
	consume("one with another end", fields{"token": other(mailed)}, 400)
	consume("sign in", fields{"token": mailed}, 200)
	consume("sign in again", fields{"token": mailed}, 400)

	secret, backup := enrol(t, env, in)
	ask("ask for another", fields{"email": ann}, 204)
	mailed = token(t, env, ann)
	consume("without the code", fields{"token": mailed}, 401)
	consume("with a wrong code", fields{"token": mailed, "code": other(backup[0])}, 401)
	consume("with a code of another type", fields{"token": mailed, "code": true}, 401)
	consume("with the right code", fields{"token": mailed, "code": backup[0]}, 200, app)
	consume("with the next code", fields{"token": mailed, "code": env.TOTP(t, secret)}, 400)

	ask("ask for a third", fields{"email": ann}, 204)
	late := token(t, env, ann)
	env.Clock.Advance(61 * time.Minute)
	consume("after an hour", fields{"token": late}, 400)
	env.Set(t, acme, "magic.enabled=false")
	ask("the tenant has none", fields{"email": ann}, 400)
}

func TestAMailedTokenIsGoodOnItsOwnPathAlone(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	in := held(t, env.Do(t, "POST", user+"/register/", registration(ann), agent))
	verifies := token(t, env, ann)
	env.Do(t, "POST", user+"/forgot_password/request/", fields{"email": ann}).Want(t, 204)
	resets := token(t, env, ann)
	env.Do(t, "POST", user+"/magic_link/request/", fields{"email": ann}).Want(t, 204)
	signsIn := token(t, env, ann)
	paths := map[string]string{"/verify_email/": verifies, "/forgot_password/reset/": resets, "/magic_link/consume/": signsIn}
	for path, own := range paths {
		for _, mailed := range paths {
			if mailed == own {
				continue
			}
			a := env.Do(t, "POST", user+path, fields{"token": mailed, "password": next}).Want(t, 400)
			if a.Code() != "InvalidToken" && a.Code() != "HealthCheckFailed" {
				t.Errorf("%s: %s", path, a.Body)
			}
		}
	}
	for _, mailed := range []string{verifies, signsIn} {
		env.Do(t, "POST", user+"/forgot_password/validate/", fields{"token": mailed}).Want(t, 400)
	}
	env.Do(t, "POST", user+"/verify_email/", fields{"token": verifies}, in.all...).Want(t, 204)
	env.Do(t, "POST", user+"/magic_link/consume/", fields{"token": signsIn}).Want(t, 200)
	env.Do(t, "POST", user+"/forgot_password/reset/", fields{"token": resets, "password": next}).Want(t, 204)
}
