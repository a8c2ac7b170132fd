package web_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web"
	"github.com/tenantgate/tenantgate/web/httpx"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	acmeHost   = "login.acme.test"
	globexHost = "login.globex.test"
)

// own lets a host be a tenant's by the operator's word.
func own(t testing.TB, env *flowtest.Env, slug, host string) {
	t.Helper()
	if _, err := env.Tenants.AddDomain(t.Context(), slug, host); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Tenants.VerifyDomain(t.Context(), slug, host, nil, true); err != nil {
		t.Fatal(err)
	}
}

// withHosts is an environment whose two tenants have a host each.
func withHosts(t testing.TB, options ...webtest.Option) *webtest.Env {
	t.Helper()
	env := webtest.New(t, options...)
	own(t, env.Env, acme, acmeHost)
	own(t, env.Env, globex, globexHost)
	return env
}

func at(host string) webtest.Header { return webtest.Header{Name: "Host", Value: host} }

// serves fails the test unless an answer is the configuration of a tenant.
func serves(t testing.TB, what string, a *webtest.Answer, slug string) {
	t.Helper()
	var c struct{ Tenant, Issuer string }
	if a.Want(t, 200).JSON(t, &c); c.Tenant != slug || c.Issuer != flowtest.PublicURL+"/t/"+slug {
		t.Errorf("%s: %+v", what, c)
	}
}

func TestOnItsOwnHostATenantNeedsNoPrefix(t *testing.T) { // TEN-06, TEN-08
	t.Parallel()
	env := withHosts(t)
	for range 20 {
		for host, slug := range map[string]string{acmeHost: acme, globexHost: globex} {
			for _, spelling := range []string{host, strings.ToUpper(host), host + ".", host + ":8443", strings.ToUpper(host) + ".:443"} {
				serves(t, spelling, env.Do(t, "GET", "/v1/config", nil, at(spelling)), slug)
			}
		}
	}
	// Behind the prefix all is as it is on the public host: sign-up, tokens, keys, pages, preflights, methods.
	body := fields{"email": "ann@ex.test", "password": webtest.Password}
	var step webtest.Step
	env.Do(t, "POST", "/v1/signup", body, at(acmeHost)).Want(t, 200).JSON(t, &step)
	code := fields{"code": env.Code(t, acme, "ann@ex.test")}
	env.Do(t, "POST", "/v1/challenges/"+step.Challenge.ID, code, at(acmeHost)).Want(t, 201).JSON(t, &step)
	for _, where := range []struct {
		path, host string
		status     int
	}{
		{"/v1/me", acmeHost, 200},
		{"/t/acme/v1/me", "auth.example.test", 200},
		{"/v1/me", globexHost, 401},
	} {
		env.Do(t, "GET", where.path, nil, at(where.host), webtest.Bearer(step.AccessToken)).Want(t, where.status)
	}
	for _, path := range []string{"/.well-known/jwks.json", "/.well-known/openid-configuration", "/v1/config"} {
		here := env.Do(t, "GET", path, nil, at(acmeHost)).Want(t, 200)
		if there := env.Do(t, "GET", "/t/acme"+path, nil).Want(t, 200); here.Body != there.Body {
			t.Errorf("%s is %s on its own host, %s elsewhere", path, here.Body, there.Body)
		}
		if other := env.Do(t, "GET", path, nil, at(globexHost)).Want(t, 200); here.Body == other.Body {
			t.Errorf("%s is the same for both tenants", path)
		}
		if vary := here.Header.Values("Vary"); len(vary) == 0 || vary[0] != "Host" {
			t.Errorf("%s varies by %q", path, vary)
		}
	}
	if page := env.Do(t, "GET", "/link?c=x&s=y", nil, at(acmeHost)); page.Status != 410 || !strings.Contains(page.Header.Get("Content-Type"), "html") {
		t.Errorf("the page of a link: %d %v", page.Status, page.Header)
	}
	env.Do(t, "OPTIONS", "/v1/login", nil, at(acmeHost)).Want(t, 204)
	env.Do(t, "PUT", "/v1/login", nil, at(acmeHost)).Refused(t, 405, fault.MethodNotAllowed)
	if a := env.Do(t, "HEAD", "/v1/config", nil, at(acmeHost)).Want(t, 200); a.Body != "" {
		t.Errorf("HEAD answers %q", a.Body)
	}
	// The record names the route that is known, never the path.
	id := env.Do(t, "GET", "/v1/sessions/ses_%2Fx", nil, at(acmeHost)).Header.Get("X-Request-Id")
	if records := webtest.Log.Records(id); len(records) != 1 || !strings.Contains(records[0], `"route":"/t/:slug/v1`) &&
		!strings.Contains(records[0], `"route":""`) {
		t.Errorf("records %q", records)
	}
	id = env.Do(t, "GET", "/v1/me", nil, at(acmeHost)).Header.Get("X-Request-Id")
	if records := webtest.Log.Records(id); len(records) != 1 || !strings.Contains(records[0], `"route":"/t/:slug/v1/me"`) {
		t.Errorf("records %q", records)
	}
}

func TestOneSourceDecidesTheTenantOfAHost(t *testing.T) { // TEN-06
	t.Parallel()
	env := withHosts(t, webtest.Trust()) // not even a trusted proxy chooses
	// A path of tenant A with the host of B, in every spelling of it that a server may read alike.
	for _, path := range []string{
		"/t/acme/v1/config", "/t/globex/v1/config", "/%74/acme/v1/config", "/t%2facme/v1/config", "/t", "/t/", "//t/acme/v1/config",
		"/./t/acme/v1/config", "/v1/../t/acme/v1/config", "/v1/../../acme/v1/config", "/v1/%2e%2e/%2e%2e/acme/v1/config",
		"//" + acmeHost + "/v1/config", "/nowhere", "/", "/admin/graphql", "/dev/mailbox.json",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host, r.URL.Opaque = globexHost, path
		if strings.HasPrefix(path, "//") {
			r.URL.Opaque, r.URL.Path = "", path
		}
		a := env.Send(t, r)
		if a.Status != 404 || a.Code() != fault.NotFound || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
		if records := webtest.Log.Records(a.Header.Get("X-Request-Id")); len(records) != 1 {
			t.Errorf("%s: records %q", path, records)
		}
	}
	for _, h := range []webtest.Header{
		{Name: "X-Forwarded-Host", Value: acmeHost},
		{Name: "Forwarded", Value: "host=" + acmeHost},
		{Name: "X-Host", Value: acmeHost},
		{Name: "X-Original-Host", Value: acmeHost},
		{Name: "X-Original-Url", Value: "/t/acme/v1/config"},
		{Name: "X-Rewrite-Url", Value: "/t/acme/v1/config"},
		{Name: "X-Forwarded-Prefix", Value: "/t/acme"},
		{Name: "X-Forwarded-Server", Value: acmeHost},
		{Name: "X-Http-Host-Override", Value: acmeHost},
	} {
		serves(t, h.Name, env.Do(t, "GET", "/v1/config", nil, at(globexHost), h), globex)
		serves(t, h.Name+" by path", env.Do(t, "GET", "/t/globex/v1/config", nil, h), globex)
		env.Do(t, "GET", "/v1/config", nil, h).Refused(t, 404, fault.NotFound)
	}
}

// raw sends a request as it is written and returns its status and body.
func raw(t testing.TB, env *webtest.Env, request string) (status int, body string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(env.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestATargetWithAHostOfItsOwnSelectsNoTenant(t *testing.T) { // TEN-06
	t.Parallel()
	env := withHosts(t)
	for _, c := range []struct {
		request string
		status  int
	}{
		// The header says one tenant, the target another, or the same.
		{"GET http://" + acmeHost + "/v1/config HTTP/1.1\r\nHost: " + globexHost, 404},
		{"GET http://" + acmeHost + "/v1/config HTTP/1.1\r\nHost: auth.example.test", 404},
		{"GET http://" + acmeHost + "/v1/config HTTP/1.1\r\nHost: " + acmeHost, 404},
		{"GET http://" + acmeHost + "/t/acme/v1/config HTTP/1.1\r\nHost: auth.example.test", 404},
		{"GET http://" + acmeHost + "/t/globex/v1/config HTTP/1.1\r\nHost: auth.example.test", 404},
		{"GET http://auth.example.test/v1/config HTTP/1.1\r\nHost: " + acmeHost, 404},
		{"GET http://user@" + acmeHost + ":80/v1/config HTTP/1.1\r\nHost: " + globexHost, 404},
		{"CONNECT " + acmeHost + ":443 HTTP/1.1\r\nHost: " + globexHost, 404},
		{"GET /v1/config HTTP/1.1\r\nHost: " + acmeHost + "\r\nHost: " + globexHost, 400},
		{"GET /v1/config HTTP/1.1\r\nHost: " + acmeHost + ", " + globexHost, 400},
		{"GET /v1/config HTTP/1.1\r\nHost: " + acmeHost + "/" + globexHost, 400},
		{"GET /v1/config HTTP/1.1\r\nHost:", 404},
		{"GET /v1/config HTTP/1.0", 404},
		{"GET /v1/config HTTP/1.1\r\nHost: [" + acmeHost + "]", 404},
		{"GET /v1/config HTTP/1.1\r\nHost: [::1]:8080", 404},
		{"GET /v1/config HTTP/1.1\r\nHost: " + acmeHost, 200},
	} {
		status, body := raw(t, env, c.request+"\r\nConnection: close\r\n\r\n")
		if status != c.status {
			t.Errorf("%q: %d %s", c.request, status, body)
		}
	}
}

func TestHostsThatAreNobodysAreServedLikeThePublicOne(t *testing.T) {
	t.Parallel()
	env := withHosts(t)
	if _, err := env.Tenants.AddDomain(t.Context(), acme, "unproven.acme.test"); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"auth.example.test", "AUTH.example.test.:443", "localhost:8080", "127.0.0.1", "[::1]:80", "nobody.test", "unproven.acme.test",
		"x." + acmeHost, "tenantgate", "log_in.test",
	} {
		serves(t, host, env.Do(t, "GET", "/t/acme/v1/config", nil, at(host)), acme)
		env.Do(t, "GET", "/v1/config", nil, at(host)).Refused(t, 404, fault.NotFound)
	}
	for _, host := range []string{acmeHost, "nobody.test", "auth.example.test"} {
		for _, path := range []string{"/healthz", "/readyz", "/docs", "/docs/openapi.json", "/problems", "/problems/wrong_code"} {
			env.Do(t, "GET", path, nil, at(host)).Want(t, 200)
		}
	}
}

func TestASuspendedTenantsHostSaysSoAndADeletedOnesIsFree(t *testing.T) { // TEN-06, TEN-07
	t.Parallel()
	env := withHosts(t)
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	env.Do(t, "GET", "/v1/config", nil, at(acmeHost)).Refused(t, 403, fault.TenantSuspended)
	env.Do(t, "GET", "/.well-known/jwks.json", nil, at(acmeHost)).Want(t, 200)
	env.Do(t, "GET", "/t/globex/v1/config", nil, at(acmeHost)).Refused(t, 404, fault.NotFound)
	if err := env.Tenants.Delete(t.Context(), acme, nil); err != nil {
		t.Fatal(err)
	}
	env.Do(t, "GET", "/v1/config", nil, at(acmeHost)).Refused(t, 404, fault.NotFound)
	env.Do(t, "GET", "/.well-known/jwks.json", nil, at(acmeHost)).Refused(t, 404, fault.NotFound)
	env.CreateTenant(t, acme) // of the same slug: the host is not handed down
	env.Do(t, "GET", "/v1/config", nil, at(acmeHost)).Refused(t, 404, fault.NotFound)
	own(t, env.Env, globex, acmeHost)
	serves(t, "the host of another", env.Do(t, "GET", "/v1/config", nil, at(acmeHost)), globex)
}

func TestEveryReplicaServesAHostFromItsNextPollOn(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	all := env.Replicas(t, 3)
	public, err := url.Parse(flowtest.PublicURL)
	if err != nil {
		t.Fatal(err)
	}
	var handlers []http.Handler
	for _, r := range all {
		handlers = append(handlers, web.New(web.Deps{
			Engine: r.Engine, Tenants: r.Tenants, PublicURL: func() *url.URL { return public },
		}).Public())
	}
	expect := func(what string, status int, tenant string) {
		t.Helper()
		for i, h := range handlers {
			all[i].Poll(t)
			for range 2 {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/config", nil)
				r.Host = acmeHost
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != status || status == 200 && !strings.Contains(w.Body.String(), `"tenant":"`+tenant+`"`) {
					t.Errorf("%s: replica %d answers %d %s", what, i, w.Code, w.Body)
				}
			}
		}
	}
	expect("before", 404, "")
	own(t, all[1], acme, acmeHost)
	expect("verified", 200, acme)
	if err := all[2].Tenants.RemoveDomain(t.Context(), acme, acmeHost); err != nil {
		t.Fatal(err)
	}
	expect("removed", 404, "")
	own(t, all[0], globex, acmeHost)
	expect("another's", 200, globex)
}

func TestAHostThatCannotBeLookedUpIsNoUnknownHost(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	gone, err := store.Open("postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gone.Close() })
	feed := events.NewFeed(gone, nil)
	registry := tenants.NewRegistry(gone, nil, feed, events.NewLog(feed, env.Clock.Now), func() string { return flowtest.PublicURL }, env.Clock.Now)
	public, err := url.Parse(flowtest.PublicURL)
	if err != nil {
		t.Fatal(err)
	}
	handler := web.New(web.Deps{Engine: env.Engine, Tenants: registry, PublicURL: func() *url.URL { return public }}).Public()
	get := func(ctx context.Context, host, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		r.Host, r.URL.Host = host, ""
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for _, path := range []string{"/v1/config", "/t/acme/v1/config", "/nowhere"} {
		w := get(t.Context(), acmeHost, path)
		if w.Code != 503 || !strings.Contains(w.Body.String(), `"code":"unavailable"`) || w.Header().Get("Retry-After") == "" ||
			w.Header().Get("Content-Type") != httpx.ProblemType || w.Header().Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
		if records := webtest.Log.Records(w.Header().Get("X-Request-Id")); len(records) != 1 || !strings.Contains(records[0], `"status":503`) {
			t.Errorf("%s: records %q", path, records)
		}
	}
	for _, path := range []string{"/healthz", "/problems", "/docs"} { // probes do not hang on the database
		if w := get(t.Context(), acmeHost, path); w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, host := range []string{"auth.example.test", "127.0.0.1:8080", "[::1]", "localhost", "tenantgate", ""} {
		if w := get(t.Context(), host, "/nowhere"); w.Code != 404 {
			t.Errorf("%q was looked up: %d %s", host, w.Code, w.Body)
		}
	}
	// A request that is over while its host is looked up is not taken for one of an unknown host.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if w := get(ctx, acmeHost, "/v1/config"); w.Code != 503 {
		t.Errorf("cancelled: %d %s", w.Code, w.Body)
	}
}

func TestWarmRequestsOnAnOwnHostReadNothing(t *testing.T) {
	t.Parallel()
	env := withHosts(t)
	ann := env.Join(t, acme, "ann@ex.test")
	out := env.Warm(t, func() { env.Do(t, "GET", "/v1/me", nil, at(acmeHost), ann.Auth()).Want(t, 200) })
	if len(out) != 0 {
		t.Errorf("statements %v", out)
	}
}
