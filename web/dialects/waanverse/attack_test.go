package waanverse_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// DIA-06: who knows an account's id and one of its codes has not given its password.
func TestNobodyGoesOnWithASignInThatIsAnothers(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann, bob := join(t, env, "annabel"), join(t, env, "bobby")
	secrets := map[string]string{"annabel": enrol(t, env, ann), "bobby": enrol(t, env, bob)}
	begin := func(name string) (*entered, webtest.Header) {
		t.Helper()
		a := env.Do(t, "POST", base+"/login/", fields{"login_field": name, "password": passphrase}).Want(t, 200)
		return enter(t, a), cookies(a)
	}
	_, hersBrowser := begin("annabel")
	_, hisBrowser := begin("bobby")
	code := env.TOTP(t, secrets["annabel"])
	refused := func(what string, status int, reason string, body fields, headers ...webtest.Header) {
		t.Helper()
		var said struct{ Code string }
		a := env.Do(t, "POST", base+"/mfa/login/", body, headers...).Want(t, status)
		if a.JSON(t, &said); said.Code != reason || len(setCookies(a)) != 0 {
			t.Errorf("%s: %s, cookies %v", what, a.Body, setCookies(a))
		}
	}
	for range 6 { // none of these uses a try up
		refused("her id", 400, "mfa_cookie_not_found", fields{"user_id": ann.User.ID, "code": code})
		refused("her id in his browser", 400, "user_not_found", fields{"user_id": ann.User.ID, "code": code}, hisBrowser)
		refused("his id in her browser", 400, "user_not_found", fields{"user_id": bob.User.ID, "code": code}, hersBrowser)
		refused("her name in her browser", 400, "user_not_found", fields{"user_id": "annabel", "code": code}, hersBrowser)
		refused("another handle", 400, "mfa_cookie_not_found", fields{"user_id": "chl_" + strings.Repeat("0", 26), "code": code}, hersBrowser)
	}
	// What is answered for an account is answered for none.
	var answers []string
	for _, id := range []string{bob.User.ID, "usr_00000000000000000000000000", "1", "nobody"} {
		answers = append(answers, env.Do(t, "POST", base+"/mfa/login/", fields{"user_id": id, "code": code}, hersBrowser).Want(t, 400).Body)
	}
	for _, other := range answers[1:] {
		if diff := cmp.Diff(answers[0], other); diff != "" {
			t.Errorf("ids are told apart: %s", diff)
		}
	}
	a := env.Do(t, "POST", base+"/mfa/login/", fields{"user_id": ann.User.ID, "code": code}, hersBrowser).Want(t, 200)
	if in := enter(t, a); in.User.ID != ann.User.ID {
		t.Errorf("signed in as %s", in.User.ID)
	}
}

// A challenge of another kind is no sign-in that waits for a code.
func TestOnlySignInsAreGoneOnWith(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	secret := enrol(t, env, ann)
	ids := map[string]string{}
	env.Set(t, acme, "signup.verify_email=before_session")
	for name, ask := range map[string]struct {
		path string
		body fields
	}{
		"a reset":   {"/password/reset", fields{"identifier": "annabel@ex.test"}},
		"a sign-up": {"/signup", fields{"email": "new@ex.test", "password": passphrase}},
		"a code":    {"/login/code", fields{"identifier": "annabel@ex.test"}},
	} {
		var step webtest.Step
		env.Do(t, "POST", webtest.API(acme)+ask.path, ask.body).Want(t, 200).JSON(t, &step)
		ids[name] = step.Challenge.ID
	}
	for name, id := range ids {
		a := env.Do(t, "POST", base+"/mfa/login/", fields{"user_id": id, "code": env.TOTP(t, secret)})
		if a.Status != 400 || len(setCookies(a)) != 0 {
			t.Errorf("%s: status %d: %s", name, a.Status, a.Body)
		}
	}
}

// A proof of an address is worth something to who gave it, and takes nothing from an account that is proven.
func TestAVerifiedAddressIsOfTheBrowserThatVerifiedIt(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	planted := join(t, env, "annabel") // by somebody who does not read that mailbox
	mine := fields{"email_address": "annabel@ex.test"}
	env.Do(t, "POST", base+initiate, mine).Want(t, 200)
	proof := env.Do(t, "POST", base+proving, with(mine, fields{"code": env.Code(t, acme, "annabel@ex.test")})).Want(t, 200)
	webtest.Log.Secret("the proof of an address", setCookies(proof)[0].Value)
	env.Do(t, "GET", base+"/me/", nil, planted.bearer()).Want(t, 200) // it is not flipped from outside
	env.Do(t, "POST", base+"/signup/", with(signupOf("annabel2"), mine)).Want(t, 400)
	owner := enter(t, env.Do(t, "POST", base+"/signup/", with(signupOf("annabel2"), mine), cookies(proof)).Want(t, 201))
	env.Do(t, "GET", base+"/me/", nil, planted.bearer()).Want(t, 401)
	env.Do(t, "GET", base+"/me/", nil, owner.bearer()).Want(t, 200)
	env.Do(t, "POST", base+"/signup/", with(signupOf("annabel3"), mine), cookies(proof)).Want(t, 400)
	env.Do(t, "GET", base+"/me/", nil, owner.bearer()).Want(t, 200)
}

func TestTokensSayWhatTheWiresOwnSaid(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	var sessions []struct {
		SessionID string `json:"session_id"`
	}
	env.Do(t, "GET", base+"/sessions/", nil, ann.bearer()).Want(t, 200).JSON(t, &sessions)
	for token, life := range map[string]struct {
		kind    string
		seconds int64
	}{ann.Access: {"access", 1800}, ann.Refresh: {"refresh", 2592000}} {
		var said struct {
			ID        string
			TokenType string `json:"token_type"`
			SID       string
			Iat, Exp  int64
			Iss       string
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(payload, &said); err != nil {
			t.Fatal(err)
		}
		if said.ID != ann.User.ID || said.TokenType != life.kind || said.SID != sessions[0].SessionID ||
			said.Exp-said.Iat != life.seconds || said.Iss != env.Tenant(t, acme).Issuer {
			t.Errorf("%+v", said)
		}
		if len(token) > 2000 {
			t.Errorf("a token of %d bytes", len(token))
		}
	}
}

func TestCookiesHoldWhereTheDialectIs(t *testing.T) {
	t.Parallel()
	const host = "login.acme.test"
	env := speaking(t)
	env.Set(t, acme, "dialects.root=waanverse")
	if _, err := env.Tenants.AddDomain(t.Context(), acme, host); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Tenants.VerifyDomain(t.Context(), acme, host, nil, true); err != nil {
		t.Fatal(err)
	}
	own := webtest.Header{Name: "Host", Value: host}
	signedUp := env.Do(t, "POST", "/signup/", signupOf("annabel"), own).Want(t, 201)
	for _, c := range setCookies(signedUp) {
		if c.Path != "/" || !c.Secure || !c.HttpOnly || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s", c)
		}
	}
	env.Do(t, "GET", "/me/", nil, cookies(signedUp), own).Want(t, 200)
	env.Do(t, "GET", "/refresh/", nil, cookies(signedUp, "refresh_token"), own).Want(t, 200)
	out := env.Do(t, "POST", "/logout/", nil, cookies(signedUp), own).Want(t, 200)
	if gone := setCookies(out); len(gone) != 2 || gone[0].MaxAge >= 0 || gone[0].Path != "/" {
		t.Errorf("%v", gone)
	}
}
