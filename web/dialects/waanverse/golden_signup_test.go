package waanverse_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestSigningUp(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	s := transcribe(t, env, "signup", "Signing up, where addresses are verified later.")
	ann := signupOf("annabel")
	s.do(201, "sign up", "POST", "/signup/", with(ann, fields{"username": " Annabel "}))
	s.do(400, "the address is taken", "POST", "/signup/", with(ann, fields{"username": "annabel2", "email_address": "Annabel@EX.test"}))
	s.do(400, "the name is taken", "POST", "/signup/", with(ann, fields{"email_address": "ann2@ex.test"}))
	s.do(400, "both are taken", "POST", "/signup/", ann)
	s.do(400, "nothing", "POST", "/signup/", nil)
	s.do(400, "blank", "POST", "/signup/", fields{"username": " ", "email_address": "", "password": " ", "confirm_password": ""})
	s.do(400, "null", "POST", "/signup/", fields{"username": nil, "email_address": nil, "password": nil, "confirm_password": nil})
	s.do(400, "wrong types", "POST", "/signup/", fields{"username": true, "email_address": []string{"a"}, "password": fields{}, "confirm_password": false})
	s.do(400, "a short name, no address, two passwords", "POST", "/signup/",
		fields{"username": "ann", "email_address": "ann", "password": passphrase, "confirm_password": next})
	s.do(400, "a long name", "POST", "/signup/", with(ann, fields{"username": "annabel_of_the_harbour"}))
	s.do(400, "strange characters", "POST", "/signup/", with(ann, fields{"username": "ann@bel!"}))
	s.do(400, "a name that only we refuse", "POST", "/signup/", with(ann, fields{"username": "_ann_"}))
	for _, name := range []string{"admin", "administrator", "root", "System"} {
		s.do(400, "reserved: "+name, "POST", "/signup/", with(ann, fields{"username": name}))
	}
	s.do(400, "a short password", "POST", "/signup/", with(signupOf("bobby"), fields{"password": "short", "confirm_password": "short"}))
	s.do(400, "a password like the address", "POST", "/signup/",
		with(signupOf("bobby"), fields{"password": "bobby@ex.testbobby", "confirm_password": "bobby@ex.testbobby"}))

	env.Set(t, acme, "password.enabled=false")
	s.do(400, "passwords are off", "POST", "/signup/", signupOf("bobby"))
	env.Set(t, acme, "password.enabled=true", "signup.mode=closed")
	s.do(400, "sign-up is closed", "POST", "/signup/", signupOf("bobby"))
	env.Set(t, acme, "signup.mode=open", `signup.required=["email","phone"]`)
	s.do(400, "the tenant asks for what the wire cannot say", "POST", "/signup/", signupOf("bobby"))
	env.Set(t, acme, `signup.required=["email"]`, "mfa.policy=required")
	s.do(400, "two factors are required", "POST", "/signup/", signupOf("cecilia"))
	env.Do(t, "POST", base+"/login/", fields{"login_field": "cecilia", "password": passphrase}).Want(t, 400)
}

func TestSigningUpWithForms(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	s := transcribe(t, env, "forms", "Bodies that are forms.")
	form := webtest.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}
	parts := webtest.Header{Name: "Content-Type", Value: "multipart/form-data; boundary=xx"}
	part := func(name, value string) string {
		return "--xx\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	s.do(201, "URL-encoded", "POST", "/signup/", "username=annabel&email_address=annabel%40ex.test&"+
		"password=violet+harbour+seven+kettles&confirm_password=violet+harbour+seven+kettles", form)
	s.do(201, "multipart", "POST", "/signup/", part("username", "bobby")+part("email_address", "bobby@ex.test")+
		part("password", passphrase)+part("confirm_password", passphrase)+"--xx--\r\n", parts)
	s.do(200, "sign in, without the slash", "POST", "/login", "login_field=annabel&password=violet+harbour+seven+kettles", form)
	s.do(400, "a field twice", "POST", "/login/", "login_field=annabel&login_field=bobby&password=x", form)
	s.do(400, "a field in the query counts for nothing", "POST", "/login/?login_field=annabel&password=x", nil)
	s.do(400, "a file", "POST", "/login/", "--xx\r\nContent-Disposition: form-data; name=\"login_field\"; filename=\"a.txt\"\r\n\r\nannabel\r\n--xx--\r\n", parts)
	s.do(400, "a broken form", "POST", "/login/", "login_field=%zz", form)
	s.do(400, "broken parts", "POST", "/login/", "--xx\r\nContent", parts)
	s.do(400, "broken JSON", "POST", "/login/", `{"login_field":`)
	s.do(400, "a member twice", "POST", "/login/", `{"login_field":"a","login_field":"b","password":"x"}`)
	s.do(400, "no object", "POST", "/login/", `["annabel"]`)
	s.do(415, "another type", "POST", "/login/", "annabel", webtest.Header{Name: "Content-Type", Value: "text/plain"})
}

func TestVerifyingAnAddress(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	s := transcribe(t, env, "verify", "Verifying an address: of an account, and before there is one.")
	wait := func() { env.Clock.Advance(time.Minute) }
	ann := enter(t, env.Do(t, "POST", base+"/signup/", signupOf("annabel")).Want(t, 201))
	mine := fields{"email_address": "annabel@ex.test"}
	s.do(200, "mail a code", "POST", initiate, mine)
	code := env.Code(t, acme, "annabel@ex.test")
	s.do(400, "a wrong code", "POST", proving, with(mine, fields{"code": other(code)}), ann.bearer())
	s.do(400, "no code at all", "POST", proving, with(mine, fields{"code": "abc"}), ann.bearer())
	s.do(400, "another address", "POST", proving, fields{"email_address": "bobby@ex.test", "code": code}, ann.bearer())
	s.do(400, "nothing", "POST", proving, nil)
	s.do(400, "no address", "POST", proving, fields{"email_address": "ann", "code": code})
	s.do(401, "a token that is none", "POST", proving, with(mine, fields{"code": code}), webtest.Bearer("nonsense"))
	s.do(200, "the right code", "POST", proving, with(mine, fields{"code": code}), ann.bearer())
	s.do(400, "the right code again", "POST", proving, with(mine, fields{"code": code}), ann.bearer())
	wait()
	s.do(400, "mail a code to a verified address", "POST", initiate, mine)
	s.do(400, "mail a code to no address", "POST", initiate, fields{"email_address": "ann"})
	s.do(400, "mail a code to nobody", "POST", initiate, fields{})

	env.Set(t, acme, "signup.verify_email=before_session")
	bob := fields{"email_address": "bobby@ex.test"}
	s.do(400, "signing up unverified, where that comes first", "POST", "/signup/", signupOf("bobby"))
	s.do(200, "mail a code to who is to come", "POST", initiate, bob)
	code = env.Code(t, acme, "bobby@ex.test")
	env.Clock.Advance(15*time.Minute + time.Second)
	s.do(400, "too late", "POST", proving, with(bob, fields{"code": code}))
	s.do(400, "too late again", "POST", proving, with(bob, fields{"code": code}))
	for range 2 {
		env.Do(t, "POST", base+initiate, bob).Want(t, 200)
		env.DeliverMail(t)
	}
	s.do(429, "a third time within a minute", "POST", initiate, bob)
	body := with(bob, fields{"code": env.Code(t, acme, "bobby@ex.test")})
	proof := s.do(200, "verify without an account", "POST", proving, body)
	s.do(400, "sign up in another browser", "POST", "/signup/", signupOf("bobby"))
	s.do(400, "sign up with another address", "POST", "/signup/", signupOf("cecilia"), cookies(proof))
	s.do(201, "sign up in the same browser", "POST", "/signup/", signupOf("bobby"), cookies(proof))
	s.do(400, "the proof is used up", "POST", "/signup/", with(signupOf("bobby"), fields{"username": "bobby2"}), cookies(proof))
	wait()
	s.do(200, "where nobody is told who has an account", "POST", initiate, mine)

	env.MailOff.Store(true)
	s.do(503, "nowhere to mail", "POST", initiate, fields{"email_address": "cecilia@ex.test"})
}

func TestAnAddressIsVerifiedBeforeOrAfterSigningUpAlike(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		env := speaking(t)
		p := dialecttest.NewPerson(t, env, acme, "waanverse", "annabel")
		verify := func() {
			t.Helper()
			p.Send("POST", initiate, fields{"email_address": p.Email}).Want(t, 200)
			p.Send("POST", proving, fields{"email_address": p.Email, "code": p.Code()}).Want(t, 200)
		}
		if first {
			verify()
		}
		p.Send("POST", "/signup/", signupOf("annabel")).Want(t, 201)
		if !first {
			verify() // by the cookies of the sign-up
		}
		if _, left := p.Jar["email_proof"]; left {
			t.Error("the proof is left behind")
		}
		var me struct {
			Verified bool `json:"email_verified"`
		}
		u := env.SignIn(t, acme, p.Email)
		if env.Do(t, "GET", webtest.API(acme)+"/me", nil, u.Auth()).Want(t, 200).JSON(t, &me); !me.Verified {
			t.Errorf("verified first %v: the address is not verified", first)
		}
	}
}
