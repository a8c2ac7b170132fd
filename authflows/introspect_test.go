package authflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// asInspector is a context whose actor may ask about the tokens of one tenant.
func asInspector(t testing.TB, env *flowtest.Env, slug string) context.Context {
	t.Helper()
	id := env.Tenant(t, slug).ID
	return access.With(t.Context(), &access.Actor{
		Kind: access.KindAPIKey, ID: uuid.New(), Home: id,
		Grants: []access.Grant{{Role: access.Admin, Over: id, Scopes: []access.Scope{access.TokensInspect}}},
	})
}

func TestTokensOfADialectAreIntrospectedWhileItIsOn(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, flowtest.Acme, "ann@ex.test")
		client := &authflows.Client{ID: "wolf", Access: 30 * time.Minute, Refresh: 24 * time.Hour, Rotates: true}
		dialect := env.Flows(t, flowtest.Acme).As(client)
		in := must[*authflows.Step](t)(dialect.Login(t.Context(), authflows.LoginInput{Identifier: "ann@ex.test", Password: flowtest.Password})).SignedIn
		ctx := asInspector(t, env, flowtest.Acme)
		ask := func(token string) *authflows.Token {
			t.Helper()
			return must[*authflows.Token](t)(env.Flows(t, flowtest.Acme).Introspect(ctx, token))
		}
		for what, token := range map[string]string{"access": in.AccessToken, "refresh": in.RefreshToken} {
			if got := ask(token); got != nil {
				t.Errorf("%s token of a dialect that is off: %+v", what, got)
			}
		}
		env.Set(t, flowtest.Acme, "dialects.wolf.enabled=true")
		for what, token := range map[string]string{"access": in.AccessToken, "refresh": in.RefreshToken} {
			got := ask(token)
			if got == nil || string(got.Use) != what || got.Client != "wolf" || got.Session.ID != in.Session.ID || got.User.ID != in.User.ID ||
				got.ID == "" || got.Named || !got.Expires.After(env.Clock.Now()) {
				t.Errorf("%s token: %+v", what, got)
			}
		}
		next := must[*authflows.Step](t)(dialect.Refresh(t.Context(), in.RefreshToken)).SignedIn
		env.Clock.Advance(11 * time.Second)
		if ask(in.RefreshToken) != nil || ask(next.RefreshToken) == nil {
			t.Error("the predecessor counts, or the successor does not")
		}
		if got := must[*authflows.Token](t)(env.Flows(t, flowtest.Globex).Introspect(asInspector(t, env, flowtest.Globex), next.RefreshToken)); got != nil {
			t.Errorf("another tenant's: %+v", got)
		}
		mustDo(t, env.Flows(t, flowtest.Acme).RevokeToken(ctx, in.RefreshToken))
		if ask(next.RefreshToken) != nil || ask(next.AccessToken) != nil {
			t.Error("the session goes on after its token was revoked")
		}
	})
}

func TestWhoMayNotInspectLearnsNothing(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	ann := env.SignUp(t, flowtest.Acme, "ann@ex.test")
	f := env.Flows(t, flowtest.Acme)
	for name, ctx := range map[string]context.Context{
		"nobody": t.Context(), "a key of another tenant": asInspector(t, env, flowtest.Globex),
	} {
		if _, err := f.Introspect(ctx, ann.AccessToken); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s asks: %v", name, err)
		}
		if err := f.RevokeToken(ctx, ann.AccessToken); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s ends it: %v", name, err)
		}
	}
	if _, err := f.Bearer(t.Context(), ann.AccessToken); err != nil {
		t.Errorf("the session was ended: %v", err)
	}
}

func TestAKeyAsksSoOftenAndNoMore(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	f, ctx := env.Flows(t, flowtest.Acme), asInspector(t, env, flowtest.Acme)
	refused := 0
	for range 6010 {
		if _, err := f.Introspect(ctx, "nonsense"); fault.CodeOf(err) == fault.RateLimited {
			refused++
		}
	}
	if refused != 10 {
		t.Errorf("%d of 6010 were refused", refused)
	}
	if _, err := f.Introspect(asInspector(t, env, flowtest.Acme), "nonsense"); err != nil {
		t.Errorf("another key: %v", err)
	}
}
