package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestEveryAnswerCarriesTheSecurityHeadersAndOneRecord(t *testing.T) { // INP-08
	t.Parallel()
	env := webtest.New(t)
	const agent = "evil\x1b[31m \u2028{\"level\":\"ERROR\"} agent9Z"
	paths := []string{"/nowhere", "/t/acme/v1/nowhere", "/t/nobody/v1/me", "/t/acme/v1/sessions/ses_canary5X\x1b%0a%0d\"x", "/t/acme/link?c=canary5X&s=canary5X"}
	for _, r := range env.Server.Routes() {
		if r.Surface == "public" {
			paths = append(paths, strings.NewReplacer(":slug", "acme", ":id", "canary5X", ":code", "wrong_code").Replace(r.Path))
		}
	}
	for _, path := range paths {
		for _, method := range []string{"GET", "POST", "HEAD", "OPTIONS", "BREW"} {
			r, err := http.NewRequestWithContext(t.Context(), method, env.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
			r.Header.Set("User-Agent", strings.ReplaceAll(agent, "\x1b", ""))
			a := env.Send(t, r)
			where := method + " " + path
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
				"Strict-Transport-Security": "max-age=31536000", "Content-Security-Policy": "default-src 'none'",
			} {
				if !strings.HasPrefix(a.Header.Get(name), want) {
					t.Errorf("%s: %s is %q", where, name, a.Header.Get(name))
				}
			}
			if a.Header.Get("Cache-Control") == "" || method == "HEAD" && a.Body != "" {
				t.Errorf("%s: headers %v, body %q", where, a.Header, a.Body)
			}
			if strings.Contains(a.Header.Get("Content-Type"), "json") && method != "HEAD" &&
				strings.TrimRight(a.Body, "\n")+"\n" != a.Body {
				t.Errorf("%s: the JSON does not end in one newline: %q", where, a.Body)
			}
			id := a.Header.Get("X-Request-Id")
			records := webtest.Log.Await(t, id)
			if len(records) != 1 {
				t.Fatalf("%s: %d records: %q", where, len(records), records)
			}
			var record struct {
				Route     string
				RequestID string `json:"request_id"`
				Status    int
			}
			if err := json.Unmarshal([]byte(records[0]), &record); err != nil || record.RequestID != id || record.Status != a.Status {
				t.Errorf("%s: record %s", where, records[0])
			}
			if strings.Contains(records[0], "canary5X") || strings.Contains(records[0], "agent9Z") {
				t.Errorf("%s: the record holds the sender's text: %s", where, records[0])
			}
			var p struct {
				RequestID string `json:"request_id"`
			}
			if a.Code() != "" {
				if a.JSON(t, &p); p.RequestID != id {
					t.Errorf("%s: request id %q, header %q", where, p.RequestID, id)
				}
			}
		}
	}
}

func TestOnlyThePathSelectsTheTenant(t *testing.T) { // TEN-06
	t.Parallel()
	env := webtest.New(t, webtest.Trust())
	for _, h := range []webtest.Header{
		{Name: "Host", Value: "globex.ex.test"},
		{Name: "X-Forwarded-Host", Value: "globex.ex.test"},
		{Name: "Forwarded", Value: "host=globex.ex.test"},
		{Name: "X-Original-Url", Value: "/t/globex/v1/config"},
		{Name: "X-Forwarded-Prefix", Value: "/t/globex"},
	} {
		var c struct{ Tenant, Issuer string }
		env.Do(t, "GET", webtest.API(acme)+"/config", nil, h).Want(t, 200).JSON(t, &c)
		if c.Tenant != acme || !strings.HasSuffix(c.Issuer, "/t/acme") {
			t.Errorf("%s: %+v", h.Name, c)
		}
	}
	// The target of a request may be a whole URL; its host decides nothing either.
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, env.URL+webtest.API(acme)+"/config", nil)
	r.URL.Opaque = "//globex.ex.test" + webtest.API(acme) + "/config"
	if a := env.Send(t, r); a.Status != 200 || !strings.Contains(a.Body, `"tenant":"acme"`) {
		t.Errorf("status %d: %s", a.Status, a.Body)
	}
}

func TestACacheKeyedByPathServesEachTenantItsOwn(t *testing.T) { // TEN-08
	t.Parallel()
	env := webtest.New(t)
	users := map[string]*webtest.User{acme: env.Join(t, acme, "ann@ex.test"), globex: env.Join(t, globex, "bob@ex.test")}
	cache := map[string]*webtest.Answer{}
	get := func(path string, headers ...webtest.Header) *webtest.Answer {
		if hit, ok := cache[path]; ok {
			return hit
		}
		a := env.Do(t, "GET", path, nil, headers...)
		if strings.HasSuffix(path, "/link") {
			a.Want(t, 410)
		} else {
			a.Want(t, 200)
		}
		if strings.Contains(a.Header.Get("Cache-Control"), "public") {
			cache[path] = a
		}
		return a
	}
	want := map[string]string{}
	for i := range 300 {
		slug := []string{acme, globex}[i%2]
		for _, path := range []string{"/.well-known/jwks.json", "/.well-known/openid-configuration", "/v1/config", "/v1/me", "/link"} {
			body := get("/t/"+slug+path, users[slug].Auth()).Body
			if path == "/link" {
				continue // each has a nonce of its own
			}
			if first, ok := want[slug+path]; ok && first != body {
				t.Fatalf("%s%s changed: %s", slug, path, body)
			}
			want[slug+path] = body
			if other := want[[]string{globex, acme}[i%2]+path]; other == body {
				t.Fatalf("%s is the same for both: %s", path, body)
			}
		}
	}
	for path, a := range cache {
		if strings.HasSuffix(path, "/me") || strings.HasSuffix(path, "/link") || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s may be cached", path)
		}
		if strings.HasSuffix(path, "/config") && a.Header.Get("Vary") != "Origin" {
			t.Errorf("%s varies by %q", path, a.Header.Get("Vary"))
		}
	}
	keys := env.Do(t, "GET", "/t/acme/.well-known/jwks.json", nil)
	env.Do(t, "GET", "/t/acme/.well-known/jwks.json", nil, webtest.Header{Name: "If-None-Match", Value: keys.Header.Get("ETag")}).Want(t, 304)
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	env.Do(t, "GET", "/t/acme/.well-known/jwks.json", nil).Want(t, 200) // TEN-10
}

func TestATenantsOwnOriginsReadItsAnswers(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, `cors.origins=["https://app.ex.test"]`)
	env.Set(t, globex, `cors.origins=["https://other.ex.test"]`, "tokens.transport=cookie")
	for _, c := range []struct {
		slug, origin, allow, credentials string
	}{
		{acme, "https://app.ex.test", "https://app.ex.test", ""},
		{acme, "https://other.ex.test", "", ""},
		{acme, "https://app.ex.test.evil.test", "", ""},
		{acme, "null", "", ""},
		{globex, "https://other.ex.test", "https://other.ex.test", "true"},
		{globex, "https://app.ex.test", "", ""},
	} {
		origin := webtest.Header{Name: "Origin", Value: c.origin}
		asks := webtest.Header{Name: "Access-Control-Request-Method", Value: "POST"}
		simple := env.Do(t, "GET", webtest.API(c.slug)+"/config", nil, origin).Want(t, 200)
		preflight := env.Do(t, "OPTIONS", webtest.API(c.slug)+"/login", nil, origin, asks).Want(t, 204)
		refused := env.Do(t, "GET", webtest.API(c.slug)+"/me", nil, origin).Want(t, 401)
		for name, a := range map[string]*webtest.Answer{"simple": simple, "preflight": preflight, "refused": refused} {
			if a.Header.Get("Access-Control-Allow-Origin") != c.allow || a.Header.Get("Access-Control-Allow-Credentials") != c.credentials {
				t.Errorf("%s from %s at %s: %v", name, c.origin, c.slug, a.Header)
			}
			if !strings.Contains(fmt.Sprint(a.Header["Vary"]), "Origin") {
				t.Errorf("%s varies by %v", name, a.Header["Vary"])
			}
		}
		if methods := preflight.Header.Get("Access-Control-Allow-Methods"); (methods != "") != (c.allow != "") {
			t.Errorf("preflight from %s allows %q", c.origin, methods)
		}
	}
	env.Do(t, "OPTIONS", "/t/nobody/v1/login", nil).Refused(t, 404, fault.TenantNotFound)
	env.Do(t, "OPTIONS", "/t/acme/v1/nothing", nil).Refused(t, 404, fault.NotFound)
}

func TestReadinessEndsBeforeTheServer(t *testing.T) { // OPS-10
	t.Parallel()
	shared := web.Readiness{Ready: true} // without a map: what is shared is not written to
	env := webtest.New(t, webtest.Ready(func(context.Context) web.Readiness { return shared }))
	env.Do(t, "GET", "/healthz", nil).Want(t, 200)
	env.Do(t, "GET", "/readyz", nil).Want(t, 200)
	env.Do(t, "HEAD", "/readyz", nil).Want(t, 200)
	env.Server.Drain()
	for range 2 {
		a := env.Do(t, "GET", "/readyz", nil).Want(t, 503)
		if !strings.Contains(a.Body, "shutting down") {
			t.Errorf("%s", a.Body)
		}
	}
	env.Do(t, "GET", "/healthz", nil).Want(t, 200)
}
