package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestATenantOnCookiesHandsOutNoTokens(t *testing.T) { // SES-07
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, "tokens.transport=cookie", "signup.verify_email=off")
	tr := env.Transcribe(t, "cookies", "A tenant on cookies, behind TLS.")
	signup := fields{"email": "ann@ex.test", "password": passphrase}
	made := tr.Do("sign up", "POST", v1+"/signup", signup).Want(t, 201)
	cookie, device := cookieOf(t, made), deviceCookieOf(t, made)
	for i, set := range made.Header.Values("Set-Cookie") {
		name := []string{"__Host-tg-ten_", "__Host-tgd-ten_"}[i]
		for _, part := range []string{name, "; Path=/;", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
			if !strings.Contains(set, part) || strings.Contains(set, "Domain") {
				t.Errorf("Set-Cookie is %q, want it with %q and without a domain", set, part)
			}
		}
	}
	tr.Do("the signed-in user", "GET", v1+"/me", nil, cookie).Want(t, 200)
	raised := tr.Do("refresh", "POST", v1+"/token", nil, cookie).Want(t, 200)
	if next := cookieOf(t, raised); next == cookie {
		t.Error("the cookie is the same after a refresh")
	}
	in := tr.Do("sign in", "POST", v1+"/login", fields{"identifier": "ann@ex.test", "password": passphrase}).Want(t, 200)
	known := tr.Do("sign in on the same device", "POST", v1+"/login", fields{"identifier": "ann@ex.test", "password": passphrase}, device).
		Want(t, 200)
	if set := known.Header.Values("Set-Cookie"); len(set) != 1 {
		t.Errorf("a known device gets the cookies %q", set)
	}
	for _, a := range []*webtest.Answer{made, raised, in, known} {
		if strings.Contains(a.Body, "token") || strings.Contains(a.Body, "tgr_") || strings.Contains(a.Body, "tgc_") || strings.Contains(a.Body, "tgd_") {
			t.Errorf("a body holds a token: %s", a.Body)
		}
	}
	out := tr.Do("sign out", "POST", v1+"/logout", nil, cookieOf(t, raised)).Want(t, 204)
	if set := out.Header.Get("Set-Cookie"); !strings.Contains(set, "Max-Age=0") {
		t.Errorf("Set-Cookie after the end is %q", set)
	}
	tr.Do("signed out", "GET", v1+"/me", nil, cookieOf(t, raised)).Refused(t, 401, fault.InvalidToken)
}

func TestACookieIsPlainOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options []webtest.Option
		proto   string
		prefix  string
	}{
		"https public URL":              {nil, "", "__Host-tg-ten_"},
		"https, an unlisted proxy":      {nil, "http", "__Host-tg-ten_"},
		"loopback":                      {[]webtest.Option{webtest.Loopback()}, "", "tg-ten_"},
		"loopback, a stranger's header": {[]webtest.Option{webtest.Loopback()}, "https", "tg-ten_"},
		"loopback, a trusted proxy":     {[]webtest.Option{webtest.Loopback(), webtest.Trust()}, "https", "__Host-tg-ten_"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := webtest.New(t, c.options...)
			env.Set(t, acme, "tokens.transport=cookie", "signup.verify_email=off")
			proto := webtest.Header{Name: "X-Forwarded-Proto", Value: c.proto}
			signup := fields{"email": "ann@ex.test", "password": passphrase}
			made := env.Do(t, "POST", v1+"/signup", signup, proto).Want(t, 201)
			for i, set := range made.Header.Values("Set-Cookie") {
				prefix := c.prefix
				if i == 1 {
					prefix = strings.Replace(prefix, "tg-", "tgd-", 1)
				}
				if !strings.HasPrefix(set, prefix) || strings.Contains(set, "Secure") != strings.HasPrefix(prefix, "__Host-") {
					t.Errorf("Set-Cookie is %q", set)
				}
			}
			env.Do(t, "GET", v1+"/me", nil, cookieOf(t, made), proto).Want(t, 200)
			login := fields{"identifier": "ann@ex.test", "password": passphrase}
			known := env.Do(t, "POST", v1+"/login", login, deviceCookieOf(t, made), proto).Want(t, 200)
			if set := known.Header.Values("Set-Cookie"); len(set) != 1 {
				t.Errorf("the device's cookie is not read: %q", set)
			}
		})
	}
}

func TestAnotherSiteCannotUseACookie(t *testing.T) { // SES-08
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, "tokens.transport=cookie", `cors.origins=["https://app.ex.test"]`)
	ann := env.Join(t, acme, "ann@ex.test")
	h := func(name, value string) webtest.Header { return webtest.Header{Name: name, Value: value} }
	form, plain := h("Content-Type", "application/x-www-form-urlencoded"), h("Content-Type", "text/plain")
	const factor, identifier = "fac_5m9k3v9wf5xr2q8m7n4p6s0tka", "idf_01ka8k3v9wf5xr2q8m7n4p6s0t"
	writes := []struct{ method, path, body string }{
		{"POST", "/logout", ""},
		{"POST", "/logout/all", "{}"},
		{"POST", "/token", ""},
		{"DELETE", "/me", ""},
		{"PATCH", "/me", `{"name":"Eve"}`},
		{"DELETE", "/sessions/" + ann.SessionID, ""},
		{"POST", "/login", `{"identifier":"ann@ex.test","password":"x"}`},
		{"POST", "/login/code", `{"identifier":"ann@ex.test"}`},
		{"POST", "/login/passkey", ""},
		{"POST", "/signup", `{"email":"eve@ex.test"}`},
		{"POST", "/challenges/chl_5m9k3v9wf5xr2q8m7n4p6s0tka", `{"code":"123456"}`},
		{"POST", "/challenges/chl_5m9k3v9wf5xr2q8m7n4p6s0tka/resend", ""},
		{"POST", "/challenges/chl_5m9k3v9wf5xr2q8m7n4p6s0tka/enrol", ""},
		{"POST", "/logout/others", ""},
		{"POST", "/step-up", ""},
		{"POST", "/password/reset", `{"identifier":"ann@ex.test"}`},
		{"POST", "/password/change", `{"current_password":"x","new_password":"y"}`},
		{"POST", "/factors/totp", ""},
		{"POST", "/factors/totp/" + factor + "/activate", `{"code":"123456"}`},
		{"POST", "/factors/recovery-codes", ""},
		{"DELETE", "/factors/" + factor, ""},
		{"POST", "/passkeys/options", ""},
		{"POST", "/passkeys", `{"challenge_id":"x","credential":{}}`},
		{"PATCH", "/passkeys/" + factor, `{"name":"Eve"}`},
		{"DELETE", "/passkeys/" + factor, ""},
		{"POST", "/me/identifiers", `{"kind":"email","value":"eve@ex.test"}`},
		{"PATCH", "/me/identifiers/" + identifier, `{"primary":true}`},
		{"DELETE", "/me/identifiers/" + identifier, ""},
		{"DELETE", "/devices/dev_01ka8k3v9wf5xr2q8m7n4p6s0t", ""},
		{"POST", "/introspect", "token=x"},
		{"POST", "/revoke", "token=x"},
	}
	walked := map[string]bool{}
	for _, w := range writes {
		walked[w.method+" "+ids.ReplaceAllString(w.path, ":id")] = true
	}
	for _, r := range env.Server.Routes() {
		path, ok := strings.CutPrefix(r.Path, "/t/:slug/v1")
		if ok && r.Method != http.MethodGet && !walked[r.Method+" "+path] {
			t.Errorf("%s %s is not among the writes", r.Method, path)
		}
	}
	for _, w := range writes {
		for name, headers := range map[string][]webtest.Header{
			"cross-site":                {h("Sec-Fetch-Site", "cross-site")},
			"same-site":                 {h("Sec-Fetch-Site", "same-site")},
			"foreign origin":            {h("Origin", "https://evil.test")},
			"no origin":                 {h("Origin", "null")},
			"cross-site with an origin": {h("Sec-Fetch-Site", "cross-site"), h("Origin", "https://evil.test")},
			"form":                      {h("Sec-Fetch-Site", "cross-site"), form},
			"text/plain":                {h("Origin", "https://evil.test"), plain},
		} {
			env.Do(t, w.method, v1+w.path, w.body, append(headers, ann.Auth())...).Refused(t, 403, fault.CrossOrigin)
			_ = name
		}
	}
	// An old browser that names no origin at all can send a form, but no JSON.
	env.Do(t, "POST", v1+"/logout", "a=b", form, ann.Auth()).Refused(t, 415, fault.UnsupportedMediaType)
	env.Do(t, "POST", v1+"/logout", "{}", plain, ann.Auth()).Refused(t, 415, fault.UnsupportedMediaType)
	for _, w := range writes {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if w.path == "/me" || w.path == "/me/identifiers" || w.path == "/passkeys" {
				continue // they may be read
			}
			env.Do(t, method, v1+w.path, nil, ann.Auth()).Want(t, 405)
		}
	}
	env.Do(t, "GET", v1+"/me", nil, ann.Auth(), h("Sec-Fetch-Site", "cross-site")).Want(t, 200)
	trusted := h("Origin", "https://app.ex.test")
	env.Do(t, "PATCH", v1+"/me", `{"name":"Ann"}`, ann.Auth(), trusted, h("Sec-Fetch-Site", "cross-site")).Want(t, 200)
	env.Do(t, "PATCH", v1+"/me", `{"name":"Ann"}`, ann.Auth(), h("Sec-Fetch-Site", "same-origin")).Want(t, 200)
}

func TestTwoCredentialsAreNeverMixed(t *testing.T) { // SES-12
	t.Parallel()
	env := webtest.New(t)
	bob := env.Join(t, acme, "bob@ex.test")
	env.Set(t, acme, "tokens.transport=cookie")
	ann := env.Join(t, acme, "ann@ex.test")
	for _, c := range []struct {
		method, path string
		body         any
		headers      []webtest.Header
	}{
		{"GET", "/me", nil, []webtest.Header{ann.Auth(), bob.Auth()}},
		{"POST", "/logout", nil, []webtest.Header{ann.Auth(), bob.Auth()}},
		{"GET", "/sessions", nil, []webtest.Header{ann.Auth(), bob.Auth()}},
		{"POST", "/token", fields{"refresh_token": bob.RefreshToken}, []webtest.Header{ann.Auth()}},
		{"POST", "/token", nil, []webtest.Header{ann.Auth(), bob.Auth()}},
		{"GET", "/me", nil, []webtest.Header{bob.Auth(), bob.Auth()}},
	} {
		env.Do(t, c.method, v1+c.path, c.body, c.headers...).Refused(t, 400, fault.AmbiguousCredentials)
	}
	env.Do(t, "GET", v1+"/me", nil, ann.Auth()).Want(t, 200)
	env.Do(t, "GET", v1+"/me", nil, bob.Auth()).Want(t, 200)
}

func TestAnAttackersCookieIsNotKept(t *testing.T) { // SES-06
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, "tokens.transport=cookie")
	mallory, _ := env.Join(t, acme, "mallory@ex.test"), env.Join(t, acme, "ann@ex.test")
	login := fields{"identifier": "ann@ex.test", "password": passphrase}
	in := env.Do(t, "POST", v1+"/login", login, mallory.Auth()).Want(t, 200)
	ann := cookieOf(t, in)
	if ann == mallory.Cookie {
		t.Fatal("the cookie from before the sign-in lives on")
	}
	var who struct{ Email string }
	env.Do(t, "GET", v1+"/me", nil, mallory.Auth()).Want(t, 200).JSON(t, &who)
	if who.Email != "mallory@ex.test" {
		t.Errorf("the old cookie is %s now", who.Email)
	}
	var step webtest.Step
	env.Do(t, "POST", v1+"/step-up", nil, ann).Want(t, 200).JSON(t, &step)
	answer := fields{"factor": "password", "password": passphrase}
	raised := cookieOf(t, env.Do(t, "POST", v1+"/challenges/"+step.Challenge.ID, answer).Want(t, 200))
	if raised == ann {
		t.Error("the cookie from before the step-up lives on")
	}
	env.Clock.Advance(11e9)
	env.Do(t, "GET", v1+"/me", nil, ann).Refused(t, 401, fault.InvalidToken)
	env.Do(t, "GET", v1+"/me", nil, raised).Want(t, 200)
}

// ids are the ids in paths.
var ids = regexp.MustCompile(`[a-z]{3}_[0-9a-z]{26}`)

// deviceCookieOf is cookieOf for the cookie of the device.
func deviceCookieOf(t *testing.T, a *webtest.Answer) webtest.Header {
	t.Helper()
	for _, set := range a.Header.Values("Set-Cookie") {
		if pair, _, _ := strings.Cut(set, ";"); strings.HasPrefix(strings.TrimPrefix(pair, "__Host-"), "tgd-") {
			return webtest.Header{Name: "Cookie", Value: pair}
		}
	}
	t.Fatalf("no cookie of a device: %v", a.Header)
	return webtest.Header{}
}

// cookieOf is the header that sends back the cookie that an answer sets.
func cookieOf(t *testing.T, a *webtest.Answer) webtest.Header {
	t.Helper()
	pair, _, ok := strings.Cut(a.Header.Get("Set-Cookie"), ";")
	if !ok {
		t.Fatalf("no cookie: %v", a.Header)
	}
	return webtest.Header{Name: "Cookie", Value: pair}
}
