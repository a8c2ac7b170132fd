package waanversemagic_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestSigningUpByAMailedCode(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	tr := env.Transcribe(t, "signup", "Signing up by a mailed code.")
	const path = base + "/signup/"
	ask := fields{"email_address": "user@example.com"}
	says(t, tr.Do("ask for a code", "POST", path, ask), 200, `{"status":"success"}`)
	says(t, tr.Do("ask again at once", "POST", path, ask), 400, `"email_address"`)
	code := env.Code(t, acme, "user@example.com")
	answer := func(code any) fields { return fields{"email_address": "user@example.com", "code": code} }
	says(t, tr.Do("a wrong code", "POST", path, answer(other(code))), 400, `{"code":["invalid_code"]}`)
	says(t, tr.Do("no code", "POST", path, answer("abc")), 400, `{"code":["invalid_code"]}`)
	says(t, tr.Do("a code of another type", "POST", path, answer([]int{1})), 400, `{"code":["invalid_code"]}`)
	env.Clock.Advance(time.Minute)
	tr.Do("a blank code asks for one", "POST", path, answer("")).Want(t, 200)
	says(t, tr.Do("the former is void", "POST", path, answer(code)), 400, `{"code":["invalid_code"]}`)
	code = env.Code(t, acme, "user@example.com")
	in(t, tr.Do("the code", "POST", path, answer(code)))
	says(t, tr.Do("the code again", "POST", path, answer(code)), 400, `{"code":["code_expired"]}`)

	env.Clock.Advance(time.Minute)
	says(t, tr.Do("a taken address", "POST", path, fields{"email_address": "USER@example.com"}), 400, `"email_address"`)
	for _, value := range []any{nil, " ", []string{"a@ex.test"}, 12, "user", "@", "a@b@c.test"} {
		says(t, env.Do(t, "POST", path, fields{"email_address": value}), 400, `{"email_address":["`)
	}
	tr.Do("no address", "POST", path, fields{"email_address": "user"}).Want(t, 400)
	tr.Do("null", "POST", path, fields{"email_address": nil}).Want(t, 400)
	tr.Do("blank", "POST", path, fields{"email_address": " ", "code": code}).Want(t, 400)
	tr.Do("another type", "POST", path, fields{"email_address": fields{}}).Want(t, 400)
	tr.Do("nothing", "POST", path, fields{}).Want(t, 400)
	says(t, tr.Do("nobody asked", "POST", path, fields{"email_address": "cy@ex.test", "code": "123456"}), 400, `{"code":["code_expired"]}`)
}

func TestACodeOfASignUpEnds(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	tr := env.Transcribe(t, "signup_ends", "Codes of a sign-up that are over.")
	const path = base + "/signup/"
	ask := func(email string) fields {
		env.Do(t, "POST", path, fields{"email_address": email}).Want(t, 200)
		return fields{"email_address": email, "code": env.Code(t, acme, email)}
	}
	late := ask(ann)
	env.Clock.Advance(10*time.Minute + time.Second)
	says(t, tr.Do("after ten minutes", "POST", path, late), 400, `{"code":["code_expired"]}`)
	right := ask("bob@ex.test")
	code, _ := right["code"].(string)
	for range 5 {
		says(t, env.Do(t, "POST", path, fields{"email_address": "bob@ex.test", "code": other(code)}), 400, `invalid_code`)
	}
	says(t, tr.Do("after five wrong ones", "POST", path, right), 400, `{"code":["code_expired"]}`)
	cy := ask("cy@ex.test")
	crossed := fields{"email_address": "bob@ex.test", "code": cy["code"]}
	says(t, env.Do(t, "POST", path, crossed), 400, `code_expired`)
	env.Set(t, acme, "mfa.policy=required")
	says(t, tr.Do("an account that needs two factors", "POST", path, cy), 400, `"non_field_errors"`)
	if a := env.Do(t, "POST", path, cy); cleared(a) || len(a.Header.Values("Set-Cookie")) > 0 {
		t.Errorf("cookies %v", a.Header)
	}
}

func TestSignUpsThatTheTenantDoesNotTake(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	join(t, env, ann)
	tr := env.Transcribe(t, "signup_refused", "Sign-ups that the tenant does not take.")
	const path = base + "/signup/"
	bob := fields{"email_address": "bob@ex.test"}
	env.MailOff.Store(true)
	says(t, tr.Do("nowhere to mail", "POST", path, bob), 503, `"detail"`)
	env.MailOff.Store(false)
	env.Set(t, acme, "abuse.address=1/1h")
	env.Do(t, "POST", path, bob)
	says(t, tr.Do("too many requests", "POST", path, fields{"email_address": "cy@ex.test"}), 429, `{"detail":"Request was throttled. Expected available in`)
	env.Set(t, acme, "abuse.address=0", "signup.required=[\"email\",\"name\"]")
	says(t, tr.Do("more is required", "POST", path, bob), 400, `"name"`)
	env.Set(t, acme, "signup.required=[\"email\",\"username\"]", "signup.verify_email=before_session")
	env.Clock.Advance(time.Minute)
	tr.Do("a taken address, where addresses are verified first", "POST", path, fields{"email_address": ann}).Want(t, 200)
	tr.Do("a new address alike", "POST", path, bob).Want(t, 200)
	env.Set(t, acme, "magic.signup=false")
	says(t, tr.Do("codes make no accounts", "POST", path, bob), 403, `"error"`)
	env.Set(t, acme, "magic.signup=true", "signup.mode=closed")
	says(t, tr.Do("sign-up is closed", "POST", path, bob), 403, `"error"`)
}

func TestAnAccountThatWasNeverProvenIsClaimedByItsMailbox(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	planted := fields{"email": ann, "password": webtest.Password, "username": "mallory"}
	var step webtest.Step
	env.Do(t, "POST", webtest.API(acme)+"/signup", planted).Want(t, 201).JSON(t, &step)
	says(t, env.Do(t, "POST", base+"/signup/", fields{"email_address": ann}), 400, `"email_address"`)
	e := enter(t, env, ann)
	if e.User.ID != step.User.ID || e.User.Username != "" {
		t.Errorf("it is another account, or still bears the name %q", e.User.Username)
	}
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, webtest.Bearer(step.AccessToken)).Want(t, 401)
	login := fields{"identifier": ann, "password": webtest.Password}
	env.Do(t, "POST", webtest.API(acme)+"/login", login).Want(t, 401)
	says(t, env.Do(t, "GET", base+"/me/", nil, e.bearer()), 200, ann)
}
