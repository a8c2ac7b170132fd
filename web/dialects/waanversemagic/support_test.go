package waanversemagic_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/web/webtest"
)

type fields = map[string]any

const (
	acme = webtest.Acme
	base = "/t/" + acme + "/dialects/waanverse-magic"
	ann  = "ann@ex.test"
)

// speaking is an environment whose tenant acme speaks the dialect.
func speaking(t *testing.T, settings ...string) *webtest.Env {
	t.Helper()
	env := webtest.New(t)
	settings = append([]string{
		"dialects.waanverse-magic.enabled=true", "signup.verify_email=after_session", "magic.signup=true",
	}, settings...)
	env.Set(t, acme, settings...)
	return env
}

// entered is L.
type entered struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	SID     string
	User    struct{ ID, Username string }
}

func (e *entered) bearer() webtest.Header { return webtest.Bearer(e.Access) }

func (e *entered) cookie() webtest.Header {
	return webtest.Header{Name: "Cookie", Value: "access_token=" + e.Access + "; refresh_token=" + e.Refresh}
}

// in reads L and tells the log's watch of it.
func in(t *testing.T, a *webtest.Answer) *entered {
	t.Helper()
	e := &entered{}
	a.Want(t, 200).JSON(t, e)
	webtest.Log.Secret("an access token", e.Access)
	webtest.Log.Secret("a refresh token", e.Refresh)
	webtest.Log.Secret("a session key", e.SID)
	return e
}

// join signs somebody up.
func join(t *testing.T, env *webtest.Env, email string) *entered {
	t.Helper()
	webtest.Log.Secret("a mail address", email)
	env.Do(t, "POST", base+"/signup/", fields{"email_address": email}).Want(t, 200)
	return in(t, env.Do(t, "POST", base+"/signup/", fields{"email_address": email, "code": env.Code(t, acme, email)}))
}

// enter signs somebody in by a mailed code.
func enter(t *testing.T, env *webtest.Env, email string) *entered {
	t.Helper()
	env.Do(t, "POST", base+"/login/", fields{"email_address": email}).Want(t, 200)
	return in(t, env.Do(t, "POST", base+"/login/", fields{"email_address": email, "code": env.Code(t, acme, email)}))
}

// other is a code of the same form that is another.
func other(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

// says fails the test unless an answer has a status and its body holds a text.
func says(t *testing.T, a *webtest.Answer, status int, text string) *webtest.Answer {
	t.Helper()
	if a.Status != status || !strings.Contains(a.Body, text) {
		t.Errorf("status %d, want %d with %s: %s", a.Status, status, text, a.Body)
	}
	return a
}

// cleared reports whether an answer takes both cookies away.
func cleared(a *webtest.Answer) bool {
	n := 0
	for _, set := range a.Header.Values("Set-Cookie") {
		if strings.HasPrefix(set, "access_token=;") || strings.HasPrefix(set, "refresh_token=;") {
			n++
		}
	}
	return n == 2
}

// native signs somebody up over the native API, with a password and the address proven.
func native(t *testing.T, env *webtest.Env, email string) *webtest.User {
	t.Helper()
	env.Set(t, acme, "signup.verify_email=before_session")
	u := env.Join(t, acme, email)
	env.Set(t, acme, "signup.verify_email=after_session")
	return u
}
