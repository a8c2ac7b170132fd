package pages_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestALinkAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	env, ann := onCookies(t, "mfa.trust_device_days=30")
	secret, recovery := env.EnrolTOTP(t, ann)
	page := submit(t, env, mailedSignIn(t, env, "ann@ex.test"))
	forms := fill(page)
	shows(t, page, 200, "One more step", `<label for="totp">`, `id="totp"`, `autocomplete="one-time-code"`, `inputmode="numeric"`,
		` autofocus>`, `aria-describedby="totp_hint"`, `id="totp_hint"`, `<label for="recovery_code">`, "<summary>Use a recovery code instead",
		`id="totp_trust" name="trust_device" type="checkbox"`)
	if page.Header.Get("Set-Cookie") != "" || strings.Contains(page.Body, "<script") || strings.Count(page.Body, "autofocus") != 1 {
		t.Errorf("headers %v: %s", page.Header, page.Body)
	}
	answer := func(form url.Values, text string) *webtest.Answer {
		t.Helper()
		form.Set("answer", text)
		return submit(t, env, form)
	}
	shows(t, answer(forms[0], "abc"), 422, "One more step", `role="alert"`, "six digits", `aria-invalid="true"`)
	shows(t, answer(forms[0], ""), 422, "One more step", `role="alert"`)
	shows(t, answer(forms[0], "000000"), 401, "One more step", `role="alert"`, "The code is wrong.", `<label for="recovery_code">`)
	// The form that was used stays the first.
	wrong := answer(forms[len(forms)-1], "00000-00000")
	shows(t, wrong, 401, "One more step", "The code is wrong.", "<summary>Use the authenticator app instead")
	if form := fill(wrong)[0]; form.Get("factor") != "recovery_code" {
		t.Errorf("the first form asks for %s", form.Get("factor"))
	}
	// A browser is not trusted for a password.
	beside := url.Values{"c": forms[0]["c"], "factor": {"totp"}, "offered": {"totp password"}}
	page = answer(beside, "abc")
	shows(t, page, 422, "One more step", `id="totp_trust"`, `<label for="password">`)
	if strings.Contains(page.Body, "password_trust") {
		t.Errorf("a password would trust the browser: %s", page.Body)
	}
	elsewhere := webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"} // SES-08
	forms[0].Set("answer", env.TOTP(t, secret))
	shows(t, env.Do(t, "POST", "/t/acme/link", forms[0].Encode(), urlForm, elsewhere), 403, "Not allowed from this origin")
	forms[0].Set("trust_device", "1")
	in := submit(t, env, forms[0])
	shows(t, in, 200, "You are signed in")
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, cookies(in)).Want(t, 200)
	shows(t, submit(t, env, forms[0]), 410, "This link is over")

	// This browser is trusted now, another one is not.
	shows(t, submit(t, env, mailedSignIn(t, env, "ann@ex.test"), cookies(in)), 200, "You are signed in")
	env.Clock.Advance(time.Hour) // for the mails
	page = submit(t, env, mailedSignIn(t, env, "ann@ex.test"))
	forms = fill(page)
	shows(t, answer(forms[len(forms)-1], recovery[0]), 200, "You are signed in")
}

func TestALinkAsksForAllThatThePolicyWants(t *testing.T) {
	t.Parallel()
	env, ann := onCookies(t)
	bob := env.Join(t, acme, "bob@ex.test")
	secret, _ := env.EnrolTOTP(t, ann)
	env.Set(t, acme, "mfa.policy=required", "mfa.trust_device_days=30")
	// A mailbox counts for nothing beside: both others are asked for, one after the other.
	page := submit(t, env, mailedSignIn(t, env, "ann@ex.test"))
	form := fill(page)[0]
	form.Set("answer", env.TOTP(t, secret))
	page = submit(t, env, form)
	shows(t, page, 200, "One more step", `<label for="password">`, `autocomplete="current-password"`)
	if strings.Contains(page.Body, "trust_device") || page.Header.Get("Set-Cookie") != "" {
		t.Errorf("headers %v: %s", page.Header, page.Body)
	}
	form = fill(page)[0]
	form.Set("answer", "not the password")
	shows(t, submit(t, env, form), 401, "One more step", "The password is wrong.")
	form.Set("answer", webtest.Password)
	in := submit(t, env, form)
	shows(t, in, 200, "You are signed in")
	if !strings.Contains(env.Do(t, "GET", webtest.API(acme)+"/sessions", nil, cookies(in)).Want(t, 200).Body, "aal2") {
		t.Error("the session is not at aal2")
	}
	// Who has a password and nothing else gives it, and must enrol then.
	page = submit(t, env, mailedSignIn(t, env, bob.Email))
	form = fill(page)[0]
	form.Set("answer", webtest.Password)
	enrol := submit(t, env, form)
	shows(t, enrol, 200, "Set up a second factor", "Sign in in the app")
	if enrol.Header.Get("Set-Cookie") != "" {
		t.Error("a cookie before the second factor")
	}
}

func TestAPageThatCannotTakeAPasskeySaysSo(t *testing.T) {
	t.Parallel()
	env, ann := onCookies(t)
	env.EnrolPasskey(t, ann)
	env.Set(t, acme, "password.enabled=false")
	page := submit(t, env, mailedSignIn(t, env, "ann@ex.test"))
	shows(t, page, 200, "Use your passkey")
	if page.Header.Get("Set-Cookie") != "" {
		t.Error("a cookie before the passkey")
	}
}

func TestAFastBrowserKeepsTheButton(t *testing.T) {
	t.Parallel()
	env, ann := onCookies(t)
	secret, _ := env.EnrolTOTP(t, ann)
	link := mailedSignIn(t, env, "ann@ex.test")
	env.Set(t, acme, "abuse.address=1/1h")
	shows(t, submit(t, env, url.Values{"c": link["c"], "s": {"AAAAAAAAAAAAAAAAAAAAAAAAAA"}}), 410, "This link is over")
	fast := submit(t, env, link)
	shows(t, fast, 429, "Sign in to acme", `role="alert"`, "Too many tries", link.Get("s"))
	if fast.Header.Get("Retry-After") == "" {
		t.Errorf("headers %v", fast.Header)
	}
	env.Set(t, acme, "abuse.address=0")
	form := fill(submit(t, env, link).Want(t, 200))[0]
	form.Set("answer", env.TOTP(t, secret))
	env.Set(t, acme, "abuse.address=1/1h")
	submit(t, env, url.Values{"c": form["c"], "factor": {"totp"}, "answer": {"abc"}})
	shows(t, submit(t, env, form), 429, "One more step", `role="alert"`, "Too many tries")
}
