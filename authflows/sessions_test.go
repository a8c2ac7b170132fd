package authflows_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestSigningOutEndsOneAllOrAllOtherSessions(t *testing.T) { // SES-05
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		one := env.SignUp(t, acme, ann)
		two, three, four := signIn(t, env, acme, ann), signIn(t, env, acme, ann), signIn(t, env, acme, ann)
		foreign := env.SignUp(t, acme, bob)
		flows := env.Flows(t, acme)
		current := caller(t, env, acme, two)
		mustDo(t, flows.Logout(t.Context(), caller(t, env, acme, one)))
		if n := must[int](t)(flows.LogoutOthers(t.Context(), current)); n != 2 {
			t.Errorf("%d others ended, want 2", n)
		}
		list := must[[]*sessions.Session](t)(flows.Sessions(t.Context(), current))
		if len(list) != 1 || list[0].ID != two.Session.ID {
			t.Errorf("%d sessions listed", len(list))
		}
		if n := must[int](t)(flows.LogoutAll(t.Context(), current)); n != 1 {
			t.Errorf("%d ended, want 1", n)
		}
		for _, s := range []*authflows.SignedIn{one, two, three, four} {
			_, err := refresh(t, env, acme, s.RefreshToken)
			wantFault(t, err, fault.InvalidToken)
			_, err = bearer(t, env, acme, s.AccessToken)
			wantFault(t, err, fault.InvalidToken)
		}
		caller(t, env, acme, foreign)
		mustDo(t, flows.Logout(t.Context(), current))
		if facts(t, env, acme, events.SessionEnded) != 1 || facts(t, env, acme, events.SessionsEnded) != 2 {
			t.Error("each end is one fact")
		}
	})
}

func TestDeletingOneselfNeedsAFreshProofAndLeavesNothing(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "sessions.access=1h")
		s := env.SignUp(t, acme, ann)
		env.Clock.Advance(11 * time.Minute)
		flows := env.Flows(t, acme)
		wantFault(t, flows.DeleteMe(t.Context(), caller(t, env, acme, s), laptop), fault.StepUpRequired)
		c := stepUp(t, env, acme, caller(t, env, acme, s))
		raised := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: password})).SignedIn
		mustDo(t, flows.DeleteMe(t.Context(), caller(t, env, acme, raised), laptop))
		_, err := bearer(t, env, acme, raised.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = login(t, env, acme, ann, password)
		wantFault(t, err, fault.InvalidCredentials)
		ctx := within(t, env, acme)
		for name, n := range map[string]int{
			"users":       must[int](t)(env.DB.User.Query().Count(ctx)),
			"identifiers": must[int](t)(env.DB.Identifier.Query().Count(ctx)),
			"sessions":    must[int](t)(env.DB.Session.Query().Count(ctx)),
			"passwords":   must[int](t)(env.DB.PasswordCredential.Query().Count(ctx)),
		} {
			if n != 0 {
				t.Errorf("%d %s are left", n, name)
			}
		}
		if mails := env.Mails(t, acme, ann); len(mails) != 2 {
			t.Errorf("%d mails, want the code and the notice", len(mails))
		}
		if again := env.SignUp(t, acme, ann); again.User.ID == s.User.ID {
			t.Error("the same user came back")
		}
	})
}

func TestAStepUpRaisesTheSameSession(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		env.Clock.Advance(5 * time.Minute)
		c := stepUp(t, env, acme, caller(t, env, acme, s))
		if c.Kind != authflows.KindMFA || len(c.Factors) != 1 || c.Factors[0] != amr.Password {
			t.Fatalf("asked for %+v", c)
		}
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: wrongPassword})
		wantFault(t, err, fault.InvalidCredentials)
		_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID})
		wantFault(t, err, fault.InvalidInput)
		raised := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: password})).SignedIn
		if raised.Session.ID != s.Session.ID || raised.Session.Generation != 2 || !raised.Session.AuthTime.Equal(env.Clock.Now()) {
			t.Errorf("got %+v", raised.Session)
		}
		if got := caller(t, env, acme, raised); !got.Session.AuthTime.Equal(env.Clock.Now()) {
			t.Error("the check does not see the proof")
		}
		_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: password})
		wantFault(t, err, fault.ChallengeExpired)
		if facts(t, env, acme, events.SessionRaised) != 1 {
			t.Error("a rise is one fact")
		}
	})
}

func TestAStepUpAsksOnlyForWhatReachesTheLevel(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := caller(t, env, acme, env.SignUp(t, acme, ann))
	_, err := env.Flows(t, acme).StepUp(t.Context(), c, amr.AAL2, laptop)
	wantFault(t, err, fault.FactorNotOffered)
}

func TestAStepUpEndsWithItsSession(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	who := caller(t, env, acme, env.SignUp(t, acme, ann))
	c := stepUp(t, env, acme, who)
	mustDo(t, env.Flows(t, acme).Logout(t.Context(), who))
	_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: password})
	wantFault(t, err, fault.ChallengeExpired)
}
