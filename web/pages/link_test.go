package pages_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// mailed asks for a reset and returns the parameters of the mailed link.
func mailed(t *testing.T, env *webtest.Env, email string, headers ...webtest.Header) (link string, c, s string) {
	t.Helper()
	env.DeliverMail(t)
	env.Do(t, "POST", webtest.API(acme)+"/password/reset", map[string]string{"identifier": email}, headers...).Want(t, 200)
	link = env.Link(t, acme, email)
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	webtest.Log.Secret("a link's secret", u.Query().Get("s"))
	return link, u.Query().Get("c"), u.Query().Get("s")
}

func press(t *testing.T, env *webtest.Env, c, s, password string, headers ...webtest.Header) *webtest.Answer {
	t.Helper()
	values := url.Values{"c": {c}, "s": {s}, "new_password": {password}}
	return env.Do(t, "POST", "/t/acme/link", values.Encode(), append([]webtest.Header{urlForm}, headers...)...)
}

func TestOpeningALinkChangesNothing(t *testing.T) { // OTC-10
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	link, c, s := mailed(t, env, "ann@ex.test")
	path := strings.TrimPrefix(link, flowtest.PublicURL)
	for range 5 {
		page := env.Do(t, "GET", path, nil).Want(t, 200)
		head := env.Do(t, "HEAD", path, nil).Want(t, 200)
		for _, a := range []*webtest.Answer{page, head} {
			if a.Header.Get("Set-Cookie") != "" || a.Header.Get("Referrer-Policy") != "no-referrer" || a.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("headers %v", a.Header)
			}
		}
	}
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Want(t, 200)
	press(t, env, c, s, next, own, noFrom).Want(t, 200)
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Refused(t, 401, fault.InvalidToken)
	login := map[string]string{"identifier": "ann@ex.test", "password": next}
	env.Do(t, "POST", webtest.API(acme)+"/login", login).Want(t, 200)
	if again := press(t, env, c, s, next, own).Want(t, 410); !strings.Contains(again.Body, "This link is over") {
		t.Errorf("a used link: %s", again.Body)
	}
}

func TestAWeakPasswordShowsTheFormAgain(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Join(t, acme, "ann@ex.test")
	env.Set(t, acme, "codes.tries=2")
	_, c, s := mailed(t, env, "ann@ex.test")
	for _, weak := range []string{"", "short", "aaaaaaaaaaaaaaaaaaaa", "acme acme acme acme", strings.Repeat("x", 300)} {
		page := press(t, env, c, s, weak, own).Want(t, 422)
		if !strings.Contains(page.Body, `role="alert"`) || !strings.Contains(page.Body, s) {
			t.Errorf("the form for %.10q: %s", weak, page.Body)
		}
		if weak != "" && strings.Contains(page.Body, weak+"<") {
			t.Errorf("the page shows the password %q", weak)
		}
	}
	press(t, env, c, s, next, own).Want(t, 200)
}

func TestALinkThatIsNone(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	_, c, s := mailed(t, env, "ann@ex.test")
	press(t, env, c, "AAAAAAAAAAAAAAAAAAAAAAAAAA", next, own).Want(t, 410)
	press(t, env, c, "", next, own).Want(t, 410)
	press(t, env, "nonsense", s, next, own).Want(t, 410)
	press(t, env, "chl_5m9k3v9wf5xr2q8m7n4p6s0tka", s, next, own).Want(t, 410)
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Want(t, 200)
}

func TestAnErrorBehindALinkIsAPage(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	_, c, s := mailed(t, env, "ann@ex.test")
	shows := func(a *webtest.Answer, status int, title string, code fault.Code) {
		t.Helper()
		a.Want(t, status)
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || a.Header.Get("Cache-Control") != "no-store" ||
			!strings.Contains(a.Body, "<h1>"+title+"</h1>") || code != "" && !strings.Contains(a.Body, "Code "+string(code)) {
			t.Errorf("status %d, headers %v: %s", a.Status, a.Header, a.Body)
		}
		if strings.Contains(a.Body, s) && code != "" {
			t.Error("the page of an error holds the link's secret")
		}
	}
	elsewhere := webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"}
	shows(press(t, env, c, s, next, elsewhere), 403, "Not allowed from this origin", fault.CrossOrigin)
	evil := webtest.Header{Name: "Origin", Value: "https://evil.test"}
	shows(press(t, env, c, s, next, evil), 403, "Not allowed from this origin", fault.CrossOrigin)
	shows(env.Do(t, "POST", "/t/acme/link", "c=%zz", urlForm, own), 422, "Some fields are not valid", fault.InvalidInput)
	large := strings.Repeat("c=x&", 1<<18)
	shows(env.Do(t, "POST", "/t/acme/link", large, urlForm, own), 413, "The body is too large", fault.BodyTooLarge)
	shows(env.Do(t, "GET", "/t/nobody/link?c=x&s=y", nil), 404, "No such tenant", fault.TenantNotFound)
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Want(t, 200)

	// Who is only too fast keeps the form, and with it the link.
	env.Set(t, acme, "abuse.address=1/1h")
	press(t, env, c, "AAAAAAAAAAAAAAAAAAAAAAAAAA", next, own).Want(t, 410)
	fast := press(t, env, c, s, next, own)
	shows(fast, 429, "Choose a new password", "")
	if fast.Header.Get("Retry-After") == "" || !strings.Contains(fast.Body, "Too many tries") || !strings.Contains(fast.Body, s) {
		t.Errorf("headers %v: %s", fast.Header, fast.Body)
	}
	env.Set(t, acme, "abuse.address=0", "branding.name=Acme Works")
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*webtest.Answer{env.Do(t, "GET", "/t/acme/link?c="+c+"&s="+s, nil), press(t, env, c, s, next, own)} {
		shows(a, 403, "This tenant is suspended", fault.TenantSuspended)
		if !strings.Contains(a.Body, "Acme Works") || !strings.Contains(a.Body, a.Header.Get("X-Request-Id")) {
			t.Errorf("%s", a.Body)
		}
	}
}

func TestAMailedLinkHoldsTheConfiguredOrigin(t *testing.T) { // OTC-09
	t.Parallel()
	env := webtest.New(t, webtest.Trust())
	env.Join(t, acme, "ann@ex.test")
	for _, poison := range []webtest.Header{
		{Name: "Host", Value: "evil.test"},
		{Name: "X-Forwarded-Host", Value: "evil.test"},
		{Name: "X-Forwarded-Proto", Value: "gopher"},
		{Name: "Forwarded", Value: "host=evil.test;proto=http"},
	} {
		if link, _, _ := mailed(t, env, "ann@ex.test", poison); !strings.HasPrefix(link, flowtest.PublicURL+"/t/acme/link?") {
			t.Errorf("%s: the link begins %.40s", poison.Name, link)
		}
	}
}
