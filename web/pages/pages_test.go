package pages_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

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

var external = regexp.MustCompile(`(?i)(src|href|action|url\()\s*=?\s*["']?(https?:)?//`)

func TestPagesEscapeAndLoadNothing(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Join(t, acme, "ann@ex.test")
	_, c, _ := mailed(t, env, "ann@ex.test")
	env.Set(t, acme, `branding.name=<script>alert(1)</script>`, "branding.color=#ffee00", "tokens.transport=cookie",
		"mfa.trust_device_days=30")
	signIn := mailedSignIn(t, env, "ann@ex.test")
	hostile := `"><script>alert(1)</script>{{.}}' onload=x`
	query := url.Values{"c": {c}, "s": {hostile + "\xff"}}.Encode()
	factor := url.Values{"c": {hostile}, "factor": {"totp"}, "offered": {hostile}, "answer": {hostile}}
	wrong := url.Values{"c": {signIn.Get("c")}, "factor": {"password"}, "offered": {hostile + " totp"}, "answer": {hostile}}
	for _, page := range []*webtest.Answer{
		env.Do(t, "GET", "/t/acme/link?"+query, nil).Want(t, 200),
		env.Do(t, "GET", "/t/acme/link?"+url.Values{"c": {signIn.Get("c")}, "s": {hostile}}.Encode(), nil).Want(t, 200),
		env.Do(t, "GET", "/t/acme/link?"+url.Values{"c": {hostile}, "s": {hostile}}.Encode(), nil).Want(t, 410),
		press(t, env, hostile, hostile, hostile, own).Want(t, 410),
		submit(t, env, factor).Want(t, 410),
		submit(t, env, wrong).Want(t, 410),
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
		for _, back := range []string{`href="/problems"`, `href="/docs"`} {
			if !strings.Contains(page.Body, back) {
				t.Errorf("the page of %s does not lead to %s", code, back)
			}
		}
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
