package pages_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }

const (
	acme = webtest.Acme
	next = "lantern orchard puzzle bicycle"
	form = "application/x-www-form-urlencoded"
)

var (
	own     = webtest.Header{Name: "Sec-Fetch-Site", Value: "same-origin"}
	noFrom  = webtest.Header{Name: "Origin", Value: "null"} // what browsers send under Referrer-Policy: no-referrer
	urlForm = webtest.Header{Name: "Content-Type", Value: form}
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
	press(t, env, c, s, next, webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"}).Refused(t, 403, fault.CrossOrigin)
	press(t, env, c, s, next, webtest.Header{Name: "Origin", Value: "https://evil.test"}).Refused(t, 403, fault.CrossOrigin)
	env.Do(t, "POST", "/t/acme/link", "c=%zz", urlForm, own).Want(t, 422)
	env.Do(t, "POST", "/t/acme/link", strings.Repeat("c=x&", 1<<18), urlForm, own).Refused(t, 413, fault.BodyTooLarge)
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Want(t, 200)
}

func TestAMailedLinkHoldsTheConfiguredOrigin(t *testing.T) { // OTC-09
	t.Parallel()
	env := webtest.New(t, webtest.Trust())
	env.Join(t, acme, "ann@ex.test")
	for _, poison := range []webtest.Header{
		{Name: "Host", Value: "evil.test"}, {Name: "X-Forwarded-Host", Value: "evil.test"},
		{Name: "X-Forwarded-Proto", Value: "gopher"}, {Name: "Forwarded", Value: "host=evil.test;proto=http"},
	} {
		if link, _, _ := mailed(t, env, "ann@ex.test", poison); !strings.HasPrefix(link, flowtest.PublicURL+"/t/acme/link?") {
			t.Errorf("%s: the link begins %.40s", poison.Name, link)
		}
	}
}

var external = regexp.MustCompile(`(?i)(src|href|action|url\()\s*=?\s*["']?(https?:)?//`)

func TestPagesEscapeAndLoadNothing(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, `branding.name=<script>alert(1)</script>`, "branding.color=#ffee00")
	hostile := `"><script>alert(1)</script>{{.}}' onload=x`
	query := url.Values{"c": {hostile}, "s": {hostile + "\xff"}}.Encode()
	for _, page := range []*webtest.Answer{
		env.Do(t, "GET", "/t/acme/link?"+query, nil).Want(t, 200),
		press(t, env, hostile, hostile, hostile, own).Want(t, 410),
		env.Do(t, "GET", "/problems", nil).Want(t, 200),
		env.Do(t, "GET", "/problems/wrong_code", nil).Want(t, 200),
		env.Do(t, "GET", "/problems/"+url.PathEscape("<script>"), nil).Want(t, 404),
		env.Do(t, "GET", "/docs", nil).Want(t, 200),
	} {
		policy := page.Header.Get("Content-Security-Policy")
		if strings.Contains(page.Body, "<script>") || strings.Contains(page.Body, "ZgotmplZ") || external.MatchString(page.Body) {
			t.Errorf("the page holds what it must not: %s", page.Body)
		}
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("policy %q", policy)
		}
		if strings.Contains(page.Body, "<style nonce") {
			nonce, _, _ := strings.Cut(strings.SplitN(page.Body, `<style nonce="`, 2)[1], `"`)
			if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "'nonce-"+nonce+"'") {
				t.Errorf("policy %q, nonce %q", policy, nonce)
			}
		}
		if !strings.Contains(page.Body, `<html lang="en">`) || !strings.Contains(page.Body, "<title>") || !strings.Contains(page.Body, "<main") {
			t.Error("the page lacks a language, title or main part")
		}
	}
	form := env.Do(t, "GET", "/t/acme/link?"+query, nil).Body
	for _, part := range []string{
		`<label for="new_password">`, `id="new_password"`, `autocomplete="new-password"`, `aria-describedby="hint"`, `id="hint"`,
		html.EscapeString(`<script>alert(1)</script>`), "--ink: #000",
	} {
		if !strings.Contains(form, part) {
			t.Errorf("the form lacks %s: %s", part, form)
		}
	}
}

func TestEveryFaultHasAPage(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	list := env.Do(t, "GET", "/problems", nil).Want(t, 200).Body
	for _, code := range fault.Codes() {
		page := env.Do(t, "GET", "/problems/"+string(code), nil).Want(t, 200)
		if !strings.Contains(page.Body, "Code "+string(code)) || !strings.Contains(list, `href="/problems/`+string(code)+`"`) {
			t.Errorf("%s: %s", code, page.Body)
		}
	}
}

func TestTheReferenceServesItsParts(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	for path, kind := range map[string]string{
		"/docs": "text/html", "/docs/docs.js": "text/javascript", "/docs/swagger-ui-bundle.js": "text/javascript",
		"/docs/swagger-ui.css": "text/css", "/docs/openapi.json": "application/json",
	} {
		for _, coding := range []string{"identity", "gzip"} {
			a := env.Do(t, http.MethodGet, path, nil, webtest.Header{Name: "Accept-Encoding", Value: coding}).Want(t, 200)
			if !strings.HasPrefix(a.Header.Get("Content-Type"), kind) || len(a.Body) < 100 {
				t.Errorf("%s: %s, %d bytes", path, a.Header.Get("Content-Type"), len(a.Body))
			}
		}
	}
	env.Do(t, http.MethodGet, "/docs/../pages.go", nil).Want(t, 404)
}
