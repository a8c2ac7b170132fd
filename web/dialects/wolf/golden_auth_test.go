package wolf_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// The examples of the published document, field for field. Its passwords are the address, which the tenant's policy refuses.
func TestThePublishedExamplesWork(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	tr := env.Transcribe(t, "published", "The examples of the published document.")
	const name, email = "usermrdemonwolfgithubio", "user@mrdemonwolf.github.io"
	tr.Do("register, with the password of the document", "POST", api+"/auth/register",
		form("username", name, "email", email, "password", email), urlencoded).Want(t, 400)
	made := tr.Do("register", "POST", api+"/auth/register", form("username", name, "email", email, "password", passphrase), urlencoded).Want(t, 201)
	same(t, made, `{"code":"PENDING_CONFIRMATION","error":"Please confirm your email address to complete the registration."}`)

	p := w.Person(name)
	p.Email = email
	var in map[string]any
	tr.Do("log in", "POST", api+"/auth/login", form("email", email, "password", passphrase), urlencoded).Want(t, 200).JSON(t, &in)
	has(t, in, "access_token", "refresh_token", "twoFactor")
	if in["twoFactor"] != false {
		t.Errorf("twoFactor is %v", in["twoFactor"])
	}
	var again map[string]any
	tr.Do("refresh", "POST", api+"/auth/refresh", form("refresh_token", in["refresh_token"].(string)), urlencoded).Want(t, 200).JSON(t, &again)
	has(t, again, "access_token", "refresh_token")

	env.Do(t, "PUT", api+"/user/activate-account/"+env.Code(t, acme, email), nil).Want(t, 200)
	p.Access = again["access_token"].(string)
	w.Enrol(p)
	token := half(t, env, email)
	var second map[string]any
	tr.Do("log in with two factor", "POST", api+"/auth/two-factor", form("token", token, "code", p.TOTP()), urlencoded).
		Want(t, 200).JSON(t, &second)
	has(t, second, "access_token", "refresh_token", "twoFactor")
	if second["twoFactor"] != true {
		t.Errorf("twoFactor is %v", second["twoFactor"])
	}
	env.Clock.Advance(30 * time.Second)
	tr.Do("log in with two factor, in the spelling of the table", "POST", api+"/auth/two-factor",
		form("Token", half(t, env, email), "Code", p.TOTP()), urlencoded).Want(t, 200)
	out := tr.Do("log out", "POST", api+"/auth/logout", nil, webtest.Bearer(second["access_token"].(string))).Want(t, 200)
	same(t, out, `{"code":"LOGGED_OUT","error":"You are now logged out."}`)
}

func same(t *testing.T, a *webtest.Answer, want string) {
	t.Helper()
	if diff := cmp.Diff(want+"\n", a.Body); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func has(t *testing.T, got map[string]any, names ...string) {
	t.Helper()
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestLoggingIn(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	w.Join("ann")
	login := api + "/auth/login"
	tr := env.Transcribe(t, "login", "Logging in.")
	tr.Do("right", "POST", login, fields{"email": " ANN@ex.test", "password": passphrase}).Want(t, 200)
	tr.Do("with a slash", "POST", login+"/", form("email", "ann@ex.test", "password", passphrase), urlencoded).Want(t, 200)
	tr.Do("a wrong password", "POST", login, fields{"email": "ann@ex.test", "password": "not it"}).Want(t, 400)
	tr.Do("nobody's address", "POST", login, fields{"email": "bob@ex.test", "password": "not it"}).Want(t, 400)
	tr.Do("a username", "POST", login, fields{"email": "ann", "password": passphrase}).Want(t, 400)
	tr.Do("no password", "POST", login, fields{"email": "ann@ex.test"}).Want(t, 400)
	tr.Do("nothing", "POST", login, fields{}).Want(t, 400)
	tr.Do("in the query", "POST", login+"?"+form("email", "ann@ex.test", "password", passphrase), nil).Want(t, 400)
	tr.Do("a password that nobody can have", "POST", login, fields{"email": "ann@ex.test", "password": "a\tb"}).Want(t, 400)
	tr.Do("a field twice", "POST", login, form("email", "ann@ex.test", "email", "bob@ex.test"), urlencoded).Want(t, 400)
	tr.Do("no JSON", "POST", login, "{").Want(t, 400)
	tr.Do("no object", "POST", login, "[]").Want(t, 400)
	tr.Do("a multipart form", "POST", login, "--x--", webtest.Header{Name: "Content-Type", Value: "multipart/form-data; boundary=x"}).Want(t, 415)
	tr.Do("another method", "GET", login, nil).Want(t, 405)
	tr.Do("no such path", "POST", api+"/auth/nothing", nil).Want(t, 404)
	if a := env.Do(t, "POST", login, `{"email":"`+strings.Repeat("x", 70_000)+`"}`); a.Status != 413 || !strings.Contains(a.Body, `"code":413`) {
		t.Errorf("a large body: status %d: %s", a.Status, a.Body)
	}
	env.Set(t, acme, "abuse.account_failures=2/15m")
	wrong := fields{"email": "cy@ex.test", "password": "not it"}
	for range 2 {
		env.Do(t, "POST", login, wrong).Want(t, 400)
	}
	tr.Do("too often", "POST", login, wrong).Want(t, 429)
	env.Set(t, acme, "mfa.policy=required")
	tr.Do("a second factor must be enrolled first", "POST", login, fields{"email": "ann@ex.test", "password": passphrase}).Want(t, 403)
	env.Set(t, acme, "mfa.policy=optional", "password.enabled=false")
	tr.Do("passwords are off", "POST", login, fields{"email": "ann@ex.test", "password": passphrase}).Want(t, 403)
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	tr.Do("the tenant is suspended", "POST", login, fields{"email": "ann@ex.test", "password": passphrase}).Want(t, 403)
	env.Set(t, acme, "dialects.wolf.enabled=false")
	env.Do(t, "POST", login, nil).Want(t, 404)
}

func TestLoggingInWithASecondFactor(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann, bob := w.JoinWithApp("ann"), w.Join("bob")
	env.EnrolPasskey(t, env.SignIn(t, acme, bob.Email))
	tr := env.Transcribe(t, "two_factor_login", "Logging in with a second factor.")
	second := api + "/auth/two-factor"
	var in struct{ Token string }
	tr.Do("the first", "POST", api+"/auth/login", fields{"email": "ann@ex.test", "password": passphrase}).Want(t, 200).JSON(t, &in)
	if len(in.Token) != 64 {
		t.Errorf("the token has %d characters", len(in.Token))
	}
	tr.Do("a wrong code", "POST", second, fields{"token": in.Token, "code": "000000"}).Want(t, 401)
	tr.Do("a backup code that is none", "POST", second, fields{"token": in.Token, "code": "00000000"}).Want(t, 401)
	tr.Do("no code", "POST", second, fields{"token": in.Token, "code": "abc"}).Want(t, 401)
	tr.Do("nothing", "POST", second, nil).Want(t, 400)
	tr.Do("no token", "POST", second, fields{"token": "nonsense", "code": ann.TOTP()}).Want(t, 400)
	tr.Do("a token that is another", "POST", second, fields{"token": unlike(in.Token), "code": ann.TOTP()}).Want(t, 400)
	env.Do(t, "POST", second, fields{"token": strings.ToUpper(in.Token), "code": ann.TOTP()}).Want(t, 400)
	tr.Do("right", "POST", second, fields{"token": in.Token, "code": ann.TOTP()}).Want(t, 200)
	tr.Do("again", "POST", second, fields{"token": in.Token, "code": ann.TOTP()}).Want(t, 400)
	tr.Do("a backup code", "POST", second, form("token", half(t, env, ann.Email), "code", ann.Recovery[0]), urlencoded).Want(t, 200)
	tr.Do("the same again", "POST", second, form("token", half(t, env, ann.Email), "code", ann.Recovery[0]), urlencoded).Want(t, 401)
	late := half(t, env, ann.Email)
	env.Clock.Advance(15*time.Minute + time.Second)
	tr.Do("too late", "POST", second, fields{"token": late, "code": ann.TOTP()}).Want(t, 400)
	tr.Do("a second factor that cannot be given here", "POST", api+"/auth/login", fields{"email": "bob@ex.test", "password": passphrase}).
		Want(t, 403)
}

func TestStayingLoggedIn(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann := w.Join("ann")
	refresh := api + "/auth/refresh"
	tr := env.Transcribe(t, "refresh", "Staying logged in, and logging out.")
	var in struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	tr.Do("refresh", "POST", refresh, fields{"refresh_token": ann.Refresh}).Want(t, 200).JSON(t, &in)
	tr.Do("the answer was lost", "POST", refresh, fields{"refresh_token": ann.Refresh}).Want(t, 200)
	tr.Do("no token", "POST", refresh, fields{}).Want(t, 400)
	tr.Do("an access token", "POST", refresh, fields{"refresh_token": in.Access}).Want(t, 401)
	tr.Do("forged", "POST", refresh, form("refresh_token", "forged"), urlencoded).Want(t, 401)
	env.Clock.Advance(11 * time.Second)
	tr.Do("used before", "POST", refresh, fields{"refresh_token": ann.Refresh}).Want(t, 401)
	tr.Do("that ended the login", "POST", refresh, fields{"refresh_token": in.Refresh}).Want(t, 401)
	ann = w.EnterElsewhere(ann)
	env.Clock.Advance(31 * time.Minute)
	tr.Do("the access token has expired", "GET", api+"/account", nil, webtest.Bearer(ann.Access)).Want(t, 401)
	tr.Do("it can log out", "POST", api+"/auth/logout", nil, webtest.Bearer(ann.Access)).Want(t, 200)
	tr.Do("logged out", "POST", api+"/auth/logout", nil, webtest.Bearer(ann.Access)).Want(t, 401)
	tr.Do("nobody", "POST", api+"/auth/logout", nil).Want(t, 401)
	tr.Do("another scheme", "POST", api+"/auth/logout", nil, webtest.Header{Name: "Authorization", Value: "Basic YW5uOnB3"}).Want(t, 401)
	env.Do(t, "POST", api+"/auth/logout", nil, webtest.Bearer(ann.Access), webtest.Bearer(ann.Access)).Want(t, 401)
	tr.Do("the refresh token is dead too", "POST", refresh, fields{"refresh_token": ann.Refresh}).Want(t, 401)
	ann = w.EnterElsewhere(ann)
	env.Clock.Advance(24*time.Hour + 2*time.Minute)
	tr.Do("the refresh token has expired", "POST", refresh, fields{"refresh_token": ann.Refresh}).Want(t, 401)
}

func TestTokensSayWhatTheOriginalsDid(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann := w.Join("ann")
	w.Want(w.Me(ann), dialecttest.Done)
	other := w.EnterElsewhere(ann)
	ids := map[string]bool{}
	for token, life := range map[string]time.Duration{
		ann.Access: 30 * time.Minute, ann.Refresh: 24 * time.Hour, other.Access: 30 * time.Minute, other.Refresh: 24 * time.Hour,
	} {
		var said struct {
			Sub, Iss, Jti string
			Iat, Exp      int64
		}
		if err := json.Unmarshal(payload(t, token), &said); err != nil {
			t.Fatal(err)
		}
		if said.Sub != ann.ID || len(said.Sub) != 24 || said.Iss != env.Tenant(t, acme).Issuer {
			t.Errorf("it says %+v, the account's id is %s", said, ann.ID)
		}
		if got := time.Duration(said.Exp-said.Iat) * time.Second; got != life {
			t.Errorf("it lives for %s, want %s", got, life)
		}
		ids[said.Jti] = true
	}
	if len(ids) != 4 || ids[""] {
		t.Errorf("the ids of four tokens are %v", ids)
	}
}
