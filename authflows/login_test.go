package authflows_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestARightPasswordOpensASession(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		first := env.SignUp(t, acme, ann)
		s := signIn(t, env, acme, ann)
		if s.New || s.User.ID != first.User.ID || s.Session.ID == first.Session.ID || s.Session.Generation != 1 {
			t.Errorf("got %+v, %+v", s, s.Session)
		}
		if diff := cmp.Diff([]amr.Method{amr.Password}, s.Session.Proofs); diff != "" {
			t.Error(diff)
		}
		if s.Cookie != "" || s.ExpiresIn.Minutes() != 10 {
			t.Errorf("cookie %q, expires in %s", s.Cookie, s.ExpiresIn)
		}
		if facts(t, env, acme, events.UserSignedIn) != 2 {
			t.Error("the sign-up opened a session, and this sign-in one more")
		}
	})
}

func TestWhereTheTenantChoseCookiesNoTokenIsHandedOut(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Set(t, acme, "tokens.transport=cookie")
	s := signIn(t, env, acme, ann)
	if s.Cookie == "" || s.AccessToken != "" || s.RefreshToken != "" {
		t.Errorf("got %+v", s)
	}
}

func TestRefusedSignInsAreAlikeAndNoted(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	suspended := env.SignUp(t, acme, bob).User.ID
	env.SignUp(t, acme, ann)
	mustDo(t, env.DB.User.Update().Where(user.ID(suspended)).SetStatus(user.StatusSuspended).Exec(within(t, env, acme)))
	for _, c := range [][2]string{{ann, wrongPassword}, {bob, password}, {"nobody@ex.test", password}, {"\x00", password}, {ann, strings.ToUpper(password)}} {
		_, err := login(t, env, acme, c[0], c[1])
		wantFault(t, err, fault.InvalidCredentials)
		if diff := cmp.Diff([]string(nil), fields(err)); diff != "" {
			t.Error(diff)
		}
	}
	if n := facts(t, env, acme, events.SignInRefused); n != 5 {
		t.Errorf("%d refusals noted, want 5", n)
	}
}

func TestASignInWithoutAnythingToCheckIsInvalid(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	for name, c := range map[string]struct {
		in   authflows.LoginInput
		want []string
	}{
		"nothing":          {authflows.LoginInput{}, []string{"identifier required", "password required"}},
		"blank identifier": {authflows.LoginInput{Identifier: " \t", Password: "x"}, []string{"identifier required"}},
		"NUL":              {authflows.LoginInput{Identifier: ann, Password: "a\x00"}, []string{"password invalid"}},
		"too long":         {authflows.LoginInput{Identifier: ann, Password: strings.Repeat("a", 257)}, []string{"password invalid"}},
		"not UTF-8":        {authflows.LoginInput{Identifier: ann, Password: "\xff"}, []string{"password invalid"}},
	} {
		var err error
		statements := env.Warm(t, func() { _, err = env.Flows(t, acme).Login(t.Context(), c.in) })
		wantFault(t, err, fault.InvalidInput)
		if diff := cmp.Diff(c.want, fields(err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(statements) != 0 {
			t.Errorf("%s: refused after %q", name, queries(statements))
		}
	}
	env.Set(t, acme, "password.enabled=false")
	_, err := login(t, env, acme, ann, password)
	wantFault(t, err, fault.MethodDisabled)
}

func TestAPasswordSignInTakesAtMostSevenStatements(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		flows := env.Flows(t, acme)
		statements := env.Statements(func() {
			_, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Device: laptop})
			mustDo(t, err)
		})
		if len(statements) > 7 {
			t.Errorf("%d statements: %q", len(statements), queries(statements))
		}
	})
}

func TestBeyondTheLimitOfSessionsTheOldestEnd(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "sessions.max_per_user=2")
		oldest := env.SignUp(t, acme, ann)
		env.Clock.Advance(1e9)
		middle := signIn(t, env, acme, ann)
		env.Clock.Advance(1e9)
		newest := signIn(t, env, acme, ann)
		live := must[[]uuid.UUID](t)(env.DB.Session.Query().Where(session.EndedAtIsNil()).IDs(within(t, env, acme)))
		if len(live) != 2 {
			t.Errorf("%d sessions live", len(live))
		}
		_, err := refresh(t, env, acme, oldest.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		for _, s := range []*authflows.SignedIn{middle, newest} {
			if _, err := refresh(t, env, acme, s.RefreshToken); err != nil {
				t.Error(err)
			}
		}
		if facts(t, env, acme, events.SessionsEnded) != 1 {
			t.Error("the end of sessions is a fact")
		}
	})
}

func TestAnOddUserAgentStopsNobody(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		for _, agent := range []string{"\xff\xfe", "a\x00b", "", strings.Repeat("a", 100_000)} {
			device := laptop
			device.UserAgent = agent
			_, err := env.Flows(t, acme).Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Device: device})
			if err != nil {
				t.Errorf("agent of %d bytes: %v", len(agent), err)
			}
		}
	})
}

func TestWhereMFAIsRequiredAPasswordAloneOpensNoSession(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Set(t, acme, "mfa.policy=required")
	step, err := login(t, env, acme, ann, password)
	mustDo(t, err)
	if step.SignedIn != nil || step.Challenge.Kind != authflows.KindEnrol {
		t.Fatalf("got %+v", step)
	}
	_, err = answer(t, env, acme, authflows.Answer{Challenge: step.Challenge.ID, Factor: amr.TOTP, Code: "123456"})
	wantNotBegun(t, err)
}
