package axor_test

import (
	"fmt"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

type (
	fields = map[string]any
	header = webtest.Header
)

const (
	acme     = webtest.Acme
	password = webtest.Password
	next     = "lantern orchard puzzle bicycle"
	ann      = "ann@ex.test"

	user = "/t/acme/dialects/axor/api/user"
)

// app is app-token mode, and agent a user agent that is the same in each run.
var (
	app   = header{Name: "X-Requested-By", Value: "phone"}
	agent = header{Name: "User-Agent", Value: "Example/1.0"}
)

// speaking returns an environment whose tenant speaks axor.
func speaking(t *testing.T, settings ...string) *webtest.Env {
	t.Helper()
	env := webtest.New(t)
	env.Set(t, acme, append([]string{"dialects.axor.enabled=true", "signup.verify_email=after_session"}, settings...)...)
	return env
}

func registration(email string) fields {
	return fields{"email": email, "password": password, "first_name": "Ann", "last_name": "Example"}
}

// signedIn is what a sign-in handed out.
type signedIn struct {
	ID      string // of the session, in app-token mode
	Session header // the credential
	all     []header
}

// held keeps the credentials of an answer.
func held(t *testing.T, a *webtest.Answer) signedIn {
	t.Helper()
	var in struct{ Session struct{ ID, Key string } }
	a.Want(t, 200).JSON(t, &in)
	if in.Session.Key != "" {
		webtest.Log.Secret("a key", in.Session.Key)
		bearer := webtest.Bearer(in.Session.Key)
		return signedIn{in.Session.ID, bearer, []header{agent, app, bearer}}
	}
	for _, set := range a.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(set, ";")
		if value, ok := strings.CutPrefix(pair, "axor_auth="); ok {
			webtest.Log.Secret("a cookie", value)
			cookie := header{Name: "Cookie", Value: pair}
			return signedIn{"", cookie, []header{agent, cookie}}
		}
	}
	t.Fatalf("no session in %v %s", a.Header, a.Body)
	return signedIn{}
}

// join registers ann, whose address is then verified.
func join(t *testing.T, env *webtest.Env, headers ...header) signedIn {
	t.Helper()
	in := held(t, env.Do(t, "POST", user+"/register/", registration(ann), append(headers, agent)...))
	token := env.Code(t, acme, ann)
	webtest.Log.Secret("a mailed token", token)
	env.Do(t, "POST", user+"/verify_email/", fields{"token": token}, in.all...).Want(t, 204) // where it registered
	return in
}

func login(t *testing.T, env *webtest.Env, headers ...header) signedIn {
	t.Helper()
	body := fields{"email": ann, "password": password}
	return held(t, env.Do(t, "POST", user+"/login/", body, append(headers, agent)...))
}

// enrol gives whoever is signed in an authenticator app. The clock moves on to the next code.
func enrol(t *testing.T, env *webtest.Env, in signedIn) (secret string, backup []string) {
	t.Helper()
	var begun struct {
		Key         string
		BackupCodes []string `json:"backup_codes"`
	}
	env.Do(t, "POST", user+"/totp/init/", nil, in.all...).Want(t, 201).JSON(t, &begun)
	env.Do(t, "POST", user+"/totp/enable/", fields{"code": env.TOTP(t, begun.Key)}, in.all...).Want(t, 200)
	env.Clock.Advance(30 * time.Second)
	secrets(begun.Key, begun.BackupCodes)
	return begun.Key, begun.BackupCodes
}

func secrets(key string, codes []string) {
	webtest.Log.Secret("the secret of an authenticator app", key)
	for _, code := range codes {
		webtest.Log.Secret("a backup code", code)
	}
}

// other is a code of the same form that is not the one given.
func other(code string) string {
	last := code[len(code)-1]
	swapped := byte('2')
	if last == swapped {
		swapped = '3'
	}
	return code[:len(code)-1] + string(swapped)
}

// urlEncoded and multi write a body as forms do.
func urlEncoded(body fields) (string, header) {
	values := url.Values{}
	for name, value := range body {
		values.Set(name, fmt.Sprint(value))
	}
	return values.Encode(), header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}
}

func multi(t *testing.T, body fields) (string, header) {
	t.Helper()
	var b strings.Builder
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("boundary"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"email", "password", "first_name", "last_name", "code"} {
		if value, ok := body[name]; ok {
			if err := w.WriteField(name, fmt.Sprint(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), header{Name: "Content-Type", Value: w.FormDataContentType()}
}
