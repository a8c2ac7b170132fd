package waanversemagic_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects/waanversemagic"
	"github.com/tenantgate/tenantgate/web/httpx"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// refused is what the dialect answers to an error.
func refused(env *webtest.Env, t *testing.T, err error) *httptest.ResponseRecorder {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	c.Request = r.WithContext(httpx.With(r.Context(), &httpx.Request{Tenant: env.Tenant(t, acme)}))
	waanversemagic.New().Refuse(c, err)
	return w
}

// statuses are those that some codes must have wherever they are met; all others are 400 to 499.
var statuses = map[fault.Code]int{
	fault.NotFound: 404, fault.TenantNotFound: 404, fault.MethodNotAllowed: 405, fault.BodyTooLarge: 413,
	fault.UnsupportedMediaType: 415, fault.InvalidJSON: 400, fault.InvalidInput: 400, fault.CrossOrigin: 403,
	fault.TenantSuspended: 403, fault.StepUpRequired: 403, fault.InvalidToken: 401, fault.Internal: 500,
	fault.Busy: 503, fault.Unavailable: 503, fault.MailUnavailable: 503, fault.RequestTimeout: 503,
}

func TestEveryFaultHasAnAnswer(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	const cause = `pq: relation "users" at 10.0.0.7`
	for name, view := range waanversemagic.Views() {
		for _, code := range fault.Codes() {
			f := fault.New(code).Because(errors.New(cause)).After(90 * time.Second)
			f.Fields = []fault.Field{{Field: "email", Code: "invalid", Message: "Mend it."}}
			w := refused(env, t, view(fmt.Errorf("do: %w", f)))
			where := fmt.Sprintf("%s at %s", code, name)
			want, fixed := statuses[code]
			if fixed && w.Code != want || !fixed && (w.Code < 400 || w.Code > 499) {
				t.Errorf("%s: status %d", where, w.Code)
			}
			if strings.Contains(w.Body.String(), "pq") || strings.Contains(fmt.Sprint(w.Header()), "pq") {
				t.Errorf("%s shows its cause: %s", where, w.Body)
			}
			if w.Header().Get("Retry-After") != "90" && code == fault.RateLimited {
				t.Errorf("%s: headers %v", where, w.Header())
			}
			if w.Code == 401 != (w.Header().Get("WWW-Authenticate") == `Bearer realm="api"`) {
				t.Errorf("%s: status %d, headers %v", where, w.Code, w.Header())
			}
			if !inEnvelope(w.Body.Bytes()) {
				t.Errorf("%s: %s", where, w.Body)
			}
		}
		if w := refused(env, t, view(errors.New(cause))); w.Code != 500 || strings.Contains(w.Body.String(), "pq") {
			t.Errorf("no fault at %s: status %d: %s", name, w.Code, w.Body)
		}
	}
}

// inEnvelope reports whether a body is one of those that the wire has for errors: detail, error, or texts by field.
func inEnvelope(body []byte) bool {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil || len(object) == 0 {
		return false
	}
	for name, value := range object {
		switch v := value.(type) {
		case string:
			if v == "" || !slices.Contains([]string{"detail", "error", "error_code"}, name) {
				return false
			}
		case []any:
			for _, text := range v {
				if s, ok := text.(string); !ok || s == "" {
					return false
				}
			}
			if len(v) == 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}
