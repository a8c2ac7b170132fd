package graphtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// Admin is somebody of a role over a tenant, or over every tenant where slug is empty, who has set a password by the link, enrolled
// an authenticator app and signed in, all by the flows over HTTP. The session comes in a cookie.
func (env *Env) Admin(t testing.TB, role access.Role, slug string) Caller {
	t.Helper()
	name, over := string(role), uuid.Nil
	if slug != "" {
		name += " of " + slug
		over = env.Tenant(t, slug).ID
	}
	email := uuid.NewString()[:8] + "@admins.test"
	_, link, err := env.Engine.Admins(env.Tenant(t, tenants.Reserved)).
		Create(t.Context(), authflows.NewAdmin{Email: email, Role: role, Over: over})
	if err != nil {
		t.Fatalf("make an admin: %v", err)
	}
	env.SetPassword(t, link.URL)
	return env.SignInAdmin(t, name, email)
}

// SetPassword sets webtest.Password on the page that a one-time link leads to.
func (env *Env) SetPassword(t testing.TB, link string) *webtest.Answer {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	webtest.Log.Secret("a one-time link", u.Query().Get("s"))
	form := url.Values{"c": {u.Query().Get("c")}, "s": {u.Query().Get("s")}, "new_password": {webtest.Password}}
	return env.Env.Do(t, http.MethodPost, u.Path, form.Encode(), webtest.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"})
}

// SignInAdmin signs an admin in who has a password and enrols an authenticator app now.
func (env *Env) SignInAdmin(t testing.TB, name, email string) Caller {
	t.Helper()
	api := webtest.API(tenants.Reserved)
	var step webtest.Step
	login := map[string]string{"identifier": email, "password": webtest.Password}
	env.Env.Do(t, http.MethodPost, api+"/login", login).Want(t, http.StatusOK).JSON(t, &step)
	var app webtest.Enrolment
	at := api + "/challenges/" + step.Challenge.ID
	env.Env.Do(t, http.MethodPost, at+"/enrol", map[string]string{"factor": "totp"}).Want(t, http.StatusOK).JSON(t, &app)
	webtest.Log.Secret("the secret of an authenticator app", app.Secret)
	answer := map[string]string{"factor": "totp", "code": env.TOTP(t, app.Secret)}
	in := env.Env.Do(t, http.MethodPost, at, answer).Want(t, http.StatusOK)
	env.Clock.Advance(30 * time.Second)
	return Caller{Name: name, Cookie: cookieOf(t, in), Email: email, TOTP: app.Secret}
}

// StepUp lets an admin give a fresh proof, and returns it with its new cookie.
func (env *Env) StepUp(t testing.TB, as Caller) Caller {
	t.Helper()
	api := webtest.API(tenants.Reserved)
	var step webtest.Step
	env.Env.Do(t, http.MethodPost, api+"/step-up", nil, webtest.Header{Name: "Cookie", Value: as.Cookie}).
		Want(t, http.StatusOK).JSON(t, &step)
	answer := map[string]string{"factor": "totp", "code": env.TOTP(t, as.TOTP)}
	raised := env.Env.Do(t, http.MethodPost, api+"/challenges/"+step.Challenge.ID, answer).Want(t, http.StatusOK)
	env.Clock.Advance(30 * time.Second)
	as.Cookie = cookieOf(t, raised)
	return as
}

// cookieOf is the session's cookie that an answer sets.
func cookieOf(t testing.TB, a *webtest.Answer) string {
	t.Helper()
	for _, set := range a.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(set, ";")
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(strings.TrimPrefix(name, "__Host-"), "tg-") {
			webtest.Log.Secret("a cookie", value)
			return pair
		}
	}
	t.Fatalf("no cookie of a session: %s", a.Body)
	return ""
}

// SignInAs signs an admin in who has an authenticator app.
func (env *Env) SignInAs(t testing.TB, as Caller) Caller {
	t.Helper()
	api := webtest.API(tenants.Reserved)
	var step webtest.Step
	login := map[string]string{"identifier": as.Email, "password": webtest.Password}
	env.Env.Do(t, http.MethodPost, api+"/login", login).Want(t, http.StatusOK).JSON(t, &step)
	answer := map[string]string{"factor": "totp", "code": env.TOTP(t, as.TOTP)}
	in := env.Env.Do(t, http.MethodPost, api+"/challenges/"+step.Challenge.ID, answer).Want(t, http.StatusOK)
	env.Clock.Advance(30 * time.Second)
	as.Cookie = cookieOf(t, in)
	return as
}
