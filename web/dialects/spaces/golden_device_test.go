package spaces_test

import (
	"strings"
	"testing"
	"time"
)

func TestCreatingADevice(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	w.transcribe("totp_create", "Beginning a device.")
	const path = "/api/totp/create/"
	w.do("without a token", "GET", path, nil).Want(t, 401)
	begun := w.do("begin", "GET", path, nil, jwt(token)).Want(t, 201)
	again := w.do("the same URL until it is confirmed", "GET", "/api/totp/create", nil, jwt(token)).Want(t, 201)
	if begun.Body != again.Body {
		t.Errorf("%s, then %s", begun.Body, again.Body)
	}
	secret := w.secretOf(again)
	if want := `"otpauth://totp/ann%40ex.test?secret=` + secret + `&algorithm=SHA1&digits=6&period=30"`; strings.TrimSpace(begun.Body) != want {
		t.Errorf("got %s, want %s", begun.Body, want)
	}
	w.do("another method", "POST", path, nil, jwt(token)).Want(t, 405)
	w.do("HEAD begins nothing", "HEAD", path, nil, jwt(token)).Want(t, 405)
	verified := w.token(w.do("confirm", "POST", w.codeLogin(secret), nil, jwt(token)), 201)
	w.tick()
	w.do("confirmed, with the second factor", "GET", path, nil, jwt(verified)).Want(t, 400)
	w.do("confirmed, with a token of before", "GET", path, nil, jwt(token)).Want(t, 403)
	w.do("confirmed, before the second factor", "GET", path, nil, jwt(w.login(ann))).Want(t, 403)
	stale := w.join("bob@ex.test")
	w.Clock.Advance(11 * time.Minute)
	w.do("a login of long ago", "GET", path, nil, jwt(stale)).Want(t, 403)
	w.Set(t, acme, "mfa.policy=off")
	w.do("second factors are off", "GET", path, nil, jwt(w.login("bob@ex.test"))).Want(t, 403)
}

func TestLoggingInByTheDevice(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token, elsewhere := w.join(ann), w.login(ann)
	w.transcribe("totp_login", "Logging in by the device.")
	w.do("no device", "POST", "/api/totp/login/000000/", nil, jwt(token)).Want(t, 400)
	secret := w.secretOf(w.do("", "GET", "/api/totp/create/", nil, jwt(token)))
	w.do("a wrong code for a new device", "POST", "/api/totp/login/"+wrongCode(w, secret)+"/", nil, jwt(token)).Want(t, 400)
	w.do("without a token", "POST", "/api/totp/login/000000/", nil).Want(t, 401)
	for _, code := range []string{"12345", "1234567", "12345a", "-12345", "%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6"} {
		says(t, w.do("", "POST", "/api/totp/login/"+code+"/", nil, jwt(token)), 404, `{"detail":"Not found."}`)
	}
	w.do("of another shape", "POST", "/api/totp/login/123%20456/", nil, jwt(token)).Want(t, 404)
	w.do("another method", "GET", "/api/totp/login/123456/", nil, jwt(token)).Want(t, 405)
	used := w.codeLogin(secret)
	w.token(w.do("confirm", "POST", used, nil, jwt(token)), 201)
	pending := w.login(ann)
	w.do("the code that confirmed it", "POST", used, nil, jwt(pending)).Want(t, 400)
	w.do("a wrong code", "POST", "/api/totp/login/"+wrongCode(w, secret)+"/", nil, jwt(pending)).Want(t, 400)
	w.tick()
	verified := w.token(w.do("the second level", "POST", strings.TrimSuffix(w.codeLogin(secret), "/"), nil, jwt(pending)), 201)
	w.do("the first token again", "POST", w.codeLogin(secret), nil, jwt(pending)).Want(t, 401)
	w.tick()
	w.do("a session from before the device", "POST", w.codeLogin(secret), nil, jwt(elsewhere)).Want(t, 201)
	w.tick()
	w.do("the token again that this one replaced", "POST", w.codeLogin(secret), nil, jwt(elsewhere)).Want(t, 403)
	w.do("a session that has it already", "POST", w.codeLogin(secret), nil, jwt(verified)).Want(t, 201)
	w.do("the same code again", "POST", w.codeLogin(secret), nil, jwt(verified)).Want(t, 400)
	pending = w.login(ann)
	for range 5 {
		w.do("", "POST", "/api/totp/login/"+wrongCode(w, secret)+"/", nil, jwt(pending))
	}
	w.tick()
	w.do("after five wrong codes", "POST", w.codeLogin(secret), nil, jwt(pending)).Want(t, 401)
	w.Set(t, acme, "abuse.account_failures=2/15m")
	w.do("too often", "POST", w.codeLogin(secret), nil, jwt(verified)).Want(t, 429)
}

// wrongCode is one that no step around now has.
func wrongCode(w *wire, secret string) string {
	w.t.Helper()
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		near := false
		for _, d := range []time.Duration{-30, 30, 0} {
			w.Clock.Advance(d * time.Second)
			near = near || w.TOTP(w.t, secret) == code
			w.Clock.Advance(-d * time.Second)
		}
		if !near {
			return code
		}
	}
	return "444444"
}

func TestEmergencyCodes(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	w.transcribe("static", "Emergency codes.")
	const path = "/api/static/create/"
	w.do("without a token", "GET", path, nil).Want(t, 401)
	w.do("without a device", "GET", path, nil, jwt(token)).Want(t, 403)
	w.do("a code, without a device", "GET", "/api/static/login/5xaov5f5/", nil, jwt(token)).Want(t, 400)
	secret, verified := w.enrol(token)
	w.do("with a token of before the device", "GET", path, nil, jwt(token)).Want(t, 403)
	w.do("before the second factor", "GET", path, nil, jwt(w.login(ann))).Want(t, 403)
	w.do("HEAD makes none", "HEAD", path, nil, jwt(verified)).Want(t, 405)
	w.do("another method", "POST", path, nil, jwt(verified)).Want(t, 405)
	old := w.codes(verified)
	var codes []string
	w.do("make", "GET", "/api/static/create", nil, jwt(verified)).Want(t, 201).JSON(t, &codes)
	login := func(code string) string { return "/api/static/login/" + code + "/" }
	w.do("use one without a token", "GET", login(codes[0]), nil).Want(t, 401)
	w.do("HEAD uses none", "HEAD", login(codes[0]), nil, jwt(w.login(ann))).Want(t, 405)
	w.do("one of the set before", "GET", login(old[0]), nil, jwt(w.login(ann))).Want(t, 400)
	w.do("the example of the document", "GET", login("5xaov5f5"), nil, jwt(w.login(ann))).Want(t, 400)
	w.do("the same by POST, without a token", "POST", login("5xaov5f5"), nil).Want(t, 401)
	w.do("of another shape", "GET", login("5XAOV5F5"), nil, jwt(w.login(ann))).Want(t, 404)
	for _, code := range []string{"5xaov5", "5xaov5f55", "5xaov501", "5xaov5f%20", "5xaov5f\u00e9", "0123456789abc"} {
		says(t, w.do("", "POST", login(code), nil, jwt(verified)), 404, `{"detail":"Not found."}`)
	}
	used := w.token(w.do("use one by GET", "GET", login(codes[0]), nil, jwt(w.login(ann))), 201)
	w.do("the account by its token", "GET", "/api/user/view/", nil, jwt(used)).Want(t, 200)
	w.do("use it again", "GET", login(codes[0]), nil, jwt(w.login(ann))).Want(t, 400)
	w.do("use one by POST", "POST", strings.TrimSuffix(login(codes[1]), "/"), nil, jwt(w.login(ann))).Want(t, 201)
	w.do("use one in a session", "POST", login(codes[2]), nil, jwt(verified)).Want(t, 201)
	w.Clock.Advance(11 * time.Minute)
	w.do("the second factor was given long ago", "GET", path, nil, jwt(verified)).Want(t, 403)
	verified = w.token(w.do("", "POST", w.codeLogin(secret), nil, jwt(verified)), 201)
	w.do("", "GET", path, nil, jwt(verified)).Want(t, 201)
	w.Set(t, acme, "abuse.account_failures=2/15m")
	for range 3 {
		w.do("", "GET", login("5xaov5f5"), nil, jwt(verified))
	}
	w.do("too often", "GET", login("5xaov5f5"), nil, jwt(verified)).Want(t, 429)
}

func TestDeletingTheDevice(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	w.transcribe("totp_delete", "Deleting the device.")
	const path = "/api/totp/delete/"
	w.do("without a token", "POST", path, nil).Want(t, 401)
	w.do("no device", "POST", path, nil, jwt(token)).Want(t, 200)
	secret, verified := w.enrol(token)
	codes := w.codes(verified)
	w.do("with a token of before the device", "POST", path, nil, jwt(token)).Want(t, 403)
	pending := w.login(ann)
	w.do("before the second factor", "POST", path, nil, jwt(pending)).Want(t, 403)
	w.do("another method", "GET", path, nil, jwt(verified)).Want(t, 405)
	other := w.token(w.do("", "POST", w.codeLogin(secret), nil, jwt(pending)), 201)
	byCode := w.token(w.do("", "GET", "/api/static/login/"+codes[0]+"/", nil, jwt(w.login(ann))), 201)
	w.Set(t, acme, "mfa.policy=required")
	w.do("the tenant asks for a device", "POST", path, nil, jwt(byCode)).Want(t, 403)
	w.Set(t, acme, "mfa.policy=optional")
	after := w.token(w.do("after an emergency login", "POST", "/api/totp/delete", nil, jwt(byCode)), 200)
	w.do("other tokens have ended", "GET", "/api/user/view/", nil, jwt(other)).Want(t, 401)
	w.do("the new one goes on", "GET", "/api/user/view/", nil, jwt(after)).Want(t, 200)
	w.do("one factor is enough now", "GET", "/api/user/view/", nil, jwt(w.login(ann))).Want(t, 200)
	w.do("the emergency codes are gone", "GET", "/api/static/login/"+codes[1]+"/", nil, jwt(after)).Want(t, 400)
	again := w.secretOf(w.do("a new device", "GET", "/api/totp/create/", nil, jwt(after)))
	w.do("is another", "POST", w.codeLogin(again), nil, jwt(after)).Want(t, 201)
	if again == secret {
		t.Error("the secret is the same")
	}
}

func TestWhoMustHaveADeviceBeginsWithTheFirstToken(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.join(ann)
	w.Set(t, acme, "mfa.policy=required")
	w.transcribe("totp_required", "Logging in where the tenant asks everybody for a second factor.")
	token := w.token(w.do("log in", "POST", "/api/user/login/", fields{"email": ann, "password": password}), 200)
	w.do("the token opens nothing", "GET", "/api/user/view/", nil, jwt(token)).Want(t, 403)
	w.do("a code before there is a device", "POST", "/api/totp/login/000000/", nil, jwt(token)).Want(t, 400)
	begun := w.do("begin a device", "GET", "/api/totp/create/", nil, jwt(token)).Want(t, 201)
	again := w.do("the same URL until it is confirmed", "GET", "/api/totp/create/", nil, jwt(token)).Want(t, 201)
	if begun.Body != again.Body {
		t.Errorf("%s, then %s", begun.Body, again.Body)
	}
	secret := w.secretOf(begun)
	w.do("an emergency code", "GET", "/api/static/login/5xaov5f5/", nil, jwt(token)).Want(t, 400)
	w.do("a wrong code", "POST", "/api/totp/login/"+wrongCode(w, secret)+"/", nil, jwt(token)).Want(t, 400)
	verified := w.token(w.do("confirm it", "POST", w.codeLogin(secret), nil, jwt(token)), 201)
	w.do("in", "GET", "/api/user/view/", nil, jwt(verified)).Want(t, 200)
	w.do("the first token begins nothing more", "GET", "/api/totp/create/", nil, jwt(token)).Want(t, 403)
}
