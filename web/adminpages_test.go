package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestTheConsoleIsOnTheAdminListenerAlone(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, path := range []string{"/admin/", "/admin/sign-in", "/admin/graphiql"} {
			a := env.Do(t, method, env.AdminURL+path, nil)
			if kind := a.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" || (a.Body == "") != (method == http.MethodHead) {
				t.Errorf("%s %s: %d %s with %d bytes", method, path, a.Status, kind, len(a.Body))
			}
			env.Do(t, method, path, nil).Want(t, http.StatusNotFound)
		}
	}
	env.Do(t, "GET", env.AdminURL+"/admin/assets/nothing.js", nil).Refused(t, http.StatusNotFound, fault.NotFound)
	env.Do(t, "POST", env.AdminURL+"/admin/sign-in", nil).Refused(t, http.StatusMethodNotAllowed, fault.MethodNotAllowed)
	if a := env.Do(t, "GET", env.AdminURL+"/", nil).Want(t, http.StatusFound); a.Header.Get("Location") != "/admin/" {
		t.Errorf("the admin listener leads to %q", a.Header.Get("Location"))
	}
	env.Do(t, "GET", "/", nil).Want(t, http.StatusNotFound)
}

func TestAdminsSignInWhereTheConsoleIs(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	const native = "/t/tenantgate/v1"
	a := env.Do(t, "GET", env.AdminURL+native+"/config", nil).Want(t, http.StatusOK)
	if !strings.Contains(a.Body, `"tenant":"tenantgate"`) {
		t.Errorf("the config is %s", a.Body)
	}
	login := fields{"identifier": "nobody@ex.test", "password": "not the one"}
	env.Do(t, "POST", env.AdminURL+native+"/login", login).Refused(t, http.StatusUnauthorized, fault.InvalidCredentials)
	env.Do(t, "HEAD", env.AdminURL+native+"/config", nil).Want(t, http.StatusOK)

	// Nothing else of the public listener is there, whatever a path is dressed up as.
	for _, path := range []string{
		"/t/acme/v1/config", "/t/tenantgate/.well-known/jwks.json", "/t/tenantgate/link", "/t/tenantgate/v1", "/t/tenantgate/v1/",
		"/t/tenantgate/v1/../../acme/v1/config", "/t/tenantgate/v1/%2e%2e/%2e%2e/acme/v1/config", "/t/tenantgate/v1/..%2f..%2facme/v1/config",
		"/t/Tenantgate/v1/config", "//t/acme/v1/config", "/docs", "/problems",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env.AdminURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = strings.TrimPrefix(env.AdminURL, "http:") + path
		if a := env.Send(t, r); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
}

func TestTheRoutesNameWhereAdminsSignIn(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	public, admin := 0, map[string]bool{}
	for _, r := range env.Server.Routes() {
		if rest, ok := strings.CutPrefix(r.Path, "/t/tenantgate/v1/"); ok && r.Surface == "admin" {
			admin[r.Method+" "+rest] = true
		}
	}
	for _, r := range env.Server.Routes() {
		if rest, ok := strings.CutPrefix(r.Path, "/t/:slug/v1/"); ok && r.Surface == "public" {
			public++
			if !admin[r.Method+" "+rest] {
				t.Errorf("%s %s is not among the routes of the admin listener", r.Method, rest)
			}
		}
	}
	if public == 0 || public != len(admin) {
		t.Errorf("%d routes at the public listener, %d at that of admins", public, len(admin))
	}
}
