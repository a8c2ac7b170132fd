package waanversemagic_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestSigningInByAMailedCode(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	join(t, env, "user@example.com")
	tr := env.Transcribe(t, "login", "Signing in by a mailed code.")
	const path = base + "/login/"
	ask := fields{"email_address": "user@example.com"}
	says(t, tr.Do("ask for a code", "POST", path, ask), 200, `{"status":"success"}`)
	says(t, tr.Do("ask again at once", "POST", path, ask), 429, `"error"`)
	says(t, tr.Do("an unknown address", "POST", path, fields{"email_address": "cy@ex.test"}), 200, `{"status":"success"}`)
	code := env.Code(t, acme, "user@example.com")
	answer := func(code any) fields { return fields{"email_address": "user@example.com", "code": code} }
	wrong := says(t, tr.Do("a wrong code", "POST", path, answer(other(code))), 400, `{"non_field_errors":["`)
	for what, body := range map[string]fields{
		"no code": answer("abc"), "a code of another type": answer(fields{}), "an unknown address with a code": {"email_address": "cy@ex.test", "code": code},
		"nobody": {"code": code}, "no address": {"email_address": "user", "code": code}, "the address of another type": {"email_address": []int{1}, "code": code},
	} {
		a := env.Do(t, "POST", path, body)
		if a.Status != 400 || a.Body != wrong.Body || !cleared(a) {
			t.Errorf("%s: status %d: %s", what, a.Status, a.Body)
		}
	}
	in(t, tr.Do("the code", "POST", path, answer(code)))
	says(t, tr.Do("the code again", "POST", path, answer(code)), 400, `{"non_field_errors":["`)
	env.Clock.Advance(30 * time.Second)
	tr.Do("a blank code asks for one", "POST", path, answer(nil)).Want(t, 200)
	late := env.Code(t, acme, "user@example.com")
	env.Clock.Advance(10*time.Minute + time.Second)
	says(t, tr.Do("after ten minutes", "POST", path, answer(late)), 400, `{"non_field_errors":["`)

	for _, value := range []any{nil, "", " ", "user", 12, []string{"a@ex.test"}, "+4915112345678"} {
		says(t, env.Do(t, "POST", path, fields{"email_address": value}), 400, `{"error":"`)
	}
	says(t, tr.Do("no address", "POST", path, fields{"email_address": "user"}), 400, `{"error":"`)
	says(t, tr.Do("nothing", "POST", path, fields{}), 400, `{"error":"`)
	env.MailOff.Store(true)
	says(t, tr.Do("nowhere to mail", "POST", path, ask), 503, `"detail"`)
	env.MailOff.Store(false)
	env.Set(t, acme, "magic.enabled=false", "magic.signup=false")
	says(t, tr.Do("codes are off", "POST", path, ask), 403, `"error"`)
}

func TestGuessesAtCodesAreLimited(t *testing.T) {
	t.Parallel()
	env := speaking(t, "abuse.account_failures=2/15m")
	join(t, env, ann)
	tr := env.Transcribe(t, "login_limited", "Guessing at codes too often.")
	env.Do(t, "POST", base+"/login/", fields{"email_address": ann}).Want(t, 200)
	wrong := fields{"email_address": ann, "code": other(env.Code(t, acme, ann))}
	for range 2 {
		env.Do(t, "POST", base+"/login/", wrong).Want(t, 400)
	}
	limited := says(t, tr.Do("too often", "POST", base+"/login/", wrong), 429, `{"error":"`)
	if limited.Header.Get("Retry-After") == "" {
		t.Errorf("headers %v", limited.Header)
	}
}

func TestACodeAloneDoesNotPassASecondFactor(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	u := native(t, env, ann)
	env.EnrolTOTP(t, u)
	tr := env.Transcribe(t, "login_second_factor", "A right code of somebody who has a second factor.")
	env.Do(t, "POST", base+"/login/", fields{"email_address": ann}).Want(t, 200)
	a := tr.Do("the code", "POST", base+"/login/", fields{"email_address": ann, "code": env.Code(t, acme, ann)})
	if says(t, a, 400, `{"non_field_errors":["`); !cleared(a) {
		t.Errorf("cookies %v", a.Header)
	}
	var list struct{ Sessions []struct{ ID string } }
	env.Do(t, "GET", webtest.API(acme)+"/sessions", nil, u.Auth()).Want(t, 200).JSON(t, &list)
	if len(list.Sessions) != 1 {
		t.Errorf("%d sessions", len(list.Sessions))
	}
}
