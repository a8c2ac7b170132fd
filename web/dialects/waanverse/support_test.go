package waanverse_test

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/dialects/waanverse"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }

type fields = map[string]any

const (
	acme       = webtest.Acme
	passphrase = webtest.Password
	next       = "lantern orchard puzzle bicycle"
	base       = "/t/" + acme + "/dialects/waanverse"

	initiate = "/signup/email/initiate-verification/"
	proving  = "/signup/email/verify/"
)

// speaking is an environment whose tenants speak the dialect.
func speaking(t testing.TB, options ...webtest.Option) *webtest.Env {
	t.Helper()
	env := webtest.New(t, options...)
	for _, slug := range []string{acme, webtest.Globex} {
		env.Set(t, slug, "dialects.waanverse.enabled=true", "signup.verify_email=after_session")
	}
	return env
}

// script is a transcript whose every answer must be described.
type script struct {
	*webtest.Transcript
	t testing.TB
}

func transcribe(t testing.TB, env *webtest.Env, file, title string) *script {
	return &script{env.Transcribe(t, file, title), t}
}

// do sends a request below the mount and wants a status of its answer.
func (s *script) do(status int, what, method, path string, body any, headers ...webtest.Header) *webtest.Answer {
	s.t.Helper()
	a := s.Do(what, method, base+path, body, headers...).Want(s.t, status)
	described(s.t, method, path, a)
	return a
}

// described fails the test unless the description knows the status of an answer and, where it is no error, the members.
func described(t testing.TB, method, path string, a *webtest.Answer) {
	t.Helper()
	at := slices.IndexFunc(waanverse.New().Routes, func(r dialects.Route) bool {
		return r.Method == method && strings.TrimSuffix(r.Path, "/") == strings.TrimSuffix(path, "/")
	})
	if at < 0 {
		return
	}
	shape, ok := waanverse.New().Routes[at].Doc.Answers[a.Status]
	if !ok {
		t.Errorf("%s %s answers %d, which is not described", method, path, a.Status)
		return
	}
	if a.Status >= 300 {
		return
	}
	into := reflect.New(reflect.TypeOf(shape)).Interface()
	d := json.NewDecoder(strings.NewReader(a.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Errorf("%s %s answers %s, which is not described: %v", method, path, a.Body, err)
	}
}

// entered is what a sign-in answers.
type entered struct {
	User    struct{ ID, Username string }
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	MFA     string
}

func enter(t testing.TB, a *webtest.Answer) *entered {
	t.Helper()
	e := &entered{}
	a.JSON(t, e)
	webtest.Log.Secret("an access token", e.Access)
	webtest.Log.Secret("a refresh token", e.Refresh)
	webtest.Log.Secret("what names a pending sign-in", e.MFA)
	for _, c := range setCookies(a) {
		webtest.Log.Secret("a cookie", c.Value)
	}
	return e
}

func (e *entered) bearer() webtest.Header { return webtest.Bearer(e.Access) }

func setCookies(a *webtest.Answer) []*http.Cookie {
	return (&http.Response{Header: a.Header}).Cookies()
}

// cookies is the header that a browser sends after an answer.
func cookies(a *webtest.Answer, only ...string) webtest.Header {
	var pairs []string
	for _, c := range setCookies(a) {
		if c.MaxAge >= 0 && (len(only) == 0 || slices.Contains(only, c.Name)) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	return webtest.Header{Name: "Cookie", Value: strings.Join(pairs, "; ")}
}

func signupOf(name string) fields {
	return fields{
		"username": name, "email_address": name + "@ex.test", "password": passphrase, "confirm_password": passphrase,
	}
}

// join signs somebody up.
func join(t testing.TB, env *webtest.Env, name string) *entered {
	t.Helper()
	webtest.Log.Secret("a mail address", name+"@ex.test")
	return enter(t, env.Do(t, "POST", base+"/signup/", signupOf(name)).Want(t, 201))
}

// with is a body with other fields.
func with(body fields, changes fields) fields {
	out := fields{}
	for _, of := range []fields{body, changes} {
		for name, value := range of {
			out[name] = value
		}
	}
	return out
}

// without is a body that lacks a field.
func without(body fields, name string) fields {
	out := with(body, nil)
	delete(out, name)
	return out
}

// other is a code of the same shape that is another.
func other(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

// enrol turns the second factor of somebody on, and moves the clock to the next code.
func enrol(t testing.TB, env *webtest.Env, e *entered) (secret string) {
	t.Helper()
	var begun struct {
		Secret string `json:"secret_key"`
	}
	env.Do(t, "POST", base+"/mfa/get-secret/", nil, e.bearer()).Want(t, 200).JSON(t, &begun)
	webtest.Log.Secret("the secret of an authenticator app", begun.Secret)
	env.Do(t, "POST", base+"/mfa/activate/", fields{"code": env.TOTP(t, begun.Secret)}, e.bearer()).Want(t, 200)
	env.Clock.Advance(30 * time.Second)
	return begun.Secret
}
