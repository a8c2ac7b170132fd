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
	cookie                              webtest.Header
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
			var open webtest.Step
			env.Do(t, "POST", webtest.API(acme)+"/password/reset", fields{"identifier": "ann@ex.test"}).JSON(t, &open)
			mine := stranger{ann.SessionID, open.Challenge.ID, ann.AccessToken, ann.RefreshToken, ann.Cookie}
			random := stranger{
				"ses_01ka8k3v9wf5xr2q8m7n4p6s0t", "chl_5m9k3v9wf5xr2q8m7n4p6s0tka", twist(mine.access), twist(mine.refresh),
				webtest.Header{Name: mine.cookie.Name, Value: twist(mine.cookie.Value)},
			}
			// The cookie's name holds the tenant: what an attacker would do is rename it.
			mine.cookie.Value = renamed(mine.cookie.Value, twin.Cookie.Value)
			random.cookie.Value = renamed(random.cookie.Value, twin.Cookie.Value)

			before := state(t, env, ann)
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
			if diff := cmp.Diff(before, state(t, env, ann)); diff != "" {
				t.Errorf("ann's rows have changed:\n%s", diff)
			}
			// The try elsewhere neither consumed the token nor raised an alarm.
			if transport == "body" {
				env.Do(t, "POST", webtest.API(acme)+"/token", fields{"refresh_token": ann.RefreshToken}).Want(t, 200)
			} else {
				env.Do(t, "POST", webtest.API(acme)+"/token", nil, ann.Cookie).Want(t, 200)
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
	id := s.session
	if strings.HasPrefix(path, "/challenges") {
		id = s.challenge
	}
	where := webtest.API(globex) + strings.Replace(path, ":id", id, 1)
	body := s.bodies()[method+" "+path]
	credential := webtest.Bearer(s.access)
	if s.access == "" {
		credential = s.cookie
	}
	answers := []*webtest.Answer{env.Do(t, method, where, body, credential)}
	if strings.Contains(path, ":id") {
		answers = append(answers, env.Do(t, method, where, body, twin.Auth()))
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

// state is what ann's rows say.
func state(t *testing.T, env *webtest.Env, ann *webtest.User) []string {
	t.Helper()
	me := env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Want(t, 200)
	list := env.Do(t, "GET", webtest.API(acme)+"/sessions", nil, ann.Auth()).Want(t, 200)
	return []string{me.Body, list.Body}
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
