package authflows_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestARefreshTokenIsExchangedForItsSuccessor(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		env.Clock.Advance(9 * time.Minute)
		next := must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
		if next.Session.ID != s.Session.ID || next.Session.Generation != 2 || next.RefreshToken == s.RefreshToken ||
			!next.Session.AuthTime.Equal(s.Session.AuthTime) || next.New {
			t.Errorf("got %+v", next.Session)
		}
		env.Clock.Advance(9 * time.Minute)
		if _, err := bearer(t, env, acme, next.AccessToken); err != nil {
			t.Error(err)
		}
	})
}

func TestARefreshTakesAtMostThreeStatementsAndOneWhereTheSessionIsCached(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		flows := env.Flows(t, acme)
		token := s.RefreshToken
		rotate := func() {
			step, err := flows.Refresh(t.Context(), token)
			mustDo(t, err)
			token = step.SignedIn.RefreshToken
		}
		env.Clock.Advance(0)
		if cold := env.Statements(rotate); len(cold) > 3 {
			t.Errorf("cold: %d statements: %q", len(cold), queries(cold))
		}
		if warm := env.Warm(t, rotate); len(warm) != 1 {
			t.Errorf("warm: %d statements: %q", len(warm), queries(warm))
		}
		if _, err := flows.Bearer(t.Context(), must[*authflows.Step](t)(flows.Refresh(t.Context(), token)).SignedIn.AccessToken); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAccessTokenDoesNotOutliveItsSession(t *testing.T) { // SES-10
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "sessions.absolute=1h", "sessions.idle=1h")
	s := env.SignUp(t, acme, ann)
	env.Clock.Advance(57 * time.Minute)
	next := must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
	if next.ExpiresIn != 3*time.Minute {
		t.Errorf("expires in %s", next.ExpiresIn)
	}
	env.Clock.Advance(3 * time.Minute)
	_, err := refresh(t, env, acme, next.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
	_, err = bearer(t, env, acme, next.AccessToken)
	wantFault(t, err, fault.InvalidToken)
}

func TestCookiesRotateLikeRefreshTokens(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Set(t, acme, "tokens.transport=cookie")
	flows := env.Flows(t, acme)
	s := signIn(t, env, acme, ann)
	next := must[*authflows.Step](t)(flows.RefreshCookie(t.Context(), s.Cookie)).SignedIn
	if next.Cookie == s.Cookie || next.RefreshToken != "" {
		t.Errorf("got %+v", next)
	}
	for _, cookie := range []string{s.Cookie, next.Cookie} {
		if _, err := flows.Cookie(t.Context(), cookie); err != nil {
			t.Errorf("within the grace: %v", err)
		}
	}
	env.Clock.Advance(11 * time.Second)
	_, err := flows.Cookie(t.Context(), s.Cookie)
	wantFault(t, err, fault.InvalidToken)
	if _, err := flows.Cookie(t.Context(), next.Cookie); err != nil {
		t.Error(err)
	}
}
