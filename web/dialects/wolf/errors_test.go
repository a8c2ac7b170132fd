package wolf_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects/wolf"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// ours are the faults that are the server's.
var ours = map[fault.Code]int{
	fault.Internal: 500, fault.Busy: 503, fault.Unavailable: 503, fault.MailUnavailable: 503, fault.RequestTimeout: 503,
}

func TestEveryFaultHasAnAnswer(t *testing.T) {
	t.Parallel()
	for _, code := range fault.Codes() {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequest(http.MethodPost, "/api/auth/login", nil)
		wolf.New().Refuse(c, fault.New(code).After(3*time.Second))
		if want, internal := ours[code]; internal && w.Code != want || !internal && (w.Code < 400 || w.Code >= 500) {
			t.Errorf("%s: status %d", code, w.Code)
		}
		if got := w.Header().Get("Retry-After"); got != "3" {
			t.Errorf("%s: Retry-After is %q", code, got)
		}
		if !enveloped(w) {
			t.Errorf("%s: %s %s", code, w.Header().Get("Content-Type"), w.Body)
		}
		if strings.Contains(w.Body.String(), `"`+string(code)+`"`) {
			t.Errorf("%s: our own code is shown: %s", code, w.Body)
		}
	}
}

// enveloped reports whether an error looks like one of the original's.
func enveloped(w *httptest.ResponseRecorder) bool {
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		return w.Code == 401 && w.Body.String() == "Unauthorized"
	}
	var said struct {
		Code, Error   any
		Codes, Errors map[string]string
	}
	if json.Unmarshal(w.Body.Bytes(), &said) != nil {
		return false
	}
	switch code := said.Code.(type) {
	case nil:
		return len(said.Codes) > 0 && len(said.Errors) == len(said.Codes)
	case float64:
		return int(code) == w.Code && said.Error != ""
	case string:
		return code == strings.ToUpper(code) && said.Error != ""
	}
	return false
}

func TestWhatIsNoFaultIsNotShown(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest(http.MethodPost, "/api/auth/login", nil)
	wolf.New().Refuse(c, http.ErrNotSupported)
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"code":"INTERNAL_SERVER_ERROR"`) || strings.Contains(w.Body.String(), "supported") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// What answers a route must be the same however its body is written, and whether its path ends in a slash.
func TestFormsAndJSONAreReadAlike(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann := w.Join("ann")
	for _, r := range []struct {
		method, path string
		body         map[string]string
	}{
		{"POST", "/auth/register", map[string]string{"username": "a", "email": "b", "password": "c"}},
		{"POST", "/auth/login", map[string]string{"email": "ann@ex.test", "password": "not it"}},
		{"POST", "/auth/two-factor", map[string]string{"token": "x", "code": "123456"}},
		{"POST", "/auth/refresh", map[string]string{"refresh_token": "x"}},
		{"POST", "/user/activate-account/resend", map[string]string{"email": "nobody@ex.test"}},
		{"POST", "/user/forgot-password", map[string]string{"email": "x"}},
		{"POST", "/user/reset-password/x", map[string]string{"password": next, "comfirmPassword": next}},
		{"PUT", "/account/two-factor", map[string]string{"code": "123456"}},
		{"PUT", "/account/change-password", map[string]string{"oldPassword": "not it", "newPassword": next}},
	} {
		var pairs []string
		for name, value := range r.body {
			pairs = append(pairs, name, value)
		}
		asForm := env.Do(t, r.method, api+r.path, form(pairs...), urlencoded, webtest.Bearer(ann.Access))
		asJSON := env.Do(t, r.method, api+r.path+"/", r.body, webtest.Bearer(ann.Access))
		if asForm.Status != asJSON.Status || asForm.Body != asJSON.Body || asForm.Status < 400 {
			t.Errorf("%s: form %d %s, JSON %d %s", r.path, asForm.Status, asForm.Body, asJSON.Status, asJSON.Body)
		}
		parts := env.Do(t, r.method, api+r.path, "--x--", webtest.Header{Name: "Content-Type", Value: "multipart/form-data; boundary=x"},
			webtest.Bearer(ann.Access))
		if parts.Status != 415 {
			t.Errorf("%s: multipart %d %s", r.path, parts.Status, parts.Body)
		}
	}
}

// Codes that JSON writes as numbers are codes.
func TestANumberIsReadAsItIsSpelt(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann := w.JoinWithApp("ann")
	for strings.HasPrefix(ann.TOTP(), "0") { // JSON has no such numbers
		w.NextCode()
	}
	body := `{"token":"` + half(t, env, ann.Email) + `","code":` + ann.TOTP() + `}`
	env.Do(t, "POST", api+"/auth/two-factor", body).Want(t, 200)
}

func FuzzTheTokenOfALogin(f *testing.F) {
	f.Add("")
	f.Add(strings.Repeat("0", 64))
	f.Fuzz(func(t *testing.T, text string) {
		id := wolf.ReadHalfwayToken(text)
		if named := wolf.HalfwayToken(id); id != [16]byte{} && named != text {
			t.Errorf("%q is read as %s", text, named)
		}
	})
}
