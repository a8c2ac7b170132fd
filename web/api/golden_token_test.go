package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

var asForm = webtest.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}

// inspector is the header of an API key over a tenant, or over every one.
func inspector(t *testing.T, env *webtest.Env, slug string, scopes ...access.Scope) webtest.Header {
	t.Helper()
	in := tenants.NewAPIKey{Name: "api", Role: access.Admin, Scopes: scopes}
	_, secret, err := env.Tenants.CreateAPIKey(t.Context(), env.Tenant(t, slug), in)
	if err != nil {
		t.Fatal(err)
	}
	webtest.Log.Secret("an API key", secret)
	return webtest.Bearer(secret)
}

func form(token string, more ...string) string {
	values := url.Values{"token": {token}}
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return values.Encode()
}

func TestAskingWhatATokenStandsFor(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann, theirs := env.Join(t, acme, "ann@ex.test"), env.Join(t, webtest.Globex, "eve@ex.test")
	key := inspector(t, env, acme, access.TokensInspect)
	named := inspector(t, env, acme, access.TokensInspect, access.UsersPII)
	tr := env.Transcribe(t, "introspect", "Asking what a token stands for, and ending its session.")
	at, end := v1+"/introspect", v1+"/revoke"
	tr.Do("an access token", "POST", at, form(ann.AccessToken), asForm, key).Want(t, 200)
	tr.Do("for a key that may see who it is", "POST", at, form(ann.AccessToken, "token_type_hint", "refresh_token", "x", "y"), asForm, named).Want(t, 200)
	tr.Do("a refresh token", "POST", at, form(ann.RefreshToken), asForm, key).Want(t, 200)
	tr.Do("another tenant's", "POST", at, form(theirs.AccessToken), asForm, key).Want(t, 200)
	tr.Do("nonsense", "POST", at, form("nonsense"), asForm, key).Want(t, 200)
	tr.Do("no token", "POST", at, "token_type_hint=access_token", asForm, key).Refused(t, 422, fault.InvalidInput)
	tr.Do("an empty one", "POST", at, "token=", asForm, key).Refused(t, 422, fault.InvalidInput)
	tr.Do("two", "POST", at, "token=a&token=b", asForm, key).Refused(t, 422, fault.InvalidInput)
	tr.Do("JSON", "POST", at, `{"token":"x"}`, key).Refused(t, 415, fault.UnsupportedMediaType)
	tr.Do("nobody", "POST", at, form(ann.AccessToken), asForm).Refused(t, 401, fault.Unauthenticated)
	tr.Do("a user", "POST", at, form(ann.AccessToken), asForm, ann.Auth()).Refused(t, 401, fault.InvalidToken)
	tr.Do("a key of another tenant", "POST", at, form(ann.AccessToken), asForm, inspector(t, env, webtest.Globex)).Refused(t, 403, fault.Forbidden)
	tr.Do("a key without the scope", "POST", at, form(ann.AccessToken), asForm, inspector(t, env, acme, access.UsersRead)).Refused(t, 403, fault.Forbidden)
	tr.Do("end by another tenant's token", "POST", end, form(theirs.AccessToken), asForm, key).Want(t, 200)
	tr.Do("end by nonsense", "POST", end, form("nonsense"), asForm, key).Want(t, 200)
	env.Do(t, "GET", webtest.API(webtest.Globex)+"/me", nil, theirs.Auth()).Want(t, 200)
	tr.Do("end without the scope", "POST", end, form(ann.AccessToken), asForm, inspector(t, env, acme, access.UsersRead)).Refused(t, 403, fault.Forbidden)
	env.Do(t, "GET", v1+"/me", nil, ann.Auth()).Want(t, 200)
	tr.Do("end", "POST", end, form(ann.RefreshToken), asForm, key).Want(t, 200)
	tr.Do("end again", "POST", end, form(ann.RefreshToken), asForm, key).Want(t, 200)
	tr.Do("it is over", "POST", at, form(ann.AccessToken), asForm, key).Want(t, 200)
	env.Do(t, "POST", v1+"/token", fields{"refresh_token": ann.RefreshToken}).Refused(t, 401, fault.InvalidToken)
}

func active(t *testing.T, env *webtest.Env, key webtest.Header, token string) (state map[string]any) {
	t.Helper()
	env.Do(t, "POST", v1+"/introspect", form(token), asForm, key).Want(t, 200).JSON(t, &state)
	if state["active"] == false && len(state) != 1 {
		t.Errorf("more than active: %v", state)
	}
	return state
}

func TestIntrospectionFollowsTheSession(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	key := inspector(t, env, tenants.Reserved) // over every tenant
	first := active(t, env, key, ann.AccessToken)
	if first["active"] != true || first["token_type"] != "Bearer" || first["sid"] != ann.SessionID || first["sub"] != ann.ID || first["jti"] == "" {
		t.Fatal(first)
	}
	looked := env.Statements(func() { active(t, env, key, ann.AccessToken) })
	sessions := 0
	for _, s := range looked {
		if strings.Contains(s.Query, "`sessions`") || strings.Contains(s.Query, `"sessions"`) {
			sessions++
		}
	}
	if sessions == 0 {
		t.Error("answered without the database")
	}
	var next webtest.Step
	env.Do(t, "POST", v1+"/token", fields{"refresh_token": ann.RefreshToken}).Want(t, 200).JSON(t, &next)
	if refresh := active(t, env, key, ann.RefreshToken); refresh["active"] != true || refresh["token_use"] != "refresh_token" || refresh["token_type"] != nil {
		t.Errorf("a predecessor within its grace: %v", refresh)
	}
	env.Clock.Advance(11 * time.Second)
	if refresh := active(t, env, key, ann.RefreshToken); refresh["active"] != false {
		t.Errorf("a predecessor: %v", refresh)
	}
	if refresh := active(t, env, key, next.RefreshToken); refresh["active"] != true {
		t.Errorf("its successor: %v", refresh)
	}
	env.Clock.Advance(10 * time.Minute)
	if old := active(t, env, key, ann.AccessToken); old["active"] != false {
		t.Errorf("an expired one: %v", old)
	}
	if live := active(t, env, key, next.RefreshToken); live["active"] != true {
		t.Errorf("the session goes on: %v", live)
	}
	// An expired token still says whose session is to end.
	env.Do(t, "POST", v1+"/revoke", form(ann.AccessToken), asForm, key).Want(t, 200)
	if over := active(t, env, key, next.RefreshToken); over["active"] != false {
		t.Errorf("the session was ended: %v", over)
	}
	bob := env.Join(t, acme, "bob@ex.test")
	for _, other := range []string{bob.DeviceToken, strings.TrimPrefix(key.Value, "Bearer "), bob.SessionID} {
		if other != "" && active(t, env, key, other)["active"] != false {
			t.Errorf("%.6s… is no token of a session", other)
		}
	}
}
