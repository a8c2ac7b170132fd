package waanversemagic_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func asUUID(t *testing.T, public string) string {
	t.Helper()
	id, ok := ids.Parse(ids.Challenge, public)
	if !ok {
		t.Fatalf("%s is no challenge", public)
	}
	return id.String()
}

func TestWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	tr := env.Transcribe(t, "me", "Who is signed in.")
	const path = base + "/me/"
	tr.Do("by header", "GET", path, nil, e.bearer()).Want(t, 200)
	tr.Do("by cookie", "GET", path, nil, e.cookie()).Want(t, 200)
	says(t, tr.Do("anonymous", "GET", path, nil), 401, `"Authentication credentials were not provided."`)
	bad := tr.Do("no token", "GET", path, nil, webtest.Bearer("nonsense")).Want(t, 401)
	if !cleared(bad) || bad.Header.Get("WWW-Authenticate") != `Bearer realm="api"` {
		t.Errorf("headers %v", bad.Header)
	}
	tr.Do("the header counts before the cookie", "GET", path, nil, webtest.Bearer("nonsense"), e.cookie()).Want(t, 401)
	env.Do(t, "GET", path, nil, webtest.Header{Name: "Authorization", Value: "Basic YTpi"}, e.cookie()).Want(t, 401)
	env.Do(t, "GET", path, nil, e.bearer(), e.bearer()).Want(t, 401)
	env.Do(t, "GET", path, nil, webtest.Header{Name: "Authorization", Value: "bearer " + e.Access}).Want(t, 200)
	tr.Do("a refresh token", "GET", path, nil, webtest.Bearer(e.Refresh)).Want(t, 401)
	tr.Do("a token in the query", "GET", path+"?access_token="+e.Access, nil).Want(t, 401)
	env.Clock.Advance(32 * time.Minute)
	tr.Do("an old token", "GET", path, nil, e.bearer()).Want(t, 401)
}

func TestRefreshing(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	tr := env.Transcribe(t, "refresh", "A new access token.")
	const path = base + "/refresh/"
	env.Clock.Advance(time.Minute)
	var made entered
	tr.Do("by body", "POST", path, fields{"refresh_token": e.Refresh}).Want(t, 200).JSON(t, &made)
	env.Do(t, "GET", base+"/me/", nil, made.bearer()).Want(t, 200)
	tr.Do("by cookie", "POST", path, nil, e.cookie()).Want(t, 200)
	none := says(t, tr.Do("none", "POST", path, nil), 400, `"error_code":"REFRESH_TOKEN_REQUIRED"`)
	if !cleared(none) {
		t.Errorf("cookies %v", none.Header)
	}
	for _, body := range []any{fields{"refresh_token": nil}, fields{"refresh_token": ""}, fields{}} {
		says(t, env.Do(t, "POST", path, body), 400, `"error_code":"REFRESH_TOKEN_REQUIRED"`)
	}
	says(t, tr.Do("of another type", "POST", path, fields{"refresh_token": fields{}}), 400, `{"refresh_token":["`)
	says(t, tr.Do("no token", "POST", path, fields{"refresh_token": "nonsense"}), 401, `"error_code":"INVALID_REFRESH_TOKEN"`)
	says(t, tr.Do("an access token", "POST", path, fields{"refresh_token": e.Access}), 401, `"error_code":"INVALID_REFRESH_TOKEN"`)
	tr.Do("another method", "GET", path, nil, e.cookie()).Want(t, 405)
	env.Do(t, "POST", base+"/logout/", nil, e.bearer()).Want(t, 200)
	says(t, tr.Do("after signing out", "POST", path, fields{"refresh_token": e.Refresh}), 401, `"error_code":"INVALID_REFRESH_TOKEN"`)
	late := enter(t, env, ann)
	env.Clock.Advance(30*24*time.Hour + 2*time.Minute)
	says(t, tr.Do("after thirty days", "POST", path, fields{"refresh_token": late.Refresh}), 401, `"error_code":"INVALID_REFRESH_TOKEN"`)
}

func TestSigningOut(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	tr := env.Transcribe(t, "logout", "Signing out.")
	const path = base + "/logout/"
	e := join(t, env, ann)
	out := func(what string, body any, headers ...webtest.Header) {
		t.Helper()
		a := tr.Do(what, "POST", path, body, headers...)
		if says(t, a, 200, `{"status":"success","session_id":"`+e.SID+`"}`); !cleared(a) {
			t.Errorf("%s: cookies %v", what, a.Header)
		}
		env.Do(t, "GET", base+"/me/", nil, e.bearer()).Want(t, 401)
		env.Clock.Advance(30 * time.Second)
		e = enter(t, env, ann)
	}
	out("by body", fields{"access_token": e.Access})
	out("by header", nil, e.bearer())
	out("by cookie", fields{"access_token": ""}, e.cookie())
	out("the body counts before the header", fields{"access_token": e.Access}, webtest.Bearer("nonsense"))
	says(t, tr.Do("anonymous", "POST", path, nil), 401, `"detail"`)
	bad := says(t, tr.Do("no token", "POST", path, fields{"access_token": "nonsense"}), 401, `"detail"`)
	if !cleared(bad) {
		t.Errorf("cookies %v", bad.Header)
	}
	says(t, env.Do(t, "POST", path, fields{"access_token": fields{}}, e.bearer()), 400, `{"access_token":["`)
	says(t, tr.Do("a refresh token", "POST", path, fields{"access_token": e.Refresh}), 401, `"detail"`)
	env.Clock.Advance(2 * time.Hour)
	out("an old token", fields{"access_token": e.Access})
	env.Do(t, "POST", path, nil, e.bearer()).Want(t, 200)
	says(t, tr.Do("again", "POST", path, nil, e.bearer()), 401, `{"detail":"identity_error"}`)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	first := join(t, env, ann)
	next := func() *entered { env.Clock.Advance(30 * time.Second); return enter(t, env, ann) }
	second, third, fourth := next(), next(), next()
	bob := join(t, env, "bob@ex.test")
	tr := env.Transcribe(t, "sessions", "Sessions and their end.")
	at := func(e *entered) string { return base + "/sessions/" + e.SID + "/" }
	tr.Do("list", "GET", base+"/sessions/", nil, first.bearer()).Want(t, 200)
	says(t, tr.Do("anonymous", "GET", base+"/sessions/", nil), 401, `"detail"`)

	says(t, tr.Do("one's own", "DELETE", at(second), nil, first.bearer()), 200, `{"status":"success"}`)
	says(t, tr.Do("it has ended", "DELETE", at(second), nil, first.bearer()), 404, `{"error":"`)
	says(t, tr.Do("named by whoever has the sid", "DELETE", at(third), fields{"sid": third.SID}), 200, `{"status":"success"}`)
	says(t, tr.Do("that has ended", "DELETE", at(third), fields{"sid": third.SID}), 404, `{"error":"`)
	says(t, tr.Do("by whoever has a token that is over", "DELETE", at(fourth), fields{"sid": fourth.SID}, third.bearer()), 200, `{"status":"success"}`)
	says(t, tr.Do("without the sid", "DELETE", at(first), nil), 404, `{"error":"`)
	says(t, tr.Do("with another sid", "DELETE", at(first), fields{"sid": bob.SID}), 400, `{"error":"`)
	says(t, env.Do(t, "DELETE", at(first), fields{"sid": fields{}}), 400, `{"sid":["`)
	says(t, tr.Do("somebody else's", "DELETE", at(first), fields{"sid": first.SID}, bob.bearer()), 404, `{"error":"`)
	says(t, tr.Do("no session", "DELETE", base+"/sessions/abc123sessionid/", fields{"sid": "abc123sessionid"}), 404, `{"error":"`)
	env.Set(t, webtest.Globex, "dialects.waanverse-magic.enabled=true")
	abroad := strings.Replace(at(first), "/t/acme/", "/t/globex/", 1)
	says(t, env.Do(t, "DELETE", abroad, fields{"sid": first.SID}), 404, `{"error":"`) // TEN-03
	says(t, env.Do(t, "GET", base+"/me/", nil, first.bearer()), 200, ann)

	says(t, tr.Do("one's own, by cookie", "DELETE", at(first), nil, first.cookie()), 200, `{"status":"success"}`)
	says(t, env.Do(t, "GET", base+"/me/", nil, first.bearer()), 401, `"identity_error"`)
}

func TestTokensSayWhatTheOriginalsSaid(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	for use, token := range map[string]string{"access": e.Access, "refresh": e.Refresh} {
		parts := strings.Split(token, ".")
		body, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		var c map[string]any
		if err := json.Unmarshal(body, &c); err != nil {
			t.Fatal(err)
		}
		want := []string{"aud", "client_id", "exp", "iat", "id", "iss", "jti", "sid", "tgs", "token_type"}
		if diff := cmp.Diff(want, sorted(c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", use, diff)
		}
		life := map[string]float64{"access": 30 * 60, "refresh": 30 * 24 * 60 * 60}[use]
		exp, _ := c["exp"].(float64)
		iat, _ := c["iat"].(float64)
		if c["id"] != e.User.ID || c["sid"] != e.SID || c["token_type"] != use || exp-iat != life {
			t.Errorf("%s says %v", use, c)
		}
	}
}
