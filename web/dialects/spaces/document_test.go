package spaces_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// The steps of the original's document, from its first line to its last.
func TestTheDocumentFromTopToBottom(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.transcribe("document", "The steps of the original's document.")
	w.do("create account", "POST", "/api/user/create/", fields{"email": ann, "password": password}).Want(t, 201)
	step1 := w.token(w.do("login", "POST", "/api/user/login/", fields{"email": ann, "password": password}), 200)
	w.do("account details", "GET", "/api/user/view/", nil, jwt(step1)).Want(t, 200)
	secret := w.secretOf(w.do("create TOTP secret", "GET", "/api/totp/create/", nil, jwt(step1)))
	step3 := w.token(w.do("verify device", "POST", w.codeLogin(secret), nil, jwt(step1)), 201)
	w.tick()
	var codes []string
	w.do("generate emergency codes", "GET", "/api/static/create/", nil, jwt(step3)).Want(t, 201).JSON(t, &codes)
	if len(codes) != 6 {
		t.Errorf("%d codes", len(codes))
	}
	for _, code := range codes {
		webtest.Log.Secret("an emergency code", code)
	}
	step1 = w.token(w.do("step 1 again", "POST", "/api/user/login/", fields{"email": ann, "password": password}), 200)
	w.do("step 1 alone does not show the account now", "GET", "/api/user/view/", nil, jwt(step1)).Want(t, 403)
	step3 = w.token(w.do("verified device", "POST", w.codeLogin(secret), nil, jwt(step1)), 201)
	w.tick()
	w.do("account details by the second level", "GET", "/api/user/view/", nil, jwt(step3)).Want(t, 200)
	step1 = w.login(ann)
	step6 := w.token(w.do("use emergency codes", "GET", "/api/static/login/"+codes[0]+"/", nil, jwt(step1)), 201)
	step7 := w.token(w.do("delete a verified device", "POST", "/api/totp/delete/", nil, jwt(step6)), 200)
	w.do("account details without a device", "GET", "/api/user/view/", nil, jwt(step7)).Want(t, 200)
	w.do("change password", "POST", "/api/user/password/change/",
		fields{"current_password": password, "new_password": next}, jwt(step7)).Want(t, 204)
	w.do("reset password", "POST", "/api/user/password/reset/", fields{"email": ann}).Want(t, 204)
	uid, token := w.mailed(ann)
	w.do("password reset confirm", "POST", "/api/user/password/reset/confirm/",
		fields{"uid": uid, "token": token, "new_password": password}).Want(t, 204)
	step1 = w.token(w.do("login with the new password", "POST", "/api/user/login/", fields{"email": ann, "password": password}), 200)
	w.do("logout all logged in devices", "POST", "/api/user/logout/all/", nil, jwt(step1)).Want(t, 204)
	step1 = w.login(ann)
	w.do("delete logged in user", "POST", "/api/user/delete/", fields{"current_password": password}, jwt(step1)).Want(t, 204)
}

func TestATokenSaysWhatAppsOfTheOriginalReadInIt(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.join("bob@ex.test")
	step1 := w.join(ann)
	secret, verified := w.enrol(step1)
	codes := w.codes(verified)
	pending := w.login(ann)
	byCode := w.token(w.do("", "POST", "/api/static/login/"+codes[0]+"/", nil, jwt(pending)), 201)
	byApp := w.token(w.do("", "POST", w.codeLogin(secret), nil, jwt(w.login(ann))), 201)
	again := w.token(w.do("", "POST", "/api/user/login/refresh/", fields{"token": byApp}), 200)
	for what, c := range map[string]struct {
		token  string
		device any
	}{
		"step 1": {step1, nil}, "confirmed": {verified, "otp_totp.totpdevice/1"}, "waiting": {pending, nil},
		"by an emergency code": {byCode, "otp_static.staticdevice/1"}, "by the app": {byApp, "otp_totp.totpdevice/1"},
		"exchanged": {again, "otp_totp.totpdevice/1"},
		"without":   {w.token(w.do("", "POST", "/api/totp/delete/", nil, jwt(byApp)), 200), nil},
	} {
		got := claims(t, c.token)
		want := map[string]any{"user_id": 2.0, "username": ann, "otp_device_id": c.device}
		for name := range want {
			if diff := cmp.Diff(want[name], got[name]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", what, name, diff)
			}
		}
		if got["exp"].(float64)-got["iat"].(float64) != 15*60 || got["jti"] == "" {
			t.Errorf("%s: %v", what, got)
		}
	}
}
