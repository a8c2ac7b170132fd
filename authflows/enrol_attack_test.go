package authflows_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestMFA10AnAppThatWasNotActivatedIsNoFactor(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		c := caller(t, env, acme, s)
		flows := env.Flows(t, acme)
		begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), c, ""))
		step := must[*authflows.Step](t)(login(t, env, acme, ann, password))
		if step.SignedIn == nil {
			t.Fatalf("asked for %v", step.Challenge.Factors)
		}
		if listed := must[*authflows.Enrolled](t)(flows.Factors(t.Context(), c)); len(listed.Factors) != 0 || listed.RecoveryCodesLeft != 0 {
			t.Errorf("got %+v", listed)
		}
		_, err := answerCode(t, env, acme, &authflows.Challenge{ID: begun.Challenge}, amr.TOTP, codeIn(t, env, begun.Secret, 0))
		wantFault(t, err, fault.ChallengeExpired)
		wantFault(t, flows.RemoveFactor(t.Context(), c, begun.Challenge, laptop), fault.NotFound)

		// A new enrolment replaces it.
		again := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), c, ""))
		if again.Secret == begun.Secret {
			t.Error("the same secret again")
		}
		_, _, err = flows.ActivateTOTP(t.Context(), c, begun.Challenge, codeIn(t, env, begun.Secret, 0), laptop)
		wantFault(t, err, fault.ChallengeExpired)
		_, _, err = flows.ActivateTOTP(t.Context(), c, again.Challenge, another(codeIn(t, env, again.Secret, 0)), laptop)
		wantFault(t, err, fault.WrongCode)

		// And it expires.
		env.Clock.Advance(10 * time.Minute)
		_, _, err = flows.ActivateTOTP(t.Context(), c, again.Challenge, codeIn(t, env, again.Secret, 0), laptop)
		wantFault(t, err, fault.ChallengeExpired)
		if must[*authflows.Step](t)(login(t, env, acme, ann, password)).SignedIn == nil {
			t.Error("a factor that never was is asked for")
		}
	})
}

func TestTheCodeThatEnrolsAnAppSignsNobodyIn(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := caller(t, env, acme, env.SignUp(t, acme, ann))
	flows := env.Flows(t, acme)
	begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), c, ""))
	ahead := codeIn(t, env, begun.Secret, 1)
	_, _, err := flows.ActivateTOTP(t.Context(), c, begun.Challenge, ahead, laptop)
	mustDo(t, err)
	_, _, err = flows.ActivateTOTP(t.Context(), c, begun.Challenge, codeIn(t, env, begun.Secret, 0), laptop)
	wantFault(t, err, fault.ChallengeExpired)
	open := passwordPassed(t, env, acme, ann)
	for range 2 { // in its step and in the next
		_, err = answerCode(t, env, acme, open, amr.TOTP, ahead)
		wantFault(t, err, fault.WrongCode)
		env.Clock.Advance(period)
	}
	must[*authflows.Step](t)(answerCode(t, env, acme, open, amr.TOTP, codeIn(t, env, begun.Secret, 0)))
}

func TestAnEnrolmentIsItsSessionsAlone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		first := caller(t, env, acme, env.SignUp(t, acme, ann))
		second := caller(t, env, acme, must[*authflows.Step](t)(login(t, env, acme, ann, password)).SignedIn)
		stranger := caller(t, env, acme, env.SignUp(t, acme, bob))
		elsewhere := caller(t, env, globex, env.SignUp(t, globex, ann))
		flows := env.Flows(t, acme)
		begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), first, ""))
		code := codeIn(t, env, begun.Secret, 0)
		for _, c := range []*authflows.Caller{second, stranger} {
			_, _, err := flows.ActivateTOTP(t.Context(), c, begun.Challenge, code, laptop)
			wantFault(t, err, fault.ChallengeExpired)
		}
		_, _, err := env.Flows(t, globex).ActivateTOTP(t.Context(), elsewhere, begun.Challenge, code, laptop)
		wantFault(t, err, fault.ChallengeExpired)
		_, err = flows.AddPasskey(t.Context(), first, begun.Challenge, []byte(`{}`), "", laptop)
		wantFault(t, err, fault.ChallengeExpired)
		_, err = flows.Enrol(t.Context(), begun.Challenge, amr.TOTP, "", laptop)
		wantFault(t, err, fault.ChallengeExpired)
		factor, _, err := flows.ActivateTOTP(t.Context(), first, begun.Challenge, code, laptop)
		mustDo(t, err)
		// A factor of another user or tenant is not found, and stays.
		wantFault(t, flows.RemoveFactor(t.Context(), stranger, factor.ID, laptop), fault.NotFound)
		wantFault(t, env.Flows(t, globex).RemoveFactor(t.Context(), elsewhere, factor.ID, laptop), fault.NotFound)
		_, err = flows.RenamePasskey(t.Context(), stranger, factor.ID, "mine")
		wantFault(t, err, fault.NotFound)
		passwordPassed(t, env, acme, ann)
	})
}

func TestFiveWrongCodesEndAnEnrolment(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := caller(t, env, acme, env.SignUp(t, acme, ann))
	flows := env.Flows(t, acme)
	begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), c, ""))
	right := codeIn(t, env, begun.Secret, 0)
	for _, odd := range []string{"", "12345", "nonsense"} {
		_, _, err := flows.ActivateTOTP(t.Context(), c, begun.Challenge, odd, laptop)
		wantFault(t, err, fault.InvalidInput)
	}
	for range 5 {
		_, _, err := flows.ActivateTOTP(t.Context(), c, begun.Challenge, another(right), laptop)
		wantFault(t, err, fault.WrongCode)
	}
	_, _, err := flows.ActivateTOTP(t.Context(), c, begun.Challenge, right, laptop)
	wantFault(t, err, fault.ChallengeExpired)
}

// A challenge to enrol must not pass over the factor that its user has enrolled since.
func TestAChallengeToEnrolIsVoidOnceTheUserHasEnrolledElsewhere(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "mfa.policy=required")
		flows := env.Flows(t, acme)
		first, second := mustEnrol(t, env, ann), mustEnrol(t, env, ann)
		begun := must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), second.ID, amr.TOTP, "", laptop))
		app, _ := enrolWith(t, env, first)
		_, err := answerCode(t, env, acme, second, amr.TOTP, codeIn(t, env, begun.Secret, 0))
		wantFault(t, err, fault.ChallengeExpired)
		for _, factor := range []amr.Method{amr.TOTP, amr.Passkey} {
			_, err = flows.Enrol(t.Context(), second.ID, factor, "", laptop)
			wantFault(t, err, fault.ChallengeExpired)
		}
		signInWithApp(t, env, acme, ann, app)
	})
}

// Nor may two of them enrol at once: each would pass over the other's factor.
func TestOfTwoChallengesToEnrolAnsweredAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "mfa.policy=required")
		flows := polled(t, replicas)
		var open [3]*authflows.Challenge
		var codes [3]string
		for i := range open {
			open[i] = mustEnrol(t, env, ann)
			begun := must[*authflows.Enrolment](t)(flows[0].Enrol(t.Context(), open[i].ID, amr.TOTP, "", laptop))
			codes[i] = codeIn(t, env, begun.Secret, 0)
		}
		var enrolled atomic.Int32
		flowtest.Parallel(3, func(i int) {
			_, err := flows[i].Answer(t.Context(), authflows.Answer{Challenge: open[i].ID, Factor: amr.TOTP, Code: codes[i], Device: laptop})
			switch fault.CodeOf(err) {
			case fault.ChallengeExpired, fault.VersionConflict:
			default:
				mustDo(t, err)
				enrolled.Add(1)
			}
		})
		if n := must[int](t)(env.DB.TOTPDevice.Query().Count(within(t, env, acme))); enrolled.Load() != 1 || n != 1 {
			t.Errorf("%d sign-ins, %d apps", enrolled.Load(), n)
		}
	})
}

// What is begun again, also with another factor, replaces what was begun.
func TestAChallengeToEnrolHoldsOneEnrolment(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Set(t, acme, "mfa.policy=required")
	flows := env.Flows(t, acme)
	c := mustEnrol(t, env, ann)
	first := must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), c.ID, amr.TOTP, "", laptop))
	second := must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), c.ID, amr.TOTP, "", laptop))
	_, err := answerCode(t, env, acme, c, amr.TOTP, codeIn(t, env, first.Secret, 0))
	wantFault(t, err, fault.WrongCode)
	must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), c.ID, amr.Passkey, "", laptop))
	_, err = answerCode(t, env, acme, c, amr.TOTP, codeIn(t, env, second.Secret, 0))
	wantFault(t, err, fault.FactorNotOffered)
	third := must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), c.ID, amr.TOTP, "", laptop))
	must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, codeIn(t, env, third.Secret, 0)))
}

// A sign-in that has read a user without factors must not stay signed in by a password alone.
func TestASignInUnderWayWhileAFactorIsEnrolledOpensNothingThatLives(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, oneHashAtATime)
	s := env.SignUp(t, acme, ann)
	c := caller(t, env, acme, s)
	var step *authflows.Step
	mustDo(t, whileHashing(t, env, func() (err error) {
		step, err = login(t, env, acme, ann, password)
		return err
	}, func() { enrolApp(t, env, acme, c) }))
	_, err := bearer(t, env, acme, step.SignedIn.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	_, err = refresh(t, env, acme, step.SignedIn.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
	// The session in which it was enrolled lives on.
	caller(t, env, acme, s)
	must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken))
}

// A sign-in that has read a user's former factors asks for none of them.
func TestASignInUnderWayWhileAFactorIsReplacedBeginsAgain(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, oneHashAtATime)
	_, old := userWithApp(t, env, acme, ann)
	c := caller(t, env, acme, signInWithApp(t, env, acme, ann, old))
	var replaced *authApp
	wantFault(t, whileHashing(t, env, func() error {
		_, err := login(t, env, acme, ann, password)
		return err
	}, func() {
		replaced = enrolApp(t, env, acme, c)
		mustDo(t, env.Flows(t, acme).RemoveFactor(t.Context(), c, old.factor.ID, laptop))
	}), fault.VersionConflict)
	again := passwordPassed(t, env, acme, ann)
	_, err := answerCode(t, env, acme, again, amr.TOTP, old.next(t, env))
	wantFault(t, err, fault.WrongCode)
	caller(t, env, acme, must[*authflows.Step](t)(answerCode(t, env, acme, again, amr.TOTP, codeIn(t, env, replaced.secret, 0))).SignedIn)
}
