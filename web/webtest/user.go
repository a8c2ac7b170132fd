package webtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// API is where a tenant's native API begins.
func API(slug string) string { return "/t/" + slug + "/v1" }

// Step is an answer of a flow, as a client reads it.
type Step struct {
	Status    string
	Challenge struct {
		ID, Kind  string
		Factors   []string
		PublicKey json.RawMessage `json:"public_key"`
	}
	User    struct{ ID string }
	Session struct{ ID string }

	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	DeviceToken  string `json:"device_token"`

	RecoveryCodes []string `json:"recovery_codes"`
}

// User is somebody who has signed up and what the session came with.
type User struct {
	Slug, Email   string
	ID, SessionID string

	AccessToken, RefreshToken, DeviceToken string
	Cookie                                 Header // of the session, where the tenant chose cookies
	DeviceCookie                           Header // likewise, of the device
}

// Auth is the credential of the session: a bearer token, or the cookie.
func (u *User) Auth() Header {
	if u.AccessToken == "" {
		return u.Cookie
	}
	return Bearer(u.AccessToken)
}

// Join signs a user up over HTTP, with the code that was mailed.
func (env *Env) Join(t testing.TB, slug, email string) *User {
	t.Helper()
	body := map[string]string{"email": email, "password": Password}
	answer := env.Do(t, http.MethodPost, API(slug)+"/signup", body).Want(t, http.StatusOK)
	var step Step
	answer.JSON(t, &step)
	code := map[string]string{"code": env.Code(t, slug, email)}
	answer = env.Do(t, http.MethodPost, API(slug)+"/challenges/"+step.Challenge.ID, code).Want(t, http.StatusCreated)
	return env.user(t, slug, email, answer)
}

// SignIn signs a user in with the password.
func (env *Env) SignIn(t testing.TB, slug, email string) *User {
	t.Helper()
	body := map[string]string{"identifier": email, "password": Password}
	answer := env.Do(t, http.MethodPost, API(slug)+"/login", body).Want(t, http.StatusOK)
	return env.user(t, slug, email, answer)
}

func (env *Env) user(t testing.TB, slug, email string, a *Answer) *User {
	t.Helper()
	var step Step
	a.JSON(t, &step)
	u := &User{
		Slug: slug, Email: email, ID: step.User.ID, SessionID: step.Session.ID,
		AccessToken: step.AccessToken, RefreshToken: step.RefreshToken, DeviceToken: step.DeviceToken,
	}
	for _, set := range a.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(set, ";")
		if strings.HasPrefix(strings.TrimPrefix(pair, "__Host-"), "tgd-") {
			u.DeviceCookie = Header{"Cookie", pair}
		} else {
			u.Cookie = Header{"Cookie", pair}
		}
		_, value, _ := strings.Cut(pair, "=")
		Log.Secret("a cookie", value)
	}
	Log.Secret("a mail address", email)
	Log.Secret("an access token", u.AccessToken)
	Log.Secret("a refresh token", u.RefreshToken)
	Log.Secret("a device token", u.DeviceToken)
	return u
}
