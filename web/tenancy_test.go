package web_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }

type fields = map[string]any

const (
	acme   = webtest.Acme
	globex = webtest.Globex
)

// stranger is what somebody of one tenant holds, or random values of the same form.
type stranger struct {
	session, challenge, access, refresh string
	factor, begun, ceremony             string // an app, another one that is not activated, a passkey's challenge
	identifier, device, deviceToken     string
	cookie                              webtest.Header
}

// id is the one that a path names.
func (s stranger) id(path string) string {
	for prefix, id := range map[string]string{
		"/challenges": s.challenge, "/factors/:id": s.factor, "/factors/totp": s.begun, "/passkeys": s.factor,
		"/me/identifiers": s.identifier, "/devices": s.device,
	} {
		if strings.HasPrefix(path, prefix) {
			return id
		}
	}
	return s.session
}

// bodies answer the operations that need one.
func (s stranger) bodies() map[string]any {
	return map[string]any{
		"POST /signup":          fields{"email": "x", "password": "x"},
		"POST /login":           fields{"identifier": "ann@ex.test", "password": "violet harbour seven kettles"},
		"POST /challenges/:id":  fields{"code": "123456"},
		"POST /password/reset":  fields{"identifier": ""},
		"POST /password/change": fields{"current_password": webtest.Password, "new_password": "lantern orchard puzzle bicycle"},
		"POST /token":           fields{"refresh_token": s.refresh},
		"PATCH /me":             fields{"name": "Mallory"},
		"POST /login/code":      fields{"identifier": ""},
		"POST /login/passkey":   fields{"identifier": strings.Repeat("x", 400)},

		"POST /factors/totp/:id/activate": fields{"code": "123456"},
		"POST /passkeys":                  fields{"challenge_id": s.ceremony, "credential": fields{"id": "x"}},
		"PATCH /passkeys/:id":             fields{"name": "Mallory"},
		"POST /me/identifiers":            fields{"kind": "username", "value": "mallory"},
		"PATCH /me/identifiers/:id":       fields{"primary": true},
	}
}

// requestID changes with every answer.
var requestID = regexp.MustCompile(`"request_id":"[^"]*"`)

func TestNothingOfATenantIsKnownToAnother(t *testing.T) { // TEN-01, TEN-02, TEN-03
	t.Parallel()
	for _, transport := range []string{"body", "cookie"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			env := webtest.New(t)
			env.Set(t, acme, "tokens.transport="+transport)
			env.Set(t, globex, "tokens.transport="+transport)
			ann := env.Join(t, acme, "ann@ex.test")
			twin := env.Join(t, globex, "twin@ex.test")
			mine := furnish(t, env, ann)
			var open webtest.Step
			env.Do(t, "POST", webtest.API(acme)+"/password/reset", fields{"identifier": "ann@ex.test"}).JSON(t, &open)
			mine.challenge = open.Challenge.ID
			random := stranger{
				session: "ses_01ka8k3v9wf5xr2q8m7n4p6s0t", challenge: "chl_5m9k3v9wf5xr2q8m7n4p6s0tka",
				factor: "fac_5m9k3v9wf5xr2q8m7n4p6s0tka", begun: "fac_5m9k3v9wf5xr2q8m7n4p6s0tkc",
				ceremony: "chl_5m9k3v9wf5xr2q8m7n4p6s0tkc", identifier: "idf_01ka8k3v9wf5xr2q8m7n4p6s0t",
				device: "dev_01ka8k3v9wf5xr2q8m7n4p6s0t", deviceToken: twist(mine.deviceToken),
				access: twist(mine.access), refresh: twist(mine.refresh),
				cookie: webtest.Header{Name: mine.cookie.Name, Value: twist(mine.cookie.Value)},
			}
			own := mine.cookie
			// The cookie's name holds the tenant: what an attacker would do is rename it.
			mine.cookie.Value = renamed(mine.cookie.Value, twin.Cookie.Value)
			random.cookie.Value = renamed(random.cookie.Value, twin.Cookie.Value)

			auth := own
			if transport == "body" {
				auth = webtest.Bearer(mine.access)
			}
			before := state(t, env, auth)
			for _, route := range env.Server.Routes() {
				path, ok := strings.CutPrefix(route.Path, "/t/:slug/v1")
				if !ok || route.Surface != "public" {
					continue
				}
				theirs, random := try(t, env, route.Method, path, mine, twin), try(t, env, route.Method, path, random, twin)
				if diff := cmp.Diff(random, theirs); diff != "" {
					t.Errorf("%s %s knows of the other tenant (-random +theirs):\n%s", route.Method, path, diff)
				}
			}
			if diff := cmp.Diff(before, state(t, env, auth)); diff != "" {
				t.Errorf("ann's rows have changed:\n%s", diff)
			}
			// The try elsewhere neither consumed the token nor raised an alarm.
			if transport == "body" {
				env.Do(t, "POST", webtest.API(acme)+"/token", fields{"refresh_token": mine.refresh}).Want(t, 200)
			} else {
				env.Do(t, "POST", webtest.API(acme)+"/token", nil, own).Want(t, 200)
			}
			code := env.Code(t, acme, "ann@ex.test")
			answer := fields{"code": code, "new_password": "lantern orchard puzzle bicycle"}
			env.Do(t, "POST", webtest.API(globex)+"/challenges/"+open.Challenge.ID, answer).Refused(t, 410, fault.ChallengeExpired)
			env.Do(t, "POST", webtest.API(acme)+"/challenges/"+open.Challenge.ID, answer).Want(t, 204)
		})
	}
}

// try calls an operation of globex with credentials of s, and, for ids in paths, as twin with the ids of s. It returns the
// answers without what changes each time.
func try(t *testing.T, env *webtest.Env, method, path string, s stranger, twin *webtest.User) []string {
	t.Helper()
	id := s.id(path)
	where := webtest.API(globex) + strings.Replace(path, ":id", id, 1)
	body := s.bodies()[method+" "+path]
	credential := webtest.Bearer(s.access)
	if s.access == "" {
		credential = s.cookie
	}
	device := webtest.Header{Name: "Tenantgate-Device", Value: s.deviceToken}
	answers := []*webtest.Answer{env.Do(t, method, where, body, credential, device)}
	if strings.Contains(path, ":id") || method+" "+path == "POST /passkeys" {
		answers = append(answers, env.Do(t, method, where, body, twin.Auth(), device))
	}
	public := path == "/config" && method == http.MethodGet
	var out []string
	for _, a := range answers {
		if a.Status < 400 && !public {
			t.Errorf("%s %s: status %d: %s", method, path, a.Status, a.Body)
		}
		a.Header.Del("Date")
		a.Header.Del("X-Request-Id")
		text := requestID.ReplaceAllString(a.Body, "")
		out = append(out, fmt.Sprint(a.Status, a.Header, strings.ReplaceAll(text, id, "ID")))
	}
	return out
}

// furnish gives a user one of everything that has an id.
func furnish(t *testing.T, env *webtest.Env, u *webtest.User) stranger {
	t.Helper()
	api := webtest.API(u.Slug)
	env.Set(t, u.Slug, "mfa.trust_device_days=30")
	var me struct{ Identifiers []struct{ ID string } }
	env.Do(t, "GET", api+"/me/identifiers", nil, u.Auth()).Want(t, 200).JSON(t, &me)
	secret, _ := env.EnrolTOTP(t, u)
	var step webtest.Step
	env.Do(t, "POST", api+"/login", fields{"identifier": u.Email, "password": webtest.Password}).Want(t, 200).JSON(t, &step)
	answer := fields{"factor": "totp", "code": env.TOTP(t, secret), "trust_device": true}
	in := env.Do(t, "POST", api+"/challenges/"+step.Challenge.ID, answer).Want(t, 200)
	in.JSON(t, &step)
	s := stranger{
		session: step.Session.ID, access: step.AccessToken, refresh: step.RefreshToken, deviceToken: step.DeviceToken,
		identifier: me.Identifiers[0].ID,
	}
	for _, set := range in.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(set, ";")
		if _, token, ok := strings.Cut(pair, "=tgd_"); ok {
			s.deviceToken = "tgd_" + token
		} else {
			s.cookie = webtest.Header{Name: "Cookie", Value: pair}
		}
	}
	auth := s.cookie
	if s.access != "" {
		auth = webtest.Bearer(s.access)
	}
	var list struct {
		Factors []struct{ ID string }
		Devices []struct{ ID string }
	}
	env.Do(t, "GET", api+"/factors", nil, auth).Want(t, 200).JSON(t, &list)
	env.Do(t, "GET", api+"/devices", nil, auth).Want(t, 200).JSON(t, &list)
	var begun struct {
		ID          string
		ChallengeID string `json:"challenge_id"`
	}
	env.Do(t, "POST", api+"/factors/totp", nil, auth).Want(t, 200).JSON(t, &begun)
	env.Do(t, "POST", api+"/passkeys/options", nil, auth).Want(t, 200).JSON(t, &begun)
	s.factor, s.device, s.begun, s.ceremony = list.Factors[0].ID, list.Devices[0].ID, begun.ID, begun.ChallengeID
	return s
}

// state is what the rows of a caller say.
func state(t *testing.T, env *webtest.Env, auth webtest.Header) (out []string) {
	t.Helper()
	for _, path := range []string{"/me", "/sessions", "/factors", "/passkeys", "/me/identifiers", "/devices"} {
		out = append(out, env.Do(t, "GET", webtest.API(acme)+path, nil, auth).Want(t, 200).Body)
	}
	return out
}

// twist changes a token within, so that it has the form of one and is none.
func twist(token string) string {
	if len(token) < 20 {
		return token
	}
	at := len(token) - 12
	other := byte('A')
	if token[at] == other {
		other = 'B'
	}
	return token[:at] + string(other) + token[at+1:]
}

func renamed(pair, like string) string {
	_, value, ok := strings.Cut(pair, "=")
	name, _, _ := strings.Cut(like, "=")
	if !ok {
		return pair
	}
	return name + "=" + value
}
