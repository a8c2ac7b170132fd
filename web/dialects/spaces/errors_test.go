package spaces_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects/spaces"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// statuses are those of the wire for every fault, wherever it comes from.
var statuses = map[fault.Code]int{
	fault.InvalidJSON: 400, fault.InvalidInput: 400, fault.BodyTooLarge: 413, fault.UnsupportedMediaType: 415, fault.NotFound: 404,
	fault.MethodNotAllowed: 405, fault.CrossOrigin: 403, fault.AmbiguousCredentials: 401,
	fault.Unauthenticated: 401, fault.InvalidToken: 401, fault.InvalidCredentials: 400, fault.RefreshTokenReused: 401,
	fault.StepUpRequired: 403, fault.WrongPassword: 400, fault.WrongCode: 400, fault.PasskeyRefused: 401, fault.ChallengeExpired: 401,
	fault.TenantNotFound: 404, fault.TenantSuspended: 403, fault.SignupClosed: 403, fault.AddressUnverified: 400, fault.MethodDisabled: 403,
	fault.FactorNotOffered: 400, fault.IdentifierTaken: 400, fault.IdentifierNeeded: 409, fault.PasskeyTaken: 409,
	fault.PasskeyInvalid: 422, fault.FactorNeeded: 403, fault.LimitReached: 400,
	fault.TenantReserved: 409, fault.SlugTaken: 409, fault.VersionConflict: 409, fault.KeyNotReady: 409, fault.DomainTaken: 409,
	fault.DomainUnproven: 409, fault.Forbidden: 403, fault.AdminTaken: 409, fault.LastOwner: 409, fault.KeyReused: 409, fault.StreamEnded: 409,
	fault.RateLimited: 429, fault.Busy: 503, fault.Unavailable: 503, fault.MailUnavailable: 503, fault.RequestTimeout: 503, fault.Internal: 500,
}

func refused(t *testing.T, err error) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequestWithContext(httpx.With(t.Context(), &httpx.Request{}), http.MethodPost, "/", nil)
	spaces.New().Refuse(c, err)
	c.Writer.WriteHeaderNow()
	return w
}

func TestEveryFaultHasAnAnswerInTheWiresOwnWords(t *testing.T) {
	t.Parallel()
	const cause = `pq: relation "users" at 10.0.0.7`
	for _, code := range fault.Codes() {
		bare := fault.New(code).Because(errors.New(cause)).After(1500 * time.Millisecond)
		bare.Fields = []fault.Field{{Field: "email", Code: "odd", Message: "Give another."}}
		for _, err := range []error{bare, fmt.Errorf("open %s: %w", cause, bare)} {
			w := refused(t, err)
			if w.Code != statuses[code] {
				t.Errorf("%s: status %d, want %d", code, w.Code, statuses[code])
			}
			if got := w.Header().Get("WWW-Authenticate"); (w.Code == 401) != (got == `JWT realm="api"`) {
				t.Errorf("%s: status %d, WWW-Authenticate %q", code, w.Code, got)
			}
			if code == fault.WrongCode {
				if w.Body.Len() != 0 {
					t.Errorf("%s: %s", code, w.Body)
				}
				continue
			}
			if strings.Contains(w.Body.String(), "pq") || !envelope(w.Body.Bytes()) {
				t.Errorf("%s: %s", code, w.Body)
			}
		}
	}
	if w := refused(t, errors.New(cause)); w.Code != 500 || strings.Contains(w.Body.String(), "pq") || !envelope(w.Body.Bytes()) {
		t.Errorf("an error that is no fault: status %d: %s", w.Code, w.Body)
	}
	if w := refused(t, fault.New(fault.RateLimited).After(1500*time.Millisecond)); w.Header().Get("Retry-After") != "2" {
		t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
	}
}

// envelope reports whether a body is a detail, or texts by field.
func envelope(body []byte) bool {
	var detail struct{ Detail string }
	if json.Unmarshal(body, &detail) == nil && detail.Detail != "" {
		return true
	}
	var texts map[string][]string
	if json.Unmarshal(body, &texts) != nil {
		return false
	}
	for _, list := range texts {
		if len(list) == 0 || list[0] == "" {
			return false
		}
	}
	return len(texts) > 0
}
