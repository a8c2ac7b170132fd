package axor_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestSettingUpAndRemovingAnAuthenticatorApp(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	in := join(t, env)
	tr := env.Transcribe(t, "totp", "An authenticator app and its backup codes.")
	post := func(what, path string, body any, status int) *webtest.Answer {
		t.Helper()
		return tr.Do(what, "POST", user+path, body, in.Session).Want(t, status)
	}
	post("nothing is begun", "/totp/enable/", fields{"code": "123456"}, 400)
	post("new codes without an app", "/totp/new-backup-codes/", fields{"code": "123456"}, 400)
	tr.Do("remove without an app", "PUT", user+"/totp/disable/", fields{"code": "123456"}, in.Session).Want(t, 400)
	var begun struct {
		Key         string
		BackupCodes []string `json:"backup_codes"`
	}
	post("begin", "/totp/init/", nil, 201).JSON(t, &begun)
	secrets(begun.Key, begun.BackupCodes)
	code := env.TOTP(t, begun.Key)
	post("too long", "/totp/enable/", fields{"code": begun.BackupCodes[0]}, 400)
	post("wrong", "/totp/enable/", fields{"code": other(code)}, 400)
	post("no code at all", "/totp/enable/", fields{}, 400)
	post("no number", "/totp/enable/", fields{"code": "abc"}, 400)
	post("enable", "/totp/enable/", fields{"code": code}, 200)
	post("enable again", "/totp/enable/", fields{"code": code}, 400)
	post("begin again", "/totp/init/", nil, 400)
	env.Clock.Advance(30 * time.Second)
	post("new codes by a wrong code", "/totp/new-backup-codes/", fields{"code": other(env.TOTP(t, begun.Key))}, 400)
	post("new codes without a code", "/totp/new-backup-codes/", nil, 400)
	old := begun.BackupCodes[0]
	post("new codes", "/totp/new-backup-codes/", fields{"code": env.TOTP(t, begun.Key)}, 200).JSON(t, &begun)
	secrets(begun.Key, begun.BackupCodes)
	remove := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "PUT", user+"/totp/disable/", body, in.Session).Want(t, status)
	}
	remove("remove by an old code", fields{"code": old}, 400)
	remove("remove without a code", fields{"code": nil}, 400)
	env.Set(t, acme, "mfa.policy=required")
	remove("remove what the tenant asks for", fields{"code": begun.BackupCodes[1]}, 400)
	env.Set(t, acme, "mfa.policy=optional")
	remove("remove by a backup code", fields{"code": begun.BackupCodes[0]}, 200)
	env.Clock.Advance(11 * time.Minute)
	post("begin after a while", "/totp/init/", nil, 403)
	tr.Do("nobody", "POST", user+"/totp/init/", nil).Want(t, 403)
	env.Set(t, acme, "mfa.policy=off")
	in = login(t, env)
	post("the tenant has no second factors", "/totp/init/", nil, 400)
}

func TestAppsWithoutBackupCodes(t *testing.T) {
	t.Parallel()
	env := speaking(t, `mfa.factors=["totp"]`)
	in := join(t, env)
	var begun struct {
		BackupCodes []string `json:"backup_codes"`
	}
	env.Do(t, "POST", user+"/totp/init/", nil, in.all...).Want(t, 201).JSON(t, &begun)
	if begun.BackupCodes == nil || len(begun.BackupCodes) != 0 {
		t.Errorf("the backup codes are %v", begun.BackupCodes)
	}
	secret, _ := enrol(t, env, in)
	code := fields{"code": env.TOTP(t, secret)}
	if a := env.Do(t, "POST", user+"/totp/new-backup-codes/", code, in.all...).Want(t, 400); a.Code() != "MethodDisabled" {
		t.Errorf("status %d: %s", a.Status, a.Body)
	}
}

// The two bodies that the documents show, and nothing else.
func TestALoginWithoutItsCodeAnswersAsDocumented(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	_, backup := enrol(t, env, join(t, env))
	tr := env.Transcribe(t, "login_totp", "Logins of a user who has an authenticator app.")
	login := func(what string, code any, status int) *webtest.Answer {
		t.Helper()
		body := fields{"email": ann, "password": password}
		if code != "" {
			body["code"] = code
		}
		return tr.Do(what, "POST", user+"/login/", body, agent).Want(t, status)
	}
	const (
		required  = `{"detail":"TOTP token is required.","status":"401","title":"2FA code is required","code":"TOTPRequired"}`
		incorrect = `{"detail":"Provided TOTP code or backup code is incorrect. Please try again.","status":"401",` +
			`"title":"2FA code is incorrect","code":"TOTPIncorrect"}`
	)
	if got := strings.TrimSpace(login("without a code", "", 401).Body); got != required {
		t.Errorf("got %s", got)
	}
	login("with null", nil, 401)
	if got := strings.TrimSpace(login("with one that is none", "no code", 401).Body); got != incorrect {
		t.Errorf("got %s", got)
	}
	login("with a backup code", backup[0], 200)
	login("with a backup code again", backup[0], 401)
	login("with a backup code of nobody", other(backup[1]), 401)
	tr.Do("with a wrong password and a right code", "POST", user+"/login/",
		fields{"email": ann, "password": next, "code": backup[1]}).Want(t, 400)
	tr.Do("in app-token mode", "POST", user+"/login/",
		fields{"email": ann, "password": password, "code": backup[1]}, app, agent).Want(t, 200)
	env.Do(t, "POST", user+"/login/", fields{"email": ann, "password": password, "code": strings.ToUpper(backup[2])}).Want(t, 200)
}

func TestACodeMayBeANumber(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	secret, _ := enrol(t, env, join(t, env))
	code := env.TOTP(t, secret)
	for code[0] == '0' { // as a number it would have no such digit
		env.Clock.Advance(30 * time.Second)
		code = env.TOTP(t, secret)
	}
	number, err := strconv.Atoi(code)
	if err != nil {
		t.Fatal(err)
	}
	env.Do(t, "POST", user+"/login/", fields{"email": ann, "password": password, "code": number}).Want(t, 200)
	env.Do(t, "POST", user+"/login/", fields{"email": ann, "password": password, "code": number}).Want(t, 401)
}

func TestAUserWhoseOnlySecondFactorIsAPasskeyIsNotLetIn(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	join(t, env)
	env.EnrolPasskey(t, env.SignIn(t, acme, ann))
	for _, code := range []string{"", "123456"} {
		a := env.Do(t, "POST", user+"/login/", fields{"email": ann, "password": password, "code": code})
		if a.Status == 200 || len(a.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("with code %q: status %d: %s", code, a.Status, a.Body)
		}
	}
}
