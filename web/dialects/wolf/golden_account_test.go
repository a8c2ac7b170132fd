package wolf_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// payload is what a JSON Web Token says.
func payload(t *testing.T, token string) []byte {
	t.Helper()
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestActivatingAnAccount(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	tr := env.Transcribe(t, "activate", "Activating an account.")
	ann := w.Person("ann")
	w.Want(w.SignUp(ann), dialecttest.Done)
	first := env.Code(t, acme, ann.Email)
	w.Want(w.First(ann), dialecttest.SignedIn)
	mine := webtest.Bearer(ann.Access)
	tr.Do("logged in before", "GET", api+"/account", nil, mine).Want(t, 200)
	for _, r := range [][2]string{
		{"POST", "/account/two-factor"},
		{"PUT", "/account/two-factor"},
		{"DELETE", "/account/two-factor?code=123456"},
		{"GET", "/account/two-factor/backup-codes"},
		{"PUT", "/account/change-password"},
		{"GET", "/sessions"},
		{"DELETE", "/sessions/5f4bff121037e424a17a3ebc"},
		{"DELETE", "/sessions"},
	} {
		tr.Do("not yet: "+r[0]+" "+r[1], r[0], api+r[1], nil, mine).Want(t, 400)
	}
	resend := api + "/user/activate-account/resend"
	tr.Do("mail it again", "POST", resend, form("email", "ann@ex.test"), urlencoded).Want(t, 200)
	token := env.Code(t, acme, ann.Email)
	webtest.Log.Secret("a mailed token", token)
	tr.Do("no token", "PUT", api+"/user/activate-account/nonsense", nil).Want(t, 400)
	tr.Do("another token", "PUT", api+"/user/activate-account/"+unlike(token), nil).Want(t, 400)
	tr.Do("a token for something else", "POST", api+"/user/reset-password/"+token, fields{"password": next, "comfirmPassword": next}).Want(t, 400)
	tr.Do("activate", "PUT", api+"/user/activate-account/"+token, nil).Want(t, 200)
	tr.Do("activate again", "PUT", api+"/user/activate-account/"+token+"/", nil).Want(t, 400)
	tr.Do("another method", "GET", api+"/user/activate-account/"+token, nil).Want(t, 405)
	if first == token {
		t.Error("the token is the same")
	}
	tr.Do("it is activated", "GET", api+"/account", nil, mine).Want(t, 200)
	tr.Do("there is nothing to mail", "POST", resend, fields{"email": "ann@ex.test"}).Want(t, 409)
	tr.Do("nobody's address", "POST", resend, fields{"email": "nobody@ex.test"}).Want(t, 409)
	tr.Do("no address", "POST", resend, fields{"email": "ann"}).Want(t, 400)
	tr.Do("nothing", "POST", resend, nil).Want(t, 400)
	bob := w.Person("bob")
	w.Want(w.SignUp(bob), dialecttest.Done)
	late := env.Code(t, acme, bob.Email)
	env.Clock.Advance(3*time.Hour + time.Second)
	tr.Do("too late", "PUT", api+"/user/activate-account/"+late, nil).Want(t, 400)
}

func TestForgettingAPassword(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	env.Set(t, acme, "dialects.wolf.site=https://app.ex.test")
	ann := w.Join("ann")
	forgot, reset := api+"/user/forgot-password", api+"/user/reset-password/"
	tr := env.Transcribe(t, "forgot_password", "Forgetting a password.")
	tr.Do("ask", "POST", forgot, form("email", "ann@ex.test"), urlencoded).Want(t, 200)
	tr.Do("ask again", "POST", forgot, fields{"email": "ann@ex.test"}).Want(t, 429)
	tr.Do("nobody's address", "POST", forgot, fields{"email": "nobody@ex.test"}).Want(t, 200)
	tr.Do("nobody's address again", "POST", forgot, fields{"email": "nobody@ex.test"}).Want(t, 429)
	tr.Do("no address", "POST", forgot, fields{"email": "ann"}).Want(t, 400)
	tr.Do("nothing", "POST", forgot, nil).Want(t, 400)
	token := env.Code(t, acme, ann.Email)
	webtest.Log.Secret("a mailed token", token)
	if link := env.Link(t, acme, ann.Email); link != "https://app.ex.test/reset-password/"+token {
		t.Errorf("the link is %s", link)
	}
	tr.Do("no password", "POST", reset+token, nil).Want(t, 400)
	tr.Do("not confirmed", "POST", reset+token, fields{"password": next}).Want(t, 400)
	tr.Do("confirmed by another", "POST", reset+token, fields{"password": next, "comfirmPassword": passphrase}).Want(t, 400)
	tr.Do("too short", "POST", reset+token, fields{"password": "short", "comfirmPassword": "short"}).Want(t, 400)
	tr.Do("a weak one", "POST", reset+token, fields{"password": "aaaaaaaaaaaaaaaaaaaa", "comfirmPassword": "aaaaaaaaaaaaaaaaaaaa"}).Want(t, 400)
	tr.Do("no token", "POST", reset+"nonsense", fields{"password": next, "comfirmPassword": next}).Want(t, 400)
	tr.Do("a token for something else", "PUT", api+"/user/activate-account/"+token, nil).Want(t, 400)
	tr.Do("set", "POST", reset+token, form("password", next, "comfirmPassword", next), urlencoded).Want(t, 200)
	tr.Do("set again", "POST", reset+token, form("password", next, "comfirmPassword", next), urlencoded).Want(t, 400)
	tr.Do("the sessions have ended", "GET", api+"/account", nil, webtest.Bearer(ann.Access)).Want(t, 401)
	tr.Do("log in", "POST", api+"/auth/login", fields{"email": "ann@ex.test", "password": next}).Want(t, 200)
	env.DeliverMail(t)
	env.Clock.Advance(11 * time.Minute)
	env.Do(t, "POST", forgot, fields{"email": "ann@ex.test"}).Want(t, 200)
	late := env.Code(t, acme, ann.Email)
	env.Clock.Advance(15*time.Minute + time.Second)
	tr.Do("too late", "POST", reset+late, fields{"password": next, "comfirmPassword": next}).Want(t, 400)
	env.MailOff.Store(true)
	tr.Do("nowhere to mail", "POST", forgot, fields{"email": "ann@ex.test"}).Want(t, 503)
	env.MailOff.Store(false)
	env.Set(t, acme, "password.enabled=false")
	tr.Do("passwords are off", "POST", forgot, fields{"email": "ann@ex.test"}).Want(t, 403)
}

func TestTheAccount(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann := w.Join("AnnB")
	tr := env.Transcribe(t, "account", "The account.")
	tr.Do("read", "GET", api+"/account", nil, webtest.Bearer(ann.Access)).Want(t, 200)
	tr.Do("with a slash", "GET", api+"/account/", nil, webtest.Header{Name: "Authorization", Value: "bearer " + ann.Access}).Want(t, 200)
	tr.Do("nobody", "GET", api+"/account", nil).Want(t, 401)
	tr.Do("forged", "GET", api+"/account", nil, webtest.Bearer("forged")).Want(t, 401)
	tr.Do("a refresh token", "GET", api+"/account", nil, webtest.Bearer(ann.Refresh)).Want(t, 401)
}

func TestChangingAPassword(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann := w.Join("ann")
	other := w.EnterElsewhere(ann)
	mine, change := webtest.Bearer(ann.Access), api+"/account/change-password"
	tr := env.Transcribe(t, "change_password", "Changing a password.")
	tr.Do("nothing", "PUT", change, nil, mine).Want(t, 400)
	tr.Do("too short", "PUT", change, fields{"oldPassword": passphrase, "newPassword": "short"}, mine).Want(t, 400)
	tr.Do("a weak one", "PUT", change, fields{"oldPassword": passphrase, "newPassword": "aaaaaaaaaaaaaaaaaaaa"}, mine).Want(t, 400)
	tr.Do("a wrong old one", "PUT", change, fields{"oldPassword": "not it", "newPassword": next}, mine).Want(t, 401)
	tr.Do("the same", "PUT", change, fields{"oldPassword": passphrase, "newPassword": passphrase}, mine).Want(t, 409)
	tr.Do("nobody", "PUT", change, fields{"oldPassword": passphrase, "newPassword": next}).Want(t, 401)
	env.Clock.Advance(20 * time.Minute) // the old password is a fresh proof
	tr.Do("change", "PUT", change, form("oldPassword", passphrase, "newPassword", next), urlencoded, mine).Want(t, 200)
	tr.Do("this session has ended", "GET", api+"/account", nil, mine).Want(t, 401)
	env.Do(t, "GET", api+"/account", nil, webtest.Bearer(other.Access)).Want(t, 401)
	tr.Do("log in", "POST", api+"/auth/login", fields{"email": "ann@ex.test", "password": next}).Want(t, 200)
	bob := w.JoinWithApp("bob")
	env.Clock.Advance(11 * time.Minute)
	tr.Do("with a second factor that is not fresh", "PUT", change, fields{"oldPassword": passphrase, "newPassword": next},
		webtest.Bearer(bob.Access)).Want(t, 401)
}
