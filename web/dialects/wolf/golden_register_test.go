package wolf_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestRegistering(t *testing.T) {
	t.Parallel()
	env, _ := open(t)
	tr := env.Transcribe(t, "register", "Registering.")
	register := api + "/auth/register"
	ann := fields{"username": "ann", "email": "Ann@ex.test", "password": passphrase}
	tr.Do("a new account", "POST", register, ann).Want(t, 201)
	tr.Do("a taken username", "POST", register, fields{"username": "ANN", "email": "other@ex.test", "password": passphrase}).Want(t, 409)
	tr.Do("a taken address", "POST", register, fields{"username": "other", "email": "ann@EX.test", "password": passphrase}).Want(t, 409)
	tr.Do("nothing", "POST", register, nil).Want(t, 400)
	tr.Do("nothing but blanks", "POST", register, fields{"username": " ", "email": " ", "password": " "}).Want(t, 400)
	tr.Do("null", "POST", register, fields{"username": nil, "email": nil, "password": nil}).Want(t, 400)
	tr.Do("other types", "POST", register, fields{"username": true, "email": []int{1}, "password": fields{}}).Want(t, 400)
	tr.Do("too short", "POST", register, fields{"username": "an", "email": "ann", "password": "short"}).Want(t, 400)
	tr.Do("too long", "POST", register, form("username", strings.Repeat("a", 29), "email", "a@b", "password", strings.Repeat("ab c", 15)), urlencoded).
		Want(t, 400)
	tr.Do("other characters", "POST", register, fields{"username": "ann-b", "email": "bob@ex.test", "password": passphrase}).Want(t, 400)
	tr.Do("shorter than the tenant wants", "POST", register, fields{"username": "bob", "email": "bob@ex.test", "password": "kettle 7 sea"}).
		Want(t, 400)
	tr.Do("a weak password", "POST", register, fields{"username": "bob", "email": "bob@ex.test", "password": "aaaaaaaaaaaaaaaaaaaa"}).Want(t, 400)
	env.Set(t, acme, "abuse.turnstile.site_key=site", "abuse.turnstile.secret=secret", "abuse.turnstile.mode=required")
	tr.Do("a captcha is asked for", "POST", register, fields{"username": "bob", "email": "bob@ex.test", "password": passphrase}).Want(t, 400)
	env.Set(t, acme, "abuse.turnstile.mode=off", "abuse.tenant_failures=1/1h")
	tr.Do("asked too often who is there", "POST", register, ann).Want(t, 429)
	env.Set(t, acme, "abuse.tenant_failures=0", "password.enabled=false")
	tr.Do("passwords are off", "POST", register, ann).Want(t, 409)
	env.Set(t, acme, "password.enabled=true", "signup.mode=closed")
	tr.Do("registration is closed", "POST", register, ann).Want(t, 409)
}

func TestRegisteringWhereAddressesComeFirst(t *testing.T) {
	t.Parallel()
	env, _ := open(t)
	env.Set(t, acme, "signup.verify_email=before_session", "dialects.wolf.site=https://app.ex.test")
	tr := env.Transcribe(t, "register_first", "Registering, where addresses are verified first.")
	body := fields{"username": "ann", "email": "ann@ex.test", "password": passphrase}
	tr.Do("register", "POST", api+"/auth/register", body).Want(t, 201)
	tr.Do("nobody is there yet", "POST", api+"/auth/login", body).Want(t, 400)
	first := env.Code(t, acme, "ann@ex.test")
	tr.Do("mail it again", "POST", api+"/user/activate-account/resend", fields{"email": "ann@ex.test"}).Want(t, 200)
	token := env.Code(t, acme, "ann@ex.test")
	if link := env.Link(t, acme, "ann@ex.test"); link != "https://app.ex.test/activate-account/"+token {
		t.Errorf("the link is %s", link)
	}
	webtest.Log.Secret("a mailed token", token)
	tr.Do("the first token is void", "PUT", api+"/user/activate-account/"+first, nil).Want(t, 400)
	tr.Do("activate", "PUT", api+"/user/activate-account/"+token, nil).Want(t, 200)
	tr.Do("activate again", "PUT", api+"/user/activate-account/"+token, nil).Want(t, 400)
	tr.Do("log in", "POST", api+"/auth/login", body).Want(t, 200)
	tr.Do("a taken address is told to nobody", "POST", api+"/auth/register",
		fields{"username": "other", "email": "ann@ex.test", "password": passphrase}).Want(t, 201)
	tr.Do("nor by asking for the mail", "POST", api+"/user/activate-account/resend", fields{"email": "ann@ex.test"}).Want(t, 200)
	tr.Do("nor that it is nobody's", "POST", api+"/user/activate-account/resend", fields{"email": "nobody@ex.test"}).Want(t, 200)
	if n := len(env.Mails(t, acme, "nobody@ex.test")); n != 0 {
		t.Errorf("%d mails to nobody", n)
	}
	tr.Do("a taken username is", "POST", api+"/auth/register",
		fields{"username": "ann", "email": "other@ex.test", "password": passphrase}).Want(t, 409)
	env.MailOff.Store(true)
	tr.Do("nowhere to mail", "POST", api+"/auth/register", fields{"username": "bob", "email": "bob@ex.test", "password": passphrase}).Want(t, 503)
}

func TestRegisteringWhereAddressesAreNotVerified(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	env.Set(t, acme, "signup.verify_email=off")
	ann := w.Person("ann")
	w.Want(w.SignUp(ann), dialecttest.Done)
	if n := len(env.Mails(t, acme, "")); n != 0 {
		t.Errorf("%d mails", n)
	}
	w.Want(w.First(ann), dialecttest.SignedIn)
	ann.Bearer("Bearer", "GET", "/api/sessions", nil).Want(t, 200) // nothing to activate
}
