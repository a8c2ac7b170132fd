package spaces_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/spaces/spacestest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

type fields = map[string]any

const (
	acme     = webtest.Acme
	globex   = webtest.Globex
	password = webtest.Password
	next     = "lantern orchard puzzle bicycle"
	ann      = "ann@ex.test"
)

// mount is the path below which acme speaks the dialect.
const mount = "/t/" + acme + "/dialects/spaces"

// wire is acme's with a transcript of what is sent, which may be nil.
type wire struct {
	*webtest.Env
	t  testing.TB
	tr *webtest.Transcript
}

func newWire(t testing.TB) *wire {
	t.Helper()
	env := webtest.New(t)
	env.Set(t, acme, "dialects.spaces.enabled=true", "signup.verify_email=after_session")
	return &wire{Env: env, t: t}
}

// transcribe records what is sent from here on.
func (w *wire) transcribe(name, title string) { w.tr = w.Transcribe(w.t, name, title) }

// do sends a request to a path of the dialect. what is its name in the transcript; without one it is not recorded.
func (w *wire) do(what, method, path string, body any, headers ...webtest.Header) *webtest.Answer {
	w.t.Helper()
	if w.tr == nil || what == "" {
		return w.Do(w.t, method, mount+path, body, headers...)
	}
	return w.tr.Do(what, method, mount+path, body, headers...)
}

// jwt is the header that carries a token.
func jwt(token string) webtest.Header {
	return webtest.Header{Name: "Authorization", Value: "JWT " + token}
}

func contentType(text string) webtest.Header {
	return webtest.Header{Name: "Content-Type", Value: text}
}

// token reads the token of an answer.
func (w *wire) token(a *webtest.Answer, status int) string {
	w.t.Helper()
	var made struct{ Token string }
	a.Want(w.t, status).JSON(w.t, &made)
	webtest.Log.Secret("a token", made.Token)
	return made.Token
}

// join makes an account and logs in.
func (w *wire) join(email string) string {
	w.t.Helper()
	w.do("", "POST", "/api/user/create/", fields{"email": email, "password": password}).Want(w.t, 201)
	return w.login(email)
}

func (w *wire) login(email string) string {
	w.t.Helper()
	return w.token(w.do("", "POST", "/api/user/login/", fields{"email": email, "password": password}), 200)
}

// secretOf reads the secret of the URL of a device.
func (w *wire) secretOf(a *webtest.Answer) string {
	w.t.Helper()
	var text string
	a.Want(w.t, 201).JSON(w.t, &text)
	u, err := url.Parse(text)
	if err != nil {
		w.t.Fatal(err)
	}
	webtest.Log.Secret("the secret of a device", u.Query().Get("secret"))
	return u.Query().Get("secret")
}

// codeLogin is the path of a login by an app's code, which is used up: the clock moves on to the next.
func (w *wire) codeLogin(secret string) string { return "/api/totp/login/" + w.TOTP(w.t, secret) + "/" }

// tick moves the clock on to the next code.
func (w *wire) tick() { w.Clock.Advance(30 * time.Second) }

// enrol confirms a device with a token and returns its secret and the token that replaces that one.
func (w *wire) enrol(token string) (secret, verified string) {
	w.t.Helper()
	secret = w.secretOf(w.do("", "GET", "/api/totp/create/", nil, jwt(token)))
	verified = w.token(w.do("", "POST", w.codeLogin(secret), nil, jwt(token)), 201)
	w.tick()
	return secret, verified
}

// codes makes emergency codes.
func (w *wire) codes(token string) (codes []string) {
	w.t.Helper()
	w.do("", "GET", "/api/static/create/", nil, jwt(token)).Want(w.t, 201).JSON(w.t, &codes)
	for _, code := range codes {
		webtest.Log.Secret("an emergency code", code)
	}
	return codes
}

// mailed returns the uid and token that were mailed last.
func (w *wire) mailed(email string) (uid, token string) {
	w.t.Helper()
	p := dialecttest.NewPerson(w.t, w.Env, acme, "spaces", strings.TrimSuffix(email, "@ex.test"))
	uid, token, _ = strings.Cut(spacestest.Mailed(p), " ")
	webtest.Log.Secret("a mailed token", token)
	return uid, token
}

// claims reads a token without looking at its signature.
func claims(t testing.TB, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// says fails the test unless an answer has a status and a body.
func says(t testing.TB, a *webtest.Answer, status int, body string) {
	t.Helper()
	if a.Status != status || strings.TrimSpace(a.Body) != body {
		t.Errorf("status %d, body %q, want %d %q", a.Status, a.Body, status, body)
	}
}

// suspendAll locks every user that acme has by now.
func (w *wire) suspendAll() {
	w.t.Helper()
	ctx := tenancy.With(w.t.Context(), w.Tenant(w.t, acme).ID)
	if err := w.DB.User.Update().SetStatus("suspended").Exec(ctx); err != nil {
		w.t.Fatal(err)
	}
}
