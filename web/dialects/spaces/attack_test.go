package spaces_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/web/dialects/spaces"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// guardedRoutes are the routes that take a token in the header, with what they need to act if they were open.
func guardedRoutes(t *testing.T) map[[2]string]any {
	t.Helper()
	bodies := map[string]any{
		"/api/user/delete/":          fields{"current_password": password},
		"/api/user/password/change/": fields{"current_password": password, "new_password": next},
	}
	out := map[[2]string]any{}
	for _, r := range spaces.New().Routes {
		if len(r.Doc.Security) > 0 && !strings.Contains(r.Path, ":code") {
			out[[2]string{r.Method, r.Path}] = bodies[r.Path]
		}
	}
	if len(out) != 8 {
		t.Fatalf("%d guarded routes", len(out))
	}
	return out
}

// A password alone changes nothing past the second factor: not even the password, nor the sessions.
func TestTheFirstTokenOpensNothingWhereThereIsADevice(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	secret, verified := w.enrol(w.join(ann))
	pending := w.login(ann)
	for route, body := range guardedRoutes(t) {
		a := w.do("", route[0], route[1], body, jwt(pending))
		if a.Status != 403 || strings.Contains(a.Body, secret) {
			t.Errorf("%s %s: status %d: %s", route[0], route[1], a.Status, a.Body)
		}
	}
	w.do("", "GET", "/api/user/view/", nil, jwt(verified)).Want(t, 200)
	w.do("", "POST", w.codeLogin(secret), nil, jwt(pending)).Want(t, 201)
}

// What was handed out before the device was confirmed does not share in it, and reaches only what any token does.
func TestATokenOfBeforeTheDeviceStaysOutside(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	before := w.join(ann)
	secret, verified := w.enrol(before)
	exchanged := w.token(w.do("", "POST", "/api/user/login/refresh/", fields{"token": before}), 200)
	for route, body := range guardedRoutes(t) {
		if route[1] == "/api/user/logout/all/" {
			continue
		}
		for _, token := range []string{before, exchanged} {
			if a := w.do("", route[0], route[1], body, jwt(token)); a.Status != 403 || strings.Contains(a.Body, secret) {
				t.Errorf("%s %s: status %d: %s", route[0], route[1], a.Status, a.Body)
			}
		}
	}
	w.do("", "GET", "/api/user/view/", nil, jwt(verified)).Want(t, 200)
	w.do("", "POST", "/api/user/logout/all/", nil, jwt(before)).Want(t, 204)
	w.do("", "GET", "/api/user/view/", nil, jwt(verified)).Want(t, 401)
}

// DIA-05: codes stand in paths here. Logs and metrics name the pattern of the route.
func TestCodesInPathsReachNoLog(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	secret, verified := w.enrol(w.join(ann))
	codes := w.codes(verified)
	right := w.TOTP(t, secret)
	for path, want := range map[string]int{
		"/api/totp/login/" + right + "/":                             201,
		"/api/totp/login/" + right:                                   201,
		"/api/totp/login/" + right + "/more/":                        404,
		"/api/totp/login/" + right + "x/":                            404,
		"/api/static/login/" + codes[0] + "/":                        201,
		"/api/static/login/" + codes[1]:                              201,
		"/api/static/login/" + codes[2] + "/more":                    404,
		"/api/static/login/" + codes[3] + "%0a/":                     404,
		"/api/static/login/" + codes[4] + "/?next=//" + codes[4]:     201,
		"/api/static/login/" + url.PathEscape(codes[5]+"/../") + "/": 404,
	} {
		token := w.login(ann)
		a := w.do("", "POST", path, nil, jwt(token))
		if a.Status == 400 && strings.Contains(path, right) { // used up by the other spelling
			a.Status = 201
		}
		if a.Status != want {
			t.Errorf("status %d, want %d: %s", a.Status, want, a.Body)
		}
		for name, want := range map[string]string{"Location": "", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		records := webtest.Log.Records(a.Header.Get("X-Request-Id"))
		if len(records) == 0 {
			t.Error("the request is not logged")
		}
		for _, record := range records {
			if strings.Contains(record, "/"+right) || want == 201 && !strings.Contains(record, `"route":"/t/:slug/dialects/spaces/api/`) {
				t.Errorf("logged as %s", record)
			}
		}
	}
}

// DIA-03: a recovery code of the native API is good here too, and once in all.
func TestARecoveryCodeMadeElsewhereIsGoodHereOnce(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.Set(t, acme, "signup.verify_email=before_session") // Join wants it
	_, codes := w.EnrolTOTP(t, w.Join(t, acme, ann))
	path := "/api/static/login/" + codes[0] + "/"
	w.do("", "GET", path, nil, jwt(w.login(ann))).Want(t, 201)
	w.do("", "GET", path, nil, jwt(w.login(ann))).Want(t, 400)
	w.do("", "GET", strings.ReplaceAll(path, "-", ""), nil, jwt(w.login(ann))).Want(t, 400)
	var step webtest.Step
	body := fields{"identifier": ann, "password": password}
	w.Do(t, "POST", webtest.API(acme)+"/login", body).Want(t, 200).JSON(t, &step)
	answer := fields{"factor": "recovery_code", "code": codes[0]}
	w.Do(t, "POST", webtest.API(acme)+"/challenges/"+step.Challenge.ID, answer).Want(t, 401)
}

// What was mailed for something else resets nothing, and is not used up by the try.
func TestAMailedLinkOfAnotherPurposeResetsNothing(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.Set(t, acme, "signup.verify_email=before_session", "magic.enabled=true", "mail.link_url=https://app.ex.test/link")
	w.Join(t, acme, ann)
	w.Do(t, "POST", webtest.API(acme)+"/login/code", fields{"identifier": ann}).Want(t, 200)
	link, err := url.Parse(w.Link(t, acme, ann))
	if err != nil {
		t.Fatal(err)
	}
	id, secret := strings.TrimPrefix(link.Query().Get("c"), "chl_"), link.Query().Get("s")
	if id == "" || secret == "" {
		t.Fatal("no challenge in the link")
	}
	body := fields{"uid": id, "token": secret, "new_password": next}
	says(t, w.do("", "POST", "/api/user/password/reset/confirm/", body), 400, `{"non_field_errors":["Invalid token for given user."]}`)
	code := fields{"code": w.Code(t, acme, ann)}
	w.Do(t, "POST", webtest.API(acme)+"/challenges/chl_"+id, code).Want(t, 200)
}

// DIA-04: HEAD and a request without the header do nothing, whatever else a browser sends along.
func TestWhatABrowserSendsByItselfDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	_, verified := w.enrol(w.join(ann))
	codes := w.codes(verified)
	for _, path := range []string{"/api/totp/create/", "/api/static/create/", "/api/static/login/" + codes[0] + "/"} {
		cookie := webtest.Header{Name: "Cookie", Value: "token=" + verified + "; sessionid=" + verified}
		for _, extra := range []webtest.Header{
			{Name: "Sec-Purpose", Value: "prefetch"}, {Name: "Sec-Fetch-Mode", Value: "navigate"}, {Name: "Origin", Value: "https://evil.test"},
		} {
			w.do("", "GET", path, nil, cookie, extra).Want(t, 401)
		}
		w.do("", "HEAD", path, nil, jwt(verified)).Want(t, 405)
	}
	w.do("", "GET", "/api/static/login/"+codes[0]+"/", nil, jwt(verified)).Want(t, 201) // none was used or made void
}

// The captcha of a tenant is sent along as one more field.
func TestACaptchaIsSentAlong(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	body := fields{"email": ann, "password": password}
	w.Set(t, acme, "abuse.turnstile.site_key=x", "abuse.turnstile.secret=y", "abuse.turnstile.mode=required")
	for _, path := range []string{"/api/user/create/", "/api/user/login/"} {
		says(t, w.do("", "POST", path, body), 400, `{"captcha":["This field is required."]}`)
		body := fields{"email": ann, "password": password, "captcha": "z"} // that nothing verifies
		says(t, w.do("", "POST", path, body), 503, `{"detail":"A part of the server is down."}`)
	}
}
