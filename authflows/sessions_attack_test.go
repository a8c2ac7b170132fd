package authflows_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

func TestTEN03AndSES11OnlyOnesOwnSessionsAreReached(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		mine, hers, foreign := env.SignUp(t, acme, bob), env.SignUp(t, acme, ann), env.SignUp(t, globex, ann)
		flows, me := env.Flows(t, acme), caller(t, env, acme, mine)
		for _, id := range []*authflows.SignedIn{hers, foreign} {
			wantFault(t, flows.RevokeSession(t.Context(), me, id.Session.ID), fault.NotFound)
		}
		wantFault(t, flows.RevokeSession(t.Context(), me, ids.New()), fault.NotFound)
		caller(t, env, acme, hers)
		caller(t, env, globex, foreign)
		if list, err := flows.Sessions(t.Context(), me); err != nil || len(list) != 1 {
			t.Errorf("%d sessions listed, %v", len(list), err)
		}
	})
}

func TestSES05OthersEndOnEveryReplica(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		there := env.Replicas(t, 2)[1]
		all := []*authflows.SignedIn{env.SignUp(t, acme, ann)}
		for range 4 {
			all = append(all, signIn(t, env, acme, ann))
		}
		there.Poll(t)
		for _, s := range all {
			caller(t, there, acme, s)
		}
		if n := must[int](t)(env.Flows(t, acme).LogoutOthers(t.Context(), caller(t, env, acme, all[0]))); n != 4 {
			t.Errorf("%d ended, want 4", n)
		}
		there.Poll(t)
		for _, s := range all[1:] {
			refused(t, there, acme, "ended", s.AccessToken)
			_, err := refresh(t, there, acme, s.RefreshToken)
			wantFault(t, err, fault.InvalidToken)
		}
		caller(t, there, acme, all[0])
	})
}

func TestSES06ARiseHandsOutANewGenerationAndTheOldOneDies(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	c := stepUp(t, env, acme, caller(t, env, acme, s))
	raised := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: password})).SignedIn
	if raised.RefreshToken == s.RefreshToken {
		t.Error("the same token")
	}
	env.Clock.Advance(11 * time.Second)
	_, err := refresh(t, env, acme, s.RefreshToken)
	wantFault(t, err, fault.RefreshTokenReused)
}

func TestSES09NothingOfASuspendedUserIsHonoured(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		env.Set(t, acme, "tokens.transport=cookie")
		cookie := signIn(t, env, acme, ann).Cookie
		mustDo(t, env.DB.User.Update().Where(user.ID(s.User.ID)).SetStatus(user.StatusSuspended).Exec(within(t, env, acme)))
		flows := env.Flows(t, acme)
		_, err := flows.Refresh(t.Context(), s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = flows.Cookie(t.Context(), cookie)
		wantFault(t, err, fault.InvalidToken)
	})
}
