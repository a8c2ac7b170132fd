package spaces_test

import (
	"strings"
	"testing"
	"time"
)

func TestLoggingOutEverywhere(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token, other := w.join(ann), w.login(ann)
	w.transcribe("logout_all", "Logging out everywhere.")
	const path = "/api/user/logout/all/"
	w.do("without a token", "POST", path, nil).Want(t, 401)
	w.do("with one", "POST", path, nil, jwt(token)).Want(t, 204)
	w.do("with the same again", "POST", path, nil, jwt(token)).Want(t, 401)
	w.do("the other is over too", "POST", "/api/user/logout/all", nil, jwt(other)).Want(t, 401)
	w.enrol(w.login(ann))
	w.do("before the second factor", "POST", path, nil, jwt(w.login(ann))).Want(t, 403)
	w.do("another method", "GET", path, nil, jwt(token)).Want(t, 405)
}

func TestDeletingTheAccount(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	w.transcribe("delete", "Deleting the account.")
	const path = "/api/user/delete/"
	w.do("without a token", "POST", path, fields{"current_password": password}).Want(t, 401)
	w.do("no password", "POST", path, nil, jwt(token)).Want(t, 400)
	w.do("a blank one", "POST", path, fields{"current_password": ""}, jwt(token)).Want(t, 400)
	w.do("a wrong one", "POST", path, fields{"current_password": next}, jwt(token)).Want(t, 400)
	w.do("one that is too long for any", "POST", path, fields{"current_password": strings.Repeat("x", 300)}, jwt(token)).Want(t, 400)
	w.do("in the query", "POST", path+"?current_password=x", nil, jwt(token)).Want(t, 400)
	w.do("broken JSON", "POST", path, `{`, jwt(token)).Want(t, 400)
	w.do("another media type", "POST", path, "x", jwt(token), contentType("text/plain")).Want(t, 415)
	w.do("the right one", "POST", path, fields{"current_password": password}, jwt(token)).Want(t, 204)
	w.do("nobody is there", "POST", "/api/user/login/", fields{"email": ann, "password": password}).Want(t, 400)
	token = w.join(ann)
	w.do("by the method DELETE, with a form", "DELETE", "/api/user/delete", "current_password=violet+harbour+seven+kettles",
		jwt(token), contentType("application/x-www-form-urlencoded")).Want(t, 204)
	token = w.join(ann)
	secret, verified := w.enrol(token)
	w.do("by a token of before the device", "POST", path, fields{"current_password": password}, jwt(token)).Want(t, 403)
	w.do("before the second factor", "POST", path, fields{"current_password": password}, jwt(w.login(ann))).Want(t, 403)
	w.Clock.Advance(11 * time.Minute)
	w.do("the second factor was given long ago", "POST", path, fields{"current_password": password}, jwt(verified)).Want(t, 403)
	verified = w.token(w.do("it is given again", "POST", w.codeLogin(secret), nil, jwt(verified)), 201)
	w.do("with both factors", "POST", path, fields{"current_password": password}, jwt(verified)).Want(t, 204)
}

// Without a second factor the password in the request is proof enough, however old the token.
func TestThePasswordInTheRequestIsAFreshProof(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	w.Clock.Advance(14 * time.Minute)
	w.do("", "GET", "/api/totp/create/", nil, jwt(token)).Want(t, 403) // sends none along
	body := fields{"current_password": password, "new_password": next}
	w.do("", "POST", "/api/user/password/change/", body, jwt(token)).Want(t, 204)
	w.do("", "POST", "/api/user/delete/", fields{"current_password": next}, jwt(token)).Want(t, 204)
}

func TestChangingThePassword(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token, other := w.join(ann), w.login(ann)
	w.transcribe("password_change", "Changing the password.")
	const path = "/api/user/password/change/"
	body := fields{"current_password": password, "new_password": next}
	w.do("without a token", "POST", path, body).Want(t, 401)
	w.do("nothing", "POST", path, fields{}, jwt(token)).Want(t, 400)
	w.do("null and a list", "POST", path, fields{"current_password": nil, "new_password": []int{1}}, jwt(token)).Want(t, 400)
	w.do("a wrong password", "POST", path, fields{"current_password": next, "new_password": next}, jwt(token)).Want(t, 400)
	w.do("a new one that breaks the rules", "POST", path, fields{"current_password": password, "new_password": "short"}, jwt(token)).Want(t, 400)
	w.do("another media type", "POST", path, "x", jwt(token), contentType("text/plain")).Want(t, 415)
	w.do("right", "POST", path, body, jwt(token)).Want(t, 204)
	w.do("the token goes on", "GET", "/api/user/view/", nil, jwt(token)).Want(t, 200)
	w.do("every other one has ended", "GET", "/api/user/view/", nil, jwt(other)).Want(t, 401)
	w.do("back, by a form", "POST", "/api/user/password/change",
		"current_password=lantern+orchard+puzzle+bicycle&new_password=violet+harbour+seven+kettles",
		jwt(token), contentType("application/x-www-form-urlencoded")).Want(t, 204)
	_, verified := w.enrol(token)
	w.do("by a token of before the device", "POST", path, body, jwt(token)).Want(t, 403)
	w.do("before the second factor", "POST", path, body, jwt(w.login(ann))).Want(t, 403)
	w.do("after it", "POST", path, body, jwt(verified)).Want(t, 204)
	w.Set(t, acme, "abuse.account_failures=2/15m")
	wrong := fields{"current_password": "not it", "new_password": next}
	for range 3 {
		w.do("", "POST", path, wrong, jwt(verified))
	}
	w.do("too often", "POST", path, wrong, jwt(verified)).Want(t, 429)
}

func TestResettingThePassword(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	w.transcribe("password_reset", "Resetting the password.")
	const ask, path = "/api/user/password/reset/", "/api/user/password/reset/confirm/"
	w.do("ask", "POST", ask, fields{"email": ann}).Want(t, 204)
	uid, secret := w.mailed(ann)
	w.do("ask for nobody, by a form", "POST", "/api/user/password/reset", "email=bob%40ex.test",
		contentType("application/x-www-form-urlencoded")).Want(t, 204)
	w.do("what is no address", "POST", ask, fields{"email": "ann"}).Want(t, 400)
	w.badBodies(ask, "email")
	w.do("confirm without anything", "POST", path, fields{}).Want(t, 400)
	w.do("confirm with null, a number and a list", "POST", path, fields{"uid": nil, "token": 5, "new_password": []int{}}).Want(t, 400)
	w.do("a wrong uid", "POST", path, fields{"uid": "MQ", "token": secret, "new_password": next}).Want(t, 400)
	w.do("a wrong token", "POST", path, fields{"uid": uid, "token": "4u0-f1a2b3c4d5e6", "new_password": next}).Want(t, 400)
	w.do("another's uid", "POST", path, fields{"uid": strings.Repeat("0", 26), "token": secret, "new_password": next}).Want(t, 400)
	w.do("a password that breaks the rules", "POST", path, fields{"uid": uid, "token": secret, "new_password": "short"}).Want(t, 400)
	w.do("right, by multipart", "POST", path, fields{"uid": uid, "token": secret, "new_password": next}).Want(t, 204)
	w.do("the same again", "POST", path, fields{"uid": uid, "token": secret, "new_password": password}).Want(t, 400)
	w.do("every session has ended", "GET", "/api/user/view/", nil, jwt(token)).Want(t, 401)
	w.do("", "POST", "/api/user/login/", fields{"email": ann, "password": next}).Want(t, 200)
	w.MailOff.Store(true)
	w.do("nowhere to mail, somebody", "POST", ask, fields{"email": ann}).Want(t, 503)
	w.do("nowhere to mail, nobody", "POST", ask, fields{"email": "bob@ex.test"}).Want(t, 503)
}

// The mail carries uid and token on lines of their own, and a link to the app's page where the tenant has said where it is.
func TestTheMailOfAReset(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.Set(t, acme, "dialects.spaces.site=https://app.ex.test/")
	w.join(ann)
	w.do("", "POST", "/api/user/password/reset/", fields{"email": ann}).Want(t, 204)
	uid, secret := w.mailed(ann)
	mails := w.Mails(t, acme, ann)
	text := mails[len(mails)-1].Text
	for _, line := range []string{"\n" + uid + "\n", "\n" + secret + "\n", "https://app.ex.test/password/reset/confirm/" + uid + "/" + secret} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is missing in %q", line, text)
		}
	}
	w.Clock.Advance(72*time.Hour - time.Minute)
	body := fields{"uid": uid, "token": secret, "new_password": next}
	w.do("", "POST", "/api/user/password/reset/confirm/", body).Want(t, 204)
	w.do("", "POST", "/api/user/password/reset/", fields{"email": ann}).Want(t, 204)
	uid, secret = w.mailed(ann)
	w.Clock.Advance(72*time.Hour + time.Minute)
	body = fields{"uid": uid, "token": secret, "new_password": password}
	says(t, w.do("", "POST", "/api/user/password/reset/confirm/", body), 400, `{"non_field_errors":["Invalid token for given user."]}`)
}

func TestExchangingAToken(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	w.transcribe("refresh", "Exchanging a token for one that lasts as long again.")
	const path = "/api/user/login/refresh/"
	fresh := w.token(w.do("by JSON", "POST", path, fields{"token": token}), 200)
	w.do("by a form", "POST", "/api/user/login/refresh", "token="+token, contentType("application/x-www-form-urlencoded")).Want(t, 200)
	w.badBodies(path, "token")
	w.do("what is no token", "POST", path, fields{"token": "abc"}).Want(t, 400)
	_, verified := w.enrol(fresh)
	w.do("with a device", "POST", path, fields{"token": verified}).Want(t, 200)
	w.do("before the second factor", "POST", path, fields{"token": w.login(ann)}).Want(t, 400)
	w.Clock.Advance(17 * time.Minute)
	w.do("an expired one", "POST", path, fields{"token": verified}).Want(t, 400)
	token = w.join("bob@ex.test")
	w.do("", "POST", "/api/user/logout/all/", nil, jwt(token)).Want(t, 204)
	w.do("of a session that is over", "POST", path, fields{"token": token}).Want(t, 400)
}

// Seven days by default.
func TestASessionEndsHoweverOftenItsTokensAreExchanged(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.Set(t, acme, "dialects.spaces.refresh=2h")
	token := w.join(ann)
	for range 11 {
		w.Clock.Advance(10 * time.Minute)
		token = w.token(w.do("", "POST", "/api/user/login/refresh/", fields{"token": token}), 200)
	}
	w.Clock.Advance(10 * time.Minute)
	w.do("", "POST", "/api/user/login/refresh/", fields{"token": token}).Want(t, 400)
	w.do("", "GET", "/api/user/view/", nil, jwt(token)).Want(t, 401)
}
