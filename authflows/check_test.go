package authflows_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestASessionCheckTakesNoStatementWarmAndAtMostTwoCold(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		flows := env.Flows(t, acme)
		check := func() {
			c, err := flows.Bearer(t.Context(), s.AccessToken)
			mustDo(t, err)
			if c.User.ID != s.User.ID || c.Session.ID != s.Session.ID {
				t.Errorf("got %+v, %+v", c.User, c.Session)
			}
		}
		if cold := env.Statements(check); len(cold) > 2 {
			t.Errorf("cold: %q", queries(cold))
		}
		if warm := env.Warm(t, check); len(warm) != 0 {
			t.Errorf("warm: %q", queries(warm))
		}
	})
}

func TestACookieIsAlwaysCheckedInTheDatabase(t *testing.T) { // SES-04
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Set(t, acme, "tokens.transport=cookie")
	s := signIn(t, env, acme, ann)
	flows := env.Flows(t, acme)
	warm := env.Warm(t, func() {
		_, err := flows.Cookie(t.Context(), s.Cookie)
		mustDo(t, err)
	})
	if len(warm) != 2 {
		t.Errorf("%q", queries(warm))
	}
}

func TestAChangeOfTheUserIsSeenByTheNextCheck(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	name := "Ann"
	env.Warm(t, func() {
		_, err := env.Flows(t, acme).ChangeMe(t.Context(), caller(t, env, acme, s), authflows.ChangeMeInput{Name: &name})
		mustDo(t, err)
		if c := caller(t, env, acme, s); c.User.Name != name {
			t.Errorf("the check still says %q", c.User.Name)
		}
	})
}

func TestAChangeOfFactorsWhileASessionIsReadDoesNotEndIt(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, other, device := env.SignUp(t, acme, ann), signIn(t, env, acme, ann), newAuthenticator(t)
		here := caller(t, env, acme, s)
		there := env.Replicas(t, 2)[1] // has neither session in memory
		missed := true
		add := func() {
			missed = false
			must[*authflows.Factor](t)(registerPasskey(t, env, acme, here, device))
		}
		there.Before("users", add)
		if c, err := bearer(t, there, acme, s.AccessToken); missed || err != nil || c.User.ID != s.User.ID {
			t.Errorf("the caller is %v, %v, and the change was missed: %t", c, err, missed)
		}

		proven := passkeyCaller(t, env, acme, device)
		// A change that does not take the session along ends it, whenever it comes.
		there.Before("users", func() {
			mustDo(t, env.Flows(t, acme).ChangePassword(t.Context(), proven, password, otherPassword, laptop))
		})
		_, err := bearer(t, there, acme, other.AccessToken)
		wantFault(t, err, fault.InvalidToken)
	})
}

func TestAnotherReplicaHonoursAnEndedSessionUntilItsNextPollAtTheMost(t *testing.T) { // SES-04
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 2)
		here, there := replicas[0], replicas[1]
		s := env.SignUp(t, acme, ann)
		there.Poll(t)
		caller(t, there, acme, s)
		mustDo(t, here.Flows(t, acme).Logout(t.Context(), caller(t, here, acme, s)))
		there.Poll(t)
		_, err := bearer(t, there, acme, s.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = bearer(t, here, acme, s.AccessToken)
		wantFault(t, err, fault.InvalidToken)
	})
}

func TestANewAudienceVoidsTokensWhetherCachedOrNot(t *testing.T) { // JWT-08
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	env.Poll(t)
	caller(t, env, acme, s)
	env.Set(t, acme, "tokens.audience=https://api.ex.test")
	env.Poll(t)
	_, err := bearer(t, env, acme, s.AccessToken)
	wantFault(t, err, fault.InvalidToken)
}

func TestASessionInUseStaysAliveAcrossItsIdleLimit(t *testing.T) { // SES-10
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "sessions.idle=1h", "sessions.access=1h")
		s := env.SignUp(t, acme, ann)
		env.Clock.Advance(50 * time.Minute)
		caller(t, env, acme, s)
		env.Engine.FlushLastSeen(t.Context())
		env.Clock.Advance(30 * time.Minute)
		step := must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken))
		env.Clock.Advance(time.Hour)
		_, err := refresh(t, env, acme, step.SignedIn.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
	})
}
