package axor_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects/axor"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// refused is how the dialect writes an error.
func refused(t *testing.T, err error) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	r := &httpx.Request{ID: "request-1", Tenant: &tenants.Tenant{Slug: acme}}
	c.Request = httptest.NewRequestWithContext(httpx.With(t.Context(), r), http.MethodPost, user+"/login/?code=777777", nil)
	axor.New().Refuse(c, err)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v: body %q: %v", err, w.Body, err)
	}
	return w, body
}

// statuses are those that the wire has. 403 is for who is not signed in, or not recently enough, and for suspended tenants.
var statuses = map[fault.Code]int{
	fault.InvalidJSON: 400, fault.BodyTooLarge: 413, fault.UnsupportedMediaType: 415, fault.NotFound: 404, fault.TenantNotFound: 404,
	fault.MethodNotAllowed: 405, fault.AmbiguousCredentials: 403, fault.Unauthenticated: 403, fault.InvalidToken: 403,
	fault.RefreshTokenReused: 403, fault.StepUpRequired: 403, fault.TenantSuspended: 403, fault.WrongCode: 401,
	fault.RateLimited: 429, fault.Busy: 503, fault.Unavailable: 503, fault.MailUnavailable: 503, fault.RequestTimeout: 503,
	fault.Internal: 500,
}

func TestEveryFaultHasAnAnswer(t *testing.T) {
	t.Parallel()
	for _, code := range fault.Codes() {
		f := fault.Invalid(fault.Field{Field: "code", Code: "x", Message: "Mend it."}).After(90 * time.Second)
		f.Code = code
		w, body := refused(t, f.Because(errors.New("the secret cause")))
		want := statuses[code]
		if want == 0 {
			want = http.StatusBadRequest
		}
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", code, w.Code, want)
		}
		for _, hidden := range []string{"secret cause", "777777", "request-1", "/problems/"} {
			if strings.Contains(w.Body.String(), hidden) {
				t.Errorf("%s: %q is in %s", code, hidden, w.Body)
			}
		}
		if body["detail"] == nil || body["detail"] == "" {
			t.Errorf("%s: no detail in %s", code, w.Body)
		}
		if w.Header().Get("Retry-After") != "90" && want != http.StatusForbidden {
			t.Errorf("%s: Retry-After %q", code, w.Header().Get("Retry-After"))
		}
		members := []string{"code", "detail", "instance", "status", "title"}
		switch w.Header().Get("Content-Type") {
		case "application/json":
			members = []string{"detail"}
		case "application/problem+json":
			if code == fault.WrongCode {
				members = []string{"code", "detail", "status", "title"}
			}
			if body["title"] == "" || body["status"] != strconv.Itoa(w.Code) {
				t.Errorf("%s: %s", code, w.Body)
			}
		default:
			t.Errorf("%s: Content-Type %q", code, w.Header().Get("Content-Type"))
		}
		if got := slices.Sorted(maps.Keys(body)); !slices.Equal(got, members) {
			t.Errorf("%s: members %v, want %v", code, got, members)
		}
	}
}

func TestAnErrorThatIsNoFaultRevealsNothing(t *testing.T) {
	t.Parallel()
	w, body := refused(t, errors.New("the secret cause"))
	if w.Code != 500 || body["code"] != "Internal" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestOnAHostOfItsOwnTheInstanceIsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	env := speaking(t, "dialects.root=axor")
	if _, err := env.Tenants.AddDomain(t.Context(), acme, "login.acme.test"); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Tenants.VerifyDomain(t.Context(), acme, "login.acme.test", nil, true); err != nil {
		t.Fatal(err)
	}
	own := header{Name: "Host", Value: "login.acme.test"}
	for path, want := range map[string]string{
		"/api/user/login/":               "/api/user/login/",
		"/dialects/axor/api/user/login/": "/api/user/login/",
	} {
		var body struct{ Instance string }
		env.Do(t, "POST", path, fields{}, own).Want(t, 400).JSON(t, &body)
		if body.Instance != want {
			t.Errorf("at %s the instance is %s, want %s", path, body.Instance, want)
		}
	}
	a := env.Do(t, "POST", "/api/user/register/", registration(ann), own).Want(t, 200)
	if set := a.Header.Get("Set-Cookie"); !strings.Contains(set, "; Path=/;") {
		t.Errorf("the cookie is %q", set)
	}
}

func TestBrowsersOfListedOriginsMaySayWhoSendsThem(t *testing.T) {
	t.Parallel()
	env := speaking(t, `cors.origins=["https://app.example.test"]`)
	origin := header{Name: "Origin", Value: "https://app.example.test"}
	a := env.Do(t, "OPTIONS", user+"/login/", nil, origin, header{Name: "Access-Control-Request-Method", Value: "POST"}).Want(t, 204)
	if allowed := a.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(allowed, "X-Requested-By") {
		t.Errorf("allowed are %q", allowed)
	}
	env.Do(t, "POST", user+"/register/", registration(ann), origin, header{Name: "Sec-Fetch-Site", Value: "cross-site"}).Want(t, 200)
}
