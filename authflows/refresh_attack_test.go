package authflows_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

func TestTEN02ARefreshTokenTriedElsewhereIsNotConsumed(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		_, err := refresh(t, env, globex, s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken))
		if facts(t, env, acme, events.RefreshTokenReused) != 0 {
			t.Error("the try counted as reuse")
		}
	})
}

func TestSES01AnOldRefreshTokenEndsItsSession(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		r1 := env.SignUp(t, acme, ann)
		r2 := must[*authflows.Step](t)(refresh(t, env, acme, r1.RefreshToken)).SignedIn
		env.Clock.Advance(11 * time.Second)
		r3 := must[*authflows.Step](t)(refresh(t, env, acme, r2.RefreshToken)).SignedIn
		_, err := refresh(t, env, acme, r1.RefreshToken)
		wantFault(t, err, fault.RefreshTokenReused)
		_, err = refresh(t, env, acme, r3.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = bearer(t, env, acme, r3.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		if facts(t, env, acme, events.RefreshTokenReused) != 1 || len(env.Mails(t, acme, ann)) != 2 {
			t.Error("the theft is one fact, and one notice")
		}
	})
}

func TestSES01ThePredecessorCountsForTenSecondsOnly(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	r1 := env.SignUp(t, acme, ann)
	must[*authflows.Step](t)(refresh(t, env, acme, r1.RefreshToken))
	env.Clock.Advance(10*time.Second + time.Microsecond)
	_, err := refresh(t, env, acme, r1.RefreshToken)
	wantFault(t, err, fault.RefreshTokenReused)
}

func TestSES02ParallelRefreshesLeaveOneLiveLeaf(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		s := env.SignUp(t, acme, ann)
		flows := flowsOf(t, replicas)
		var mu sync.Mutex
		leaves := map[string]int{}
		flowtest.Parallel(20, func(i int) {
			step, err := flows[i%3].Refresh(t.Context(), s.RefreshToken)
			if err != nil {
				t.Errorf("somebody is logged out: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			leaves[step.SignedIn.RefreshToken]++
		})
		if len(leaves) != 1 {
			t.Fatalf("%d leaves", len(leaves))
		}
		for leaf := range leaves {
			must[*authflows.Step](t)(flows[1].Refresh(t.Context(), leaf))
		}
	})
}

func flowsOf(t testing.TB, replicas []*flowtest.Env) (out []*authflows.Flows) {
	t.Helper()
	for _, r := range replicas {
		out = append(out, r.Flows(t, acme))
	}
	return out
}

func TestSES03ALostAnswerIsGivenAgain(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		lost := must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
		env.Clock.Advance(10 * time.Second)
		again := must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
		if again.RefreshToken != lost.RefreshToken {
			t.Error("the session forked")
		}
	})
}

func TestSES10LimitsHoldHoweverOftenASessionRotates(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "sessions.idle=2d", "sessions.absolute=5d")
	s := env.SignUp(t, acme, ann)
	start := env.Clock.Now()
	for env.Clock.Now().Sub(start) < 4*24*time.Hour {
		env.Clock.Advance(24 * time.Hour)
		s = must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
	}
	env.Clock.Advance(24 * time.Hour)
	_, err := refresh(t, env, acme, s.RefreshToken)
	wantFault(t, err, fault.InvalidToken)

	s = signIn(t, env, acme, ann)
	env.Clock.Advance(2 * 24 * time.Hour)
	_, err = refresh(t, env, acme, s.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
}

func TestTEN10ASuspendedTenantHonoursNothing(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 2)
		s := env.SignUp(t, acme, ann)
		there := replicas[1].Flows(t, acme) // a request that began before
		must[*tenants.Tenant](t)(env.Tenants.Suspend(t.Context(), acme))
		_, err := there.Refresh(t.Context(), s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = env.Engine.For(env.Tenant(t, acme))
		wantFault(t, err, fault.TenantSuspended)
		if len(env.Tenant(t, acme).Signing.JWKS()) == 0 {
			t.Error("the key set is down")
		}
		must[*tenants.Tenant](t)(env.Tenants.Resume(t.Context(), acme))
		_, err = refresh(t, env, acme, s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		signIn(t, env, acme, ann)
		caller(t, env, globex, env.SignUp(t, globex, ann))
	})
}

func TestTEN07ANewTenantOfAnOldSlugHonoursNothingOfTheOldOne(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		c := requestReset(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		pending := signUp(t, env, acme, bob)
		mustDo(t, env.Tenants.Delete(t.Context(), acme, nil))
		env.CreateTenant(t, acme)
		refused(t, env, acme, "access token", s.AccessToken)
		_, err := refresh(t, env, acme, s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		wantFault(t, answerReset(t, env, acme, c.ID, code), fault.ChallengeExpired)
		_, err = env.Flows(t, acme).Resend(t.Context(), pending.ID, laptop)
		wantFault(t, err, fault.ChallengeExpired)
		_, err = login(t, env, acme, ann, password)
		wantFault(t, err, fault.InvalidCredentials)
		if n := len(env.Mails(t, acme, "")); n != 0 {
			t.Errorf("%d mails of the old tenant", n)
		}
	})
}
