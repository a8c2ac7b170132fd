package waanverse_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects/waanverse"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// statuses are those of faults that the framework answers with another status than the native API does.
var statuses = map[fault.Code]int{
	fault.InvalidInput: 400, fault.IdentifierTaken: 400, fault.StepUpRequired: 403, fault.AmbiguousCredentials: 401,
}

func TestEveryFaultHasAnAnswer(t *testing.T) {
	t.Parallel()
	const cause = `pq: relation "users" at 10.0.0.7`
	for _, code := range fault.Codes() {
		f := fault.New(code)
		if code == fault.InvalidInput {
			f = fault.Invalid(fault.Field{Field: "email", Code: "invalid", Message: "Mend it."})
		}
		w := refused(f.Because(errors.New(cause)).After(90 * time.Second))
		native, _ := httpx.Explain(code)
		want, known := statuses[code]
		if !known {
			want = native.Status
		}
		var body map[string]any
		err := json.Unmarshal(w.Body.Bytes(), &body)
		if w.Code != want || err != nil || len(body) == 0 || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: status %d, want %d: %v: %s", code, w.Code, want, err, w.Body)
		}
		if w.Code == 500 && code != fault.Internal {
			t.Errorf("%s is no internal error", code)
		}
		if text := w.Body.String(); strings.Contains(text, "pq") || strings.Contains(text, "/problems/") || strings.Contains(text, "email\"") {
			t.Errorf("%s: %s", code, text)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); (w.Code == http.StatusUnauthorized) != (challenge == `Bearer realm="api"`) {
			t.Errorf("%s: status %d, WWW-Authenticate %q", code, w.Code, challenge)
		}
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") != "90" {
			t.Errorf("%s: Retry-After %q", code, w.Header().Get("Retry-After"))
		}
		if clears := len(w.Header().Values("Set-Cookie")) == 2; clears != (code == fault.InvalidToken) {
			t.Errorf("%s: cookies %q", code, w.Header().Values("Set-Cookie"))
		}
	}
	if w := refused(errors.New(cause)); w.Code != 500 || strings.Contains(w.Body.String(), "pq") {
		t.Errorf("an error that is no fault: status %d: %s", w.Code, w.Body)
	}
}

// refused is what the dialect answers to an error.
func refused(err error) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest(http.MethodPost, "/t/acme/dialects/waanverse/login/", nil)
	r := &httpx.Request{Tenant: &tenants.Tenant{Slug: acme}}
	c.Request = c.Request.WithContext(httpx.With(c.Request.Context(), r))
	waanverse.New().Refuse(c, err)
	return w
}
