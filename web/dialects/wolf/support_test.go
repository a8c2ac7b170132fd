package wolf_test

import (
	"net/url"
	"testing"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/wolf/wolftest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	acme       = webtest.Acme
	api        = "/t/" + acme + "/dialects/wolf/api"
	passphrase = webtest.Password
	next       = "lantern orchard puzzle bicycle"
)

// urlencoded is the header of the documents' examples.
var urlencoded = webtest.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}

type fields = map[string]any

// open returns an environment whose tenants speak the dialect, after_session.
func open(t *testing.T) (*webtest.Env, *dialecttest.Wire) {
	t.Helper()
	env := webtest.New(t)
	return env, dialecttest.Enable(t, env, wolftest.Driver())
}

// form writes a form in the order given.
func form(pairs ...string) string {
	var out string
	for i := 0; i < len(pairs); i += 2 {
		out += "&" + url.QueryEscape(pairs[i]) + "=" + url.QueryEscape(pairs[i+1])
	}
	return out[1:]
}

// unlike is a code of the same form that is another.
func unlike(code string) string { return dialecttest.Swapped(code) }

// half is the token of a login that waits for its second factor.
func half(t *testing.T, env *webtest.Env, email string) string {
	t.Helper()
	var in struct{ Token string }
	env.Do(t, "POST", api+"/auth/login", fields{"email": email, "password": passphrase}).Want(t, 200).JSON(t, &in)
	webtest.Log.Secret("the token of a login", in.Token)
	return in.Token
}
