package axor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestRegisteringAndSigningInInSessionMode(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	tr := env.Transcribe(t, "session_mode", "Registering, signing in and out by cookie.")
	in := held(t, tr.Do("register", "POST", user+"/register/", registration(ann), agent))
	tr.Do("who am I", "GET", user+"/me/", nil, in.Session).Want(t, 200)
	env.Clock.Advance(time.Minute)
	in = held(t, tr.Do("log in", "POST", user+"/login/", fields{"email": "Ann@ex.test ", "password": password}, agent, header{Name: "X-Requested-By", Value: "web"}))
	tr.Do("without the slash at the end", "GET", user+"/me", nil, in.Session).Want(t, 200)
	tr.Do("log out", "POST", user+"/logout/", nil, in.Session).Want(t, 200)
	tr.Do("out", "GET", user+"/me/", nil, in.Session).Want(t, 403)
	tr.Do("log out again", "POST", user+"/logout/", nil, in.Session).Want(t, 403)
	env.Clock.Advance(time.Minute)
	in = held(t, tr.Do("log in with the last session ended", "POST", user+"/login/", fields{"email": ann, "password": password}, agent))
	tr.Do("nobody", "GET", user+"/me/", nil).Want(t, 403)
	tr.Do("a cookie that is none", "GET", user+"/me/", nil, header{Name: "Cookie", Value: "axor_auth=nonsense"}).Want(t, 403)
	tr.Do("two cookies", "GET", user+"/me/", nil, header{Name: "Cookie", Value: in.Session.Value + "; axor_auth=x"}).Want(t, 403)
	tr.Do("another site", "POST", user+"/login/", fields{"email": ann, "password": password},
		header{Name: "Origin", Value: "https://elsewhere.test"}, header{Name: "Sec-Fetch-Site", Value: "cross-site"}).Want(t, 400)
}

func TestSigningInInAppTokenMode(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	tr := env.Transcribe(t, "app_token_mode", "Registering, signing in and out by key.")
	in := held(t, tr.Do("register", "POST", user+"/register/", registration(ann), agent, app))
	tr.Do("who am I", "GET", user+"/me/", nil, app, in.Session).Want(t, 200)
	env.Clock.Advance(time.Minute)
	in = held(t, tr.Do("log in", "POST", user+"/login/", fields{"email": ann, "password": password}, agent, app))
	env.Clock.Advance(time.Minute)
	cookie := held(t, tr.Do("log in by cookie", "POST", user+"/login/", fields{"email": ann, "password": password}, agent))
	tr.Do("a key in session mode", "GET", user+"/me/", nil, in.Session).Want(t, 403)
	tr.Do("a cookie in app-token mode", "GET", user+"/me/", nil, app, cookie.Session).Want(t, 403)
	key := strings.TrimPrefix(cookie.Session.Value, "axor_auth=")
	tr.Do("the value of a cookie as a key", "GET", user+"/me/", nil, app, webtest.Bearer(key)).Want(t, 403)
	tr.Do("another scheme", "GET", user+"/me/", nil, app, header{Name: "Authorization", Value: "Basic " + key}).Want(t, 403)
	tr.Do("no scheme", "GET", user+"/me/", nil, app, header{Name: "Authorization", Value: key}).Want(t, 403)
	tr.Do("log out", "POST", user+"/logout", nil, app, in.Session).Want(t, 200)
	tr.Do("out", "GET", user+"/me/", nil, app, in.Session).Want(t, 403)
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	tr := env.Transcribe(t, "register_refused", "Registrations that are refused.")
	register := func(what string, body any, headers ...header) {
		t.Helper()
		tr.Do(what, "POST", user+"/register/", body, headers...).Want(t, 400)
	}
	register("nothing", nil)
	register("blank, null and of another type", fields{"email": " ", "password": nil, "first_name": []int{1}, "last_name": true})
	register("no address and a short password", fields{"email": "ann", "password": "short", "first_name": "Ann", "last_name": "E"})
	long := strings.Repeat("a", 151)
	register("too long", fields{"email": long + "@ex.test", "password": password, "first_name": long, "last_name": long})
	register("the example of the documents, whose password is too short here", fields{
		"email": ann, "password": "Passw0rd!", "first_name": "Ann", "last_name": "Example",
	})
	register("a name of two lines", fields{"email": ann, "password": password, "first_name": "A\nnn", "last_name": "Example"})
	register("no object", `["a"]`)
	body, form := urlEncoded(registration(ann))
	register("a field twice", body+"&email=bob%40ex.test", form)
	tr.Do("an address that is free", "POST", user+"/register/", registration(ann)).Want(t, 200)
	taken := registration("ANN@ex.test")
	register("an address that is taken", taken)
	env.MailOff.Store(true)
	tr.Do("nowhere to mail", "POST", user+"/register/", registration("bob@ex.test")).Want(t, 503)
	env.MailOff.Store(false)
	env.Set(t, acme, "mfa.policy=required")
	register("a second factor is required", registration("bob@ex.test"))
	env.Set(t, acme, "mfa.policy=optional", "password.enabled=false")
	register("passwords are off", registration("bob@ex.test"))
	env.Set(t, acme, "password.enabled=true", "signup.mode=closed")
	register("registration is off", registration("bob@ex.test"))
}

func TestLoginsThatAreRefused(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	join(t, env)
	tr := env.Transcribe(t, "login_refused", "Logins that are refused.")
	login := func(what string, body any, headers ...header) {
		t.Helper()
		tr.Do(what, "POST", user+"/login/", body, headers...).Want(t, 400)
	}
	login("wrong password", fields{"email": ann, "password": next})
	login("nobody's address", fields{"email": "bob@ex.test", "password": next})
	login("no address at all", fields{"email": "bob", "password": next})
	login("nothing", nil)
	login("blank and null", fields{"email": "", "password": nil})
	login("of other types", fields{"email": fields{}, "password": []string{"a"}, "code": true})
	login("too long", fields{"email": strings.Repeat("a", 151), "password": strings.Repeat("a", 3000)})
	login("broken JSON", `{"email"`)
	login("no object", `"email"`)
	body, form := urlEncoded(fields{"email": ann, "password": password})
	login("a field twice", body+"&password=x", form)
	login("a broken form", "email=%zz", form)
	part, multipart := multi(t, fields{"email": ann, "password": password})
	login("a field as a file", strings.Replace(part, `name="password"`, `name="password"; filename="a"`, 1), multipart)
	login("a broken multipart body", "--boundary\r\n", multipart)
	tr.Do("in the query", "POST", user+"/login/?email=ann@ex.test&password=x", fields{}).Want(t, 400)
	tr.Do("text", "POST", user+"/login/", "email=a", header{Name: "Content-Type", Value: "text/plain"}).Want(t, 415)
	env.Do(t, "POST", user+"/login/", fields{"email": ann, "password": strings.Repeat("a", 70<<10)}).Want(t, 413)
	tr.Do("by GET", "GET", user+"/login/", nil).Want(t, 405)
	tr.Do("another path", "POST", user+"/sign_in/", nil).Want(t, 404)
	env.Set(t, acme, "abuse.account_failures=2/15m")
	for range 2 {
		env.Do(t, "POST", user+"/login/", fields{"email": "cy@ex.test", "password": next}).Want(t, 400)
	}
	tr.Do("too often", "POST", user+"/login/", fields{"email": "cy@ex.test", "password": next}).Want(t, 429)
	env.Set(t, acme, "password.enabled=false")
	login("passwords are off", fields{"email": ann, "password": password})
	env.Set(t, acme, "password.enabled=true", "mfa.policy=required")
	login("a second factor must be set up first", fields{"email": ann, "password": password})
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	tr.Do("the tenant is suspended", "POST", user+"/login/", fields{"email": ann, "password": password}).Want(t, 403)
}

func TestFormsAreReadLikeJSON(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	tr := env.Transcribe(t, "forms", "The three kinds of bodies.")
	body, form := urlEncoded(registration(ann))
	tr.Do("register by form", "POST", user+"/register/", body, form, agent).Want(t, 200)
	body, form = multi(t, fields{"email": ann, "password": password})
	tr.Do("log in by multipart form", "POST", user+"/login/", body, form, agent).Want(t, 200)
	body, form = urlEncoded(fields{"email": ann})
	tr.Do("log in by half a form", "POST", user+"/login/", body, form).Want(t, 400)
}

func TestACaptchaComesAlongWhereTheTenantAsksForOne(t *testing.T) {
	t.Parallel()
	env := webtest.New(t, webtest.Flows(flowtest.Captcha()))
	env.Set(t, acme, "dialects.axor.enabled=true", "signup.verify_email=after_session")
	env.AskCaptcha(t, acme, tenants.CaptchaRequired)
	tr := env.Transcribe(t, "captcha", "Captchas, where the tenant asks for them.")
	tr.Do("register without", "POST", user+"/register/", registration(ann)).Want(t, 400)
	solved := registration(ann)
	solved["captcha"] = env.Captcha.Solve("auth.example.test", "signup")
	tr.Do("register", "POST", user+"/register/", solved, agent).Want(t, 200)
	tr.Do("log in without", "POST", user+"/login/", fields{"email": ann, "password": password}).Want(t, 400)
	tr.Do("log in", "POST", user+"/login/", fields{
		"email": ann, "password": password, "captcha": env.Captcha.Solve("auth.example.test", "login"),
	}, agent).Want(t, 200)
}
