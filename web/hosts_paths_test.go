package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func TestPathsOnATenantsOwnHost(t *testing.T) { // TEN-06
	t.Parallel()
	for root, paths := range map[tenants.Dialect]map[string]string{ // what goes before each, "404" for none
		tenants.NoDialect: {
			"/v1/login": "/t/acme", "/v1/": "/t/acme", "/.well-known/jwks.json": "/t/acme", "/link": "/t/acme",
			"/oauth2/token": "/t/acme", "/dialects/wolf/login": "/t/acme",
			"/t": "404", "/t/acme/v1/login": "404", "/t/globex/v1/login": "404", "/": "404", "/v1": "404", "/links": "404",
			"/admin/": "404", "/dev/mailbox.json": "404", "//t/globex/v1/login": "404", "": "404", "*": "404",
		},
		tenants.Wolf: {
			"/v1/login": "/t/acme", "/.well-known/jwks.json": "/t/acme", "/link": "/t/acme", "/dialects/wolf/login": "/t/acme",
			"/t": "404", "/t/acme/v1/login": "404", "/t/globex/dialects/wolf/login": "404", "": "404", "*": "404",
			"/": "/t/acme/dialects/wolf", "/login/": "/t/acme/dialects/wolf", "/v1": "/t/acme/dialects/wolf",
			"/token/refresh": "/t/acme/dialects/wolf", "/dev/mailbox.json": "/t/acme/dialects/wolf",
		},
	} {
		acme := &tenants.Tenant{Slug: "acme"}
		acme.Settings.Dialects.Root = root
		for path, want := range paths {
			prefix, ok := prefixOf(acme, path)
			if !ok {
				prefix = "404"
			}
			if prefix != want {
				t.Errorf("%s at the root: before %q goes %q, want %q", root, path, prefix, want)
			}
		}
	}
	for path, want := range map[string]bool{
		"/healthz": true, "/readyz": true, "/docs": true, "/docs/openapi.json": true, "/problems": true, "/problems/internal": true,
		"/healthz/": false, "/documents": false, "/": false, "/link": false, "/t/acme/docs": false,
	} {
		if isShared(path) != want {
			t.Errorf("%s is shared: %v", path, !want)
		}
	}
}

func TestTheHostOfARequestHasOneSpelling(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{
		"login.acme.test", "LOGIN.Acme.test", "login.acme.test.", "login.acme.test:8443", "Login.ACME.test.:443", "login.acme.test:",
	} {
		if got := hostName(spelling); got != "login.acme.test" {
			t.Errorf("%q is read as %q", spelling, got)
		}
	}
	for _, other := range []string{
		"", ".", ":", ":443", "login.acme.test..", "login.acme.test:443:443", "[login.acme.test]", "[login.acme.test]:443",
		"user@login.acme.test", "login.acme.test/", "login.acme.test,login.globex.test", "login.acme.test:443.", "login.acme.test:a", "login.acme.test: 443", "[::1]", "::1",
	} {
		if got := hostName(other); got == "login.acme.test" {
			t.Errorf("%q is read as %q", other, got)
		}
	}
}

func FuzzTheHostOfARequestIsReadAsItIsWritten(f *testing.F) {
	for _, seed := range []string{"login.acme.test", "A.b:1", "[::1]:80", "x..", "::", "a:b.c", "\x00.\xff:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host := hostName(text)
		rest, ok := strings.CutPrefix(strings.ToLower(text), host)
		port, _ := strings.CutPrefix(rest, ".")
		if !ok || port != "" && !strings.HasPrefix(port, ":") {
			t.Errorf("%q is read as %q", text, host)
		}
	})
}

func TestARequestOnAnOwnHostMeetsTheRoutesOfItsTenant(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	feed := events.NewFeed(db, nil)
	registry := tenants.NewRegistry(db, sealed.Ring{{ID: "k"}}, feed, events.NewLog(feed, clock.Now),
		func() string { return "https://auth.test" }, clock.Now)
	set := func(texts ...string) (out []tenants.Change) {
		for _, text := range texts {
			c, err := tenants.ParseChange(text)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, c)
		}
		return out
	}
	for slug, settings := range map[string][]tenants.Change{
		"plain": nil, "rooted": set("dialects.axor.enabled=true", "dialects.root=axor"),
	} {
		if _, err := registry.Create(t.Context(), tenants.CreateInput{Slug: slug, Settings: settings}); err != nil {
			t.Fatal(err)
		}
		if _, err := registry.AddDomain(t.Context(), slug, slug+".test"); err != nil {
			t.Fatal(err)
		}
		if _, err := registry.VerifyDomain(t.Context(), slug, slug+".test", nil, true); err != nil {
			t.Fatal(err)
		}
	}
	public := &url.URL{Scheme: "https", Host: "auth.test"}
	s := &Server{deps: Deps{Tenants: registry, PublicURL: func() *url.URL { return public }}}

	router := gin.New() // sees what would be routed
	router.Use(httpx.Begin(nil, true))
	router.NoRoute(func(c *gin.Context) {
		own := "elsewhere"
		if httpx.From(c.Request.Context()).OwnHost {
			own = "own"
		}
		c.String(http.StatusOK, "%s %s?%s on %s, %s", c.Request.Method, c.Request.URL.EscapedPath(), c.Request.URL.RawQuery, c.Request.Host, own)
	})
	handler := s.ownHosts(router)
	for _, c := range []struct{ host, target, want string }{
		{"plain.test", "/v1/login?a=b", "/t/plain/v1/login?a=b on plain.test, own"},
		{"rooted.test", "/v1/login", "/t/rooted/v1/login? on rooted.test, own"},
		{"rooted.test", "/auth/login/?a=b", "/t/rooted/dialects/axor/auth/login/?a=b on rooted.test, own"},
		{"Rooted.TEST.:443", "/", "/t/rooted/dialects/axor/? on Rooted.TEST.:443, own"},
		{"rooted.test", "/a%2Fb/%2e%2e", "/t/rooted/dialects/axor/a%2Fb/%2e%2e? on rooted.test, own"},
		{"rooted.test", "//t/plain/v1/me", "/t/rooted/dialects/axor//t/plain/v1/me? on rooted.test, own"},
		{"rooted.test", "/healthz", "/healthz? on rooted.test, elsewhere"},
		{"auth.test", "/auth/login/", "/auth/login/? on auth.test, elsewhere"},
		{"nobody.test", "/t/plain/v1/me", "/t/plain/v1/me? on nobody.test, elsewhere"},
		{"plain.test", "/auth/login/", ""},
		{"rooted.test", "/t/rooted/v1/me", ""},
		{"rooted.test", "/%74/rooted/v1/me", ""},
	} {
		target, err := url.ParseRequestURI(c.target)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Host, r.URL = c.host, target
		before := *target
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if refused := w.Code == http.StatusNotFound; refused != (c.want == "") || !refused && w.Body.String() != "GET "+c.want {
			t.Errorf("%s%s: %d %s", c.host, c.target, w.Code, w.Body)
		}
		if *r.URL != before {
			t.Errorf("%s%s: the caller's request was changed", c.host, c.target)
		}
	}
}
