package authflows_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// passedTimes returns the challenges of so many sign-ins of one user, all open: at most three would be, so that more of them
// race than the service lets. Budgets of guesses are off meanwhile.
func passedTimes(t testing.TB, env *flowtest.Env, n int, email string) (out []uuid.UUID) {
	t.Helper()
	env.Set(t, acme, "abuse.account_failures=0", "abuse.account_daily=0")
	for range n {
		out = append(out, passwordPassed(t, env, acme, email).ID)
	}
	mustDo(t, env.DB.Challenge.Update().Where(challenge.IDIn(out...)).ClearUsedAt().Exec(within(t, env, acme)))
	return out
}

// polled returns the flows of replicas that know the settings as they are now.
func polled(t testing.TB, replicas []*flowtest.Env) []*authflows.Flows {
	t.Helper()
	for _, replica := range replicas {
		replica.Poll(t)
	}
	return flowsOf(t, replicas)
}

// raceAnswers answers each challenge once, all at the same time and spread over replicas, and returns how many opened a session. The
// others must be refused by one of the codes.
func raceAnswers(t *testing.T, replicas []*flowtest.Env, challenges []uuid.UUID, in authflows.Answer, refusals ...fault.Code) int {
	t.Helper()
	flows := polled(t, replicas)
	allowed := map[fault.Code]bool{}
	for _, code := range refusals {
		allowed[code] = true
	}
	var opened atomic.Int32
	flowtest.Parallel(len(challenges), func(i int) {
		one := in
		one.Challenge, one.Device = challenges[i], laptop
		step, err := flows[i%len(flows)].Answer(t.Context(), one)
		switch {
		case err == nil && step.SignedIn != nil:
			opened.Add(1)
		case err == nil:
			t.Errorf("got %+v", step.Challenge)
		case !allowed[fault.CodeOf(err)]:
			t.Errorf("got %v", err)
		}
	})
	return int(opened.Load())
}

// wantUnnamed fails unless an answer was refused because several factors could have given it.
func wantUnnamed(t testing.TB, err error) {
	t.Helper()
	wantFault(t, err, fault.InvalidInput)
	if diff := cmp.Diff([]string{"factor required"}, fields(err)); diff != "" {
		t.Error(diff)
	}
}

// MFA-01: what a password leaves to answer is no token, and no other operation takes its id.
func TestMFA01AnOpenSecondFactorOpensNothingElse(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, app := userWithApp(t, env, acme, ann)
		other := env.SignUp(t, acme, bob)
		c := passwordPassed(t, env, acme, ann)
		flows := env.Flows(t, acme)
		for _, text := range []string{c.PublicID(), c.ID.String(), "tgr_" + c.PublicID(), "tgc_" + c.PublicID()} {
			_, err := flows.Bearer(t.Context(), text)
			wantFault(t, err, fault.InvalidToken)
			_, err = flows.Refresh(t.Context(), text)
			wantFault(t, err, fault.InvalidToken)
			_, err = flows.Cookie(t.Context(), text)
			wantFault(t, err, fault.InvalidToken)
		}
		_, err := flows.Enrol(t.Context(), c.ID, amr.TOTP, "", laptop)
		wantFault(t, err, fault.ChallengeExpired)
		_, err = flows.Resend(t.Context(), c.ID, laptop)
		wantFault(t, err, fault.FactorNotOffered)
		for _, who := range []*authflows.SignedIn{s, other} {
			_, _, err = flows.ActivateTOTP(t.Context(), caller(t, env, acme, who), c.ID, codeIn(t, env, app.secret, 1), laptop)
			wantFault(t, err, fault.ChallengeExpired)
			_, err = flows.AddPasskey(t.Context(), caller(t, env, acme, who), c.ID, []byte("{}"), "", laptop)
			wantFault(t, err, fault.ChallengeExpired)
		}
		for _, factor := range []amr.Method{amr.Password, amr.EmailCode, amr.Passkey, "nonsense"} {
			_, err = answer(t, env, acme, authflows.Answer{
				Challenge: c.ID, Factor: factor, Code: "123456", Password: password, NewPassword: otherPassword,
			})
			wantFault(t, err, fault.FactorNotOffered)
		}
		// Which of the two is meant must be said, also where only one fits.
		_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: codeIn(t, env, app.secret, 1)})
		wantUnnamed(t, err)
		_, err = answerCode(t, env, globex, c, amr.TOTP, codeIn(t, env, app.secret, 1))
		wantFault(t, err, fault.ChallengeExpired)
		must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, app.next(t, env)))
	})
}

func TestMFA02ACodeOfAnAppCountsOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 2)
		_, app := userWithApp(t, env, acme, ann)
		first, same := passwordPassed(t, env, acme, ann), passwordPassed(t, env, acme, ann)
		code := app.next(t, env)
		must[*authflows.Step](t)(answerCode(t, env, acme, first, amr.TOTP, code))
		_, err := answerCode(t, env, acme, first, amr.TOTP, code)
		wantFault(t, err, fault.ChallengeExpired)
		_, err = answerCode(t, env, acme, same, amr.TOTP, code)
		wantFault(t, err, fault.WrongCode)
		_, err = answerCode(t, replicas[1], acme, passwordPassed(t, replicas[1], acme, ann), amr.TOTP, code)
		wantFault(t, err, fault.WrongCode)
		env.Clock.Advance(period)
		_, err = answerCode(t, env, acme, passwordPassed(t, env, acme, ann), amr.TOTP, code)
		wantFault(t, err, fault.WrongCode)
		env.Clock.Advance(-period) // a clock that is set back brings no code back
		_, err = answerCode(t, env, acme, passwordPassed(t, env, acme, ann), amr.TOTP, code)
		wantFault(t, err, fault.WrongCode)
	})
}

// MFA-02: nor does it count for a step-up after a sign-in, or the other way round.
func TestACodeOfAnAppCountsOnceAcrossPurposes(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	s := signInWithApp(t, env, acme, ann, app)
	raise := stepUp(t, env, acme, caller(t, env, acme, s))
	_, err := answerCode(t, env, acme, raise, amr.TOTP, codeIn(t, env, app.secret, 0))
	wantFault(t, err, fault.WrongCode)
	code := app.next(t, env)
	must[*authflows.Step](t)(answerCode(t, env, acme, raise, amr.TOTP, code))
	_, err = answerCode(t, env, acme, passwordPassed(t, env, acme, ann), amr.TOTP, code)
	wantFault(t, err, fault.WrongCode)
}

func TestMFA04OneCodeOfAnAppAnswersOneOf200Flows(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		_, app := userWithApp(t, env, acme, ann)
		challenges := passedTimes(t, env, 200, ann)
		code := app.next(t, env)
		if n := raceAnswers(t, replicas, challenges, authflows.Answer{Factor: amr.TOTP, Code: code}, fault.WrongCode); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
		if n := facts(t, env, acme, events.UserSignedIn); n != 2 {
			t.Errorf("%d sign-ins noted, want that of the sign-up and one more", n)
		}
	})
}

func TestMFA05CodesOfThePreviousThisAndTheNextStepCount(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	for _, c := range []struct {
		steps int
		ok    bool
	}{{-2, false}, {-1, true}, {0, true}, {1, true}, {2, false}} {
		env.Clock.Advance(10 * period)
		open := passwordPassed(t, env, acme, ann)
		step, err := answerCode(t, env, acme, open, amr.TOTP, codeIn(t, env, app.secret, c.steps))
		if ok := err == nil && step.SignedIn != nil; ok != c.ok || !ok && fault.CodeOf(err) != fault.WrongCode {
			t.Errorf("step %+d: %v", c.steps, err)
		}
	}
}

// MFA-11: whose code counts says the challenge alone.
func TestMFA11AnothersCodeAnswersNobodysChallenge(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, anns := userWithApp(t, env, acme, ann)
		_, bobs := userWithApp(t, env, acme, bob)
		_, twins := userWithApp(t, env, globex, ann)
		c := passwordPassed(t, env, acme, ann)
		env.Clock.Advance(period)
		for _, app := range []*authApp{bobs, twins} {
			_, err := answerCode(t, env, acme, c, amr.TOTP, codeIn(t, env, app.secret, 0))
			wantFault(t, err, fault.WrongCode)
			_, err = answerCode(t, env, acme, c, amr.RecoveryCode, app.recovery[0])
			wantFault(t, err, fault.WrongCode)
		}
		// Bob's own code is not used up by that.
		s := must[*authflows.Step](t)(answerCode(t, env, acme, passwordPassed(t, env, acme, bob), amr.TOTP, codeIn(t, env, bobs.secret, 0)))
		if s.SignedIn.User.Email != bob {
			t.Error("signed in as somebody else")
		}
		must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, codeIn(t, env, anns.secret, 0)))
	})
}

func TestASecondFactorIsWaitedForTenMinutes(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	early, late := passwordPassed(t, env, acme, ann), passwordPassed(t, env, acme, ann)
	env.Clock.Advance(10*time.Minute - time.Second)
	must[*authflows.Step](t)(answerCode(t, env, acme, early, amr.TOTP, codeIn(t, env, app.secret, 0)))
	env.Clock.Advance(2 * time.Second)
	_, err := answerCode(t, env, acme, late, amr.TOTP, codeIn(t, env, app.secret, 1))
	wantFault(t, err, fault.ChallengeExpired)
}
