package spaces_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestCreatingAnAccount(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.transcribe("create", "Creating an account.")
	const path = "/api/user/create/"
	w.do("by JSON", "POST", path, fields{"email": ann, "password": password}).Want(t, 201)
	w.do("by a form", "POST", path, "email=bob%40ex.test&password=violet+harbour+seven+kettles",
		contentType("application/x-www-form-urlencoded")).Want(t, 201)
	w.do("by multipart", "POST", path, multipart("email", "Cy@ex.test", "password", password),
		contentType(`multipart/form-data; boundary="b"`)).Want(t, 201)
	w.do("without the final slash", "POST", "/api/user/create", fields{"email": "dan@ex.test", "password": password}).Want(t, 201)
	w.do("a taken address", "POST", path, fields{"email": ann, "password": next}).Want(t, 400)
	w.do("a taken address in capitals", "POST", path, fields{"email": "ANN@EX.TEST", "password": next}).Want(t, 400)
	w.do("no address, and a password that breaks the rules", "POST", path, fields{"email": "ann", "password": "short"}).Want(t, 400)
	w.do("a password like the address", "POST", path, fields{"email": "eve.of.destruction@ex.test", "password": "eve.of.destruction@ex.test"}).Want(t, 400)
	w.badBodies(path, "email", "password")
	w.Set(t, acme, "signup.mode=closed")
	w.do("sign-up is closed", "POST", path, fields{"email": "flo@ex.test", "password": password}).Want(t, 403)
	w.Set(t, acme, "signup.mode=open", "signup.verify_email=before_session")
	w.do("addresses are verified first", "POST", path, fields{"email": "flo@ex.test", "password": password}).Want(t, 400)
	w.Set(t, acme, "signup.verify_email=off", "password.enabled=false")
	w.do("passwords are off", "POST", path, fields{"email": "flo@ex.test", "password": password}).Want(t, 403)
	w.Set(t, acme, "password.enabled=true", "abuse.address=1/1m")
	w.do("too often", "POST", path, fields{"email": "flo@ex.test", "password": password})
	w.do("much too often", "POST", path, fields{"email": "flo@ex.test", "password": password}).Want(t, 429)
}

// badBodies sends what is wrong with any body of some required texts. Of a user's, nothing changes.
func (w *wire) badBodies(path string, names ...string) {
	w.t.Helper()
	blank, null, wrong := fields{}, fields{}, fields{}
	for i, name := range names {
		blank[name], null[name], wrong[name] = " \t", nil, []any{[]any{}, fields{}, true}[i%3]
	}
	form := contentType("application/x-www-form-urlencoded")
	w.do("no body", "POST", path, nil).Want(w.t, 400)
	w.do("missing", "POST", path, fields{}).Want(w.t, 400)
	w.do("blank", "POST", path, blank).Want(w.t, 400)
	w.do("null", "POST", path, null).Want(w.t, 400)
	w.do("of wrong types", "POST", path, wrong).Want(w.t, 400)
	w.do("in the query", "POST", path+"?"+strings.Join(names, "=x&")+"=x", nil).Want(w.t, 400)
	w.do("broken JSON", "POST", path, `{"email":`).Want(w.t, 400)
	w.do("a list", "POST", path, `["email"]`).Want(w.t, 400)
	w.do("a member twice", "POST", path, `{"email":"a@ex.test","email":"b@ex.test"}`).Want(w.t, 400)
	w.do("a broken form", "POST", path, "email=%zz", form).Want(w.t, 400)
	w.do("a field twice", "POST", path, "email=a%40ex.test&email=b%40ex.test", form).Want(w.t, 400)
	w.do("a file", "POST", path, "--b\r\nContent-Disposition: form-data; name=\"email\"; filename=\"x\"\r\n\r\na@ex.test\r\n--b--\r\n",
		contentType("multipart/form-data; boundary=b")).Want(w.t, 400)
	w.do("broken multipart", "POST", path, "--b\r\nContent-", contentType("multipart/form-data; boundary=b")).Want(w.t, 400)
	w.do("another media type", "POST", path, "email", contentType("text/plain")).Want(w.t, 415)
	w.do("another method", "PUT", path, fields{}).Want(w.t, 405)
	large := w.do("", "POST", path, `{"email":"`+strings.Repeat("x", 70_000)+`"}`)
	says(w.t, large, 413, `{"detail":"The body is too large."}`)
}

// multipart writes fields, each a name and a value.
func multipart(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString("--b\r\nContent-Disposition: form-data; name=\"" + pairs[i] + "\"\r\n\r\n" + pairs[i+1] + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

func TestLoggingIn(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.join(ann)
	w.transcribe("login", "Logging in.")
	const path = "/api/user/login/"
	w.do("by JSON", "POST", path, fields{"email": ann, "password": password}).Want(t, 200)
	w.do("by a form", "POST", path, "email=ANN%40ex.test&password=violet+harbour+seven+kettles",
		contentType("application/x-www-form-urlencoded")).Want(t, 200)
	w.do("by multipart", "POST", path, multipart("email", ann, "password", password),
		contentType("multipart/form-data; boundary=b")).Want(t, 200)
	w.do("without the final slash", "POST", "/api/user/login", fields{"email": ann, "password": password}).Want(t, 200)
	w.do("a wrong password", "POST", path, fields{"email": ann, "password": "not it"}).Want(t, 400)
	w.do("an unknown user", "POST", path, fields{"email": "bob@ex.test", "password": password}).Want(t, 400)
	w.do("what is no address", "POST", path, fields{"email": "ann", "password": password}).Want(t, 400)
	w.do("an address that is too long", "POST", path, fields{"email": strings.Repeat("x", 400), "password": password}).Want(t, 400)
	w.badBodies(path, "email", "password")
	w.Set(t, acme, "mfa.policy=required", `mfa.factors=["passkey"]`)
	w.do("a passkey is required", "POST", path, fields{"email": ann, "password": password}).Want(t, 400)
	w.Set(t, acme, "mfa.policy=off", "abuse.account_failures=2/15m")
	for range 3 {
		w.do("", "POST", path, fields{"email": "cy@ex.test", "password": "not it"})
	}
	w.do("too often", "POST", path, fields{"email": "cy@ex.test", "password": "not it"}).Want(t, 429)
	w.Set(t, acme, "password.enabled=false")
	w.do("passwords are off", "POST", path, fields{"email": ann, "password": password}).Want(t, 403)
	if _, err := w.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	w.do("the tenant is suspended", "POST", path, fields{"email": ann, "password": password}).Want(t, 403)
}

func TestAUserWhoseSecondFactorIsAPasskeyIsRefused(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.Set(t, acme, "signup.verify_email=before_session") // Join wants it
	w.EnrolPasskey(t, w.Join(t, acme, ann))
	w.transcribe("login_passkey", "Logging in, where the second factor is a passkey.")
	w.do("the right password", "POST", "/api/user/login/", fields{"email": ann, "password": password}).Want(t, 400)
	w.do("a wrong one", "POST", "/api/user/login/", fields{"email": ann, "password": "not it"}).Want(t, 400)
}

func TestShowingTheAccount(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	token := w.join(ann)
	other := w.login(ann)
	w.transcribe("view", "Showing the account, and what every guarded route says of a token.")
	const path = "/api/user/view/"
	w.do("with a token", "GET", path, nil, jwt(token)).Want(t, 200)
	w.do("the scheme in small letters", "GET", "/api/user/view", nil, webtest.Header{Name: "Authorization", Value: "jwt " + token}).Want(t, 200)
	authorization := func(text string) webtest.Header { return webtest.Header{Name: "Authorization", Value: text} }
	w.do("without a header", "GET", path, nil).Want(t, 401)
	w.do("another scheme", "GET", path, nil, authorization("Bearer "+token)).Want(t, 401)
	w.do("no token", "GET", path, nil, authorization("JWT")).Want(t, 401)
	w.do("two tokens", "GET", path, nil, authorization("JWT a b")).Want(t, 401)
	w.do("two headers", "GET", path, nil, jwt(token), jwt(token)).Want(t, 401)
	w.do("what is no token", "GET", path, nil, jwt("abc")).Want(t, 401)
	w.do("a tampered one", "GET", path, nil, jwt(token[:len(token)-4]+"AAAA")).Want(t, 401)
	w.do("another method", "POST", path, nil, jwt(token)).Want(t, 405)
	w.do("", "POST", "/api/user/logout/all/", nil, jwt(other)).Want(t, 204)
	w.do("of a session that is over", "GET", path, nil, jwt(token)).Want(t, 401)
	token = w.login(ann)
	w.Clock.Advance(17 * time.Minute)
	w.do("an expired one", "GET", path, nil, jwt(token)).Want(t, 401)
	token = w.login(ann)
	w.suspendAll()
	w.do("of a user who is locked", "GET", path, nil, jwt(token)).Want(t, 401)
	gone := w.join("bob@ex.test")
	w.do("", "DELETE", "/api/user/delete/", fields{"current_password": password}, jwt(gone)).Want(t, 204)
	w.do("of a user who is no more", "GET", path, nil, jwt(gone)).Want(t, 401)
}
