package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// FuzzBodies sends anything to the operations that strangers reach: never a 500, and always JSON.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"identifier":"ann@ex.test","password":"x"}`, `{"email":"a@b.test","password":"violet harbour seven kettles"}`,
		`{"email":"a@b.test","username":"ann","phone":"+4915112345678","password":"x","name":"\u0001","profile":{"a":[1]}}`,
		`{"identifier":"\u202e@xn--","password":"\ud83d\ude00"}`, `{"profile":{}}`, `[]`, `{"password":null}`, `{"identifier":1e9}`, ``,
		`{"factor":"passkey","credential":{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}}`,
		`{"factor":"totp","code":"１２３ 456","name":"x","trust_device":true}`,
	} {
		f.Add(seed)
	}
	env := webtest.New(f)
	var open webtest.Step
	env.Do(f, http.MethodPost, v1+"/login/passkey", nil).Want(f, http.StatusOK).JSON(f, &open)
	env.Set(f, acme, "codes.tries=10")
	handler := env.Server.Public()
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/login", "/signup", "/password/reset", "/token", "/login/code", "/login/passkey", "/challenges/" + open.Challenge.ID} {
			r := httptest.NewRequest(http.MethodPost, v1+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			kind := w.Header().Get("Content-Type")
			if w.Code >= 500 || kind != "application/json" && kind != "application/problem+json" {
				t.Fatalf("%s: status %d, %s: %s", path, w.Code, kind, w.Body)
			}
		}
	})
}
