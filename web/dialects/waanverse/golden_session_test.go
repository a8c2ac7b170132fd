package waanverse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func cookie(pairs ...string) webtest.Header {
	return webtest.Header{Name: "Cookie", Value: strings.Join(pairs, "; ")}
}

func TestBeingSignedIn(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	gone := enter(t, env.Do(t, "POST", base+"/login/", fields{"login_field": "annabel", "password": passphrase}).Want(t, 200))
	byCookie := cookie("access_token="+ann.Access, "refresh_token="+ann.Refresh)
	s := transcribe(t, env, "session", "Being signed in.")
	s.do(200, "by header", "GET", "/me/", nil, ann.bearer())
	s.do(200, "by cookie, without the slash", "GET", "/me", nil, byCookie)
	s.do(200, "the greeting", "GET", "/home/", nil, byCookie)
	s.do(200, "the sessions", "GET", "/sessions/", nil, ann.bearer())
	for _, path := range []string{"/me/", "/home/", "/sessions/"} {
		s.do(401, "nobody: "+path, "GET", path, nil)
	}
	s.do(401, "the header counts before the cookie", "GET", "/me/", nil, webtest.Bearer("nonsense"), byCookie)
	s.do(401, "a refresh token is no access token", "GET", "/me/", nil, webtest.Bearer(ann.Refresh))
	s.do(401, "another scheme", "GET", "/me/", nil, webtest.Header{Name: "Authorization", Value: "Basic YW5uOnB3"})
	s.do(401, "two headers", "GET", "/me/", nil, ann.bearer(), ann.bearer())
	env.Do(t, "GET", base+"/me/", nil, webtest.Bearer(strings.Repeat("x", 2001))).Want(t, 401)
	env.Do(t, "GET", base+"/me/", nil, cookie("access_token="+strings.Repeat("x", 2001))).Want(t, 401)

	s.do(200, "sign out", "POST", "/logout/", nil, gone.bearer())
	s.do(401, "the session is gone", "GET", "/me/", nil, gone.bearer())
	s.do(401, "sign out again", "POST", "/logout/", nil, gone.bearer())
	s.do(401, "sign out without a session", "POST", "/logout/", nil)
	env.Clock.Advance(31 * time.Minute)
	s.do(401, "after half an hour", "GET", "/me/", nil, byCookie)
}

func TestStayingSignedIn(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	s := transcribe(t, env, "refresh", "Renewing the access token.")
	body, byCookie := fields{"refresh_token": ann.Refresh}, cookie("refresh_token="+ann.Refresh)
	s.do(200, "by cookie", "GET", "/refresh/", nil, byCookie)
	s.do(200, "by cookie, with a spent access token beside it", "GET", "/refresh/", nil, webtest.Bearer("spent"), byCookie)
	s.do(200, "by header", "GET", "/refresh/", nil, webtest.Bearer(ann.Refresh))
	s.do(200, "by body", "POST", "/refresh/", body)
	s.do(200, "by cookie and POST", "POST", "/refresh/", nil, byCookie)
	s.do(400, "none", "GET", "/refresh/", nil)
	s.do(400, "none, by POST", "POST", "/refresh/", fields{"refresh_token": " "})
	s.do(400, "broken JSON", "POST", "/refresh/", `{`)
	s.do(401, "an access token", "POST", "/refresh/", fields{"refresh_token": ann.Access})
	s.do(401, "the cookie counts before the body", "POST", "/refresh/", body, cookie("refresh_token=nonsense"))
	s.do(401, "too long", "POST", "/refresh/", fields{"refresh_token": strings.Repeat("x", 2001)})
	s.do(403, "a prefetch", "GET", "/refresh/", nil, byCookie, webtest.Header{Name: "Sec-Purpose", Value: "prefetch"})
	s.do(403, "an image of another site", "GET", "/refresh/", nil, byCookie,
		webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"}, webtest.Header{Name: "Sec-Fetch-Mode", Value: "no-cors"})
	s.do(403, "a page", "GET", "/refresh/", nil, byCookie, webtest.Header{Name: "Sec-Fetch-Mode", Value: "navigate"})
	env.Do(t, "HEAD", base+"/refresh/", nil, byCookie).Want(t, 405)
	env.Do(t, "POST", base+"/logout/", nil, ann.bearer()).Want(t, 200)
	s.do(401, "after the session", "GET", "/refresh/", nil, byCookie)
	bob := join(t, env, "bobby")
	env.Clock.Advance(30*24*time.Hour + 2*time.Minute)
	s.do(401, "after thirty days", "POST", "/refresh/", fields{"refresh_token": bob.Refresh})
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	s := transcribe(t, env, "odd", "What the API does not have, or refuses before it looks.")
	s.do(404, "no such path", "GET", "/nothing/", nil)
	s.do(404, "the root", "GET", "/", nil)
	s.do(405, "another method", "GET", "/login/", nil)
	s.do(405, "another method yet", "DELETE", "/me/", nil, ann.bearer())
	env.Do(t, "POST", base+"/login/", `{"login_field":"`+strings.Repeat("x", 70_000)+`"}`).Want(t, 413)
	s.do(403, "another site, with a cookie", "POST", "/logout/", nil, cookie("access_token="+ann.Access),
		webtest.Header{Name: "Origin", Value: "https://evil.test"}, webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"})
	s.do(200, "a site that the browser lets in by header", "GET", "/me/", nil, ann.bearer(),
		webtest.Header{Name: "Origin", Value: "https://evil.test"}, webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"})
	env.Set(t, acme, `cors.origins=["https://app.ex.test"]`)
	s.do(200, "a site that the tenant trusts, with a cookie", "POST", "/logout/", nil, cookie("access_token="+ann.Access),
		webtest.Header{Name: "Origin", Value: "https://app.ex.test"}, webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"})
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	s.do(403, "suspended", "POST", "/login/", fields{"login_field": "annabel", "password": passphrase})
}
