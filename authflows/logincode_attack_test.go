package authflows_test

import (
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestOTC01FiveWrongCodesBurnACodeThatSignsIn(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "mail.link_url=https://app.ex.test/in")
		c := askCode(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		_, secret := linkOf(t, env, acme, ann)
		for i := range 5 {
			in := authflows.Answer{Challenge: c.ID, Code: another(code)}
			if i == 2 { // a wrong secret of the link is a try like any other
				in = authflows.Answer{Challenge: c.ID, Secret: code}
			}
			_, err := answer(t, env, acme, in)
			wantFault(t, err, fault.WrongCode)
		}
		for _, in := range []authflows.Answer{{Code: code}, {Secret: secret}} {
			in.Challenge = c.ID
			_, err := answer(t, env, acme, in)
			wantFault(t, err, fault.ChallengeExpired)
		}
	})
}

func TestOTC02ParallelGuessesAtASignInAreEvaluatedFiveTimes(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		env.SignUp(t, acme, ann)
		c := askCode(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		flows := polled(t, replicas)
		var evaluated, opened atomic.Int32
		flowtest.Parallel(200, func(i int) {
			guess := another(code)
			if i == 77 {
				guess = code
			}
			_, err := flows[i%3].Answer(t.Context(), authflows.Answer{Challenge: c.ID, Code: guess, Device: laptop})
			switch fault.CodeOf(err) {
			case fault.WrongCode:
				evaluated.Add(1)
			case fault.ChallengeExpired:
			default:
				mustDo(t, err)
				opened.Add(1)
			}
		})
		if evaluated.Load()+opened.Load() > 5 || opened.Load() > 1 {
			t.Errorf("%d wrong and %d right ones were evaluated", evaluated.Load(), opened.Load())
		}
	})
}

// OTC-03: in the same and in another browser.
func TestOTC05ARightCodeSignsInOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		env.SignUp(t, acme, ann)
		c := askCode(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		same := slices.Repeat([]uuid.UUID{c.ID}, 200)
		if n := raceAnswers(t, replicas, same, authflows.Answer{Code: code}, fault.ChallengeExpired); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
		elsewhere := laptop
		elsewhere.UserAgent, elsewhere.Address = "curl/8", netip.MustParseAddr("2001:db8::1")
		for _, d := range []authflows.Device{laptop, elsewhere} {
			_, err := env.Flows(t, acme).Answer(t.Context(), authflows.Answer{Challenge: c.ID, Code: code, Device: d})
			wantFault(t, err, fault.ChallengeExpired)
		}
	})
}

// OTC-04: a resend voids its predecessor, code and link, and wrong guesses go on counting for the account.
func TestOTC04AResentCodeVoidsTheOneBefore(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "mail.link_url=https://app.ex.test/in", "abuse.mails=0")
		flows := env.Flows(t, acme)
		first := askCode(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		_, secret := linkOf(t, env, acme, ann)
		again := must[*authflows.Step](t)(flows.Resend(t.Context(), first.ID, laptop)).Challenge
		if again.Kind != authflows.KindEmailCode || again.ID == first.ID {
			t.Errorf("got %+v", again)
		}
		for _, in := range []authflows.Answer{{Code: code}, {Secret: secret}} {
			in.Challenge = first.ID
			_, err := answer(t, env, acme, in)
			wantFault(t, err, fault.ChallengeExpired)
		}
		_, err := answer(t, env, acme, authflows.Answer{Challenge: again.ID, Secret: secret})
		wantFault(t, err, fault.WrongCode)
		for i := range 9 { // of ten
			if i == 3 {
				again = must[*authflows.Step](t)(flows.Resend(t.Context(), again.ID, laptop)).Challenge
			}
			if i == 8 {
				again = askCode(t, env, acme, ann)
			}
			_, err = answer(t, env, acme, authflows.Answer{Challenge: again.ID, Code: another(env.Code(t, acme, ann))})
			wantFault(t, err, fault.WrongCode)
		}
		_, err = codeIsIn(t, env, acme, again, ann)
		wantFault(t, err, fault.RateLimited)
	})
}

// OTC-06: a code of each purpose at each other one. None counts there, and all still count for their own.
func TestOTC06NoCodeCountsForAnotherPurpose(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "magic.signup=true", "codes.tries=10", "abuse.account_failures=0")
		s := env.SignUp(t, acme, ann)
		bare := must[*authflows.Step](t)(codeIsIn(t, env, acme, must[*authflows.Challenge](t)(signUpMagic(t, env, bob)), bob)).SignedIn
		flows := env.Flows(t, acme)
		open := []*authflows.Challenge{signUp(t, env, acme, "new@ex.test"), askCode(t, env, acme, ann)}
		codes := []string{env.Code(t, acme, "new@ex.test"), env.Code(t, acme, ann)}
		add := must[*authflows.Step](t)(flows.AddIdentifier(t.Context(), caller(t, env, acme, s), "email", "more@ex.test", laptop)).Challenge
		open, codes = append(open, add), append(codes, env.Code(t, acme, "more@ex.test"))
		open = append(open, stepUp(t, env, acme, caller(t, env, acme, bare)))
		codes = append(codes, env.Code(t, acme, bob))
		env.Clock.Advance(time.Second)
		open = append(open, requestReset(t, env, acme, ann))
		codes = append(codes, env.Code(t, acme, ann))
		for i, c := range open {
			for j, code := range codes {
				if i == j || code == codes[i] { // one time in a million
					continue
				}
				_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code, NewPassword: otherPassword})
				wantFault(t, err, fault.WrongCode)
			}
			_, err := answer(t, env, globex, authflows.Answer{Challenge: c.ID, Code: codes[i], NewPassword: otherPassword})
			wantFault(t, err, fault.ChallengeExpired)
		}
		for i, c := range open {
			_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: codes[i], NewPassword: otherPassword})
			mustDo(t, err)
		}
	})
}

// OTC-07: one user's code at another's challenge.
func TestOTC07ACodeSignsInWhomItWasMailedTo(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.SignUp(t, acme, bob)
	anns, bobs := askCode(t, env, acme, ann), askCode(t, env, acme, bob)
	code := env.Code(t, acme, ann)
	if code != env.Code(t, acme, bob) {
		_, err := answer(t, env, acme, authflows.Answer{Challenge: bobs.ID, Code: code})
		wantFault(t, err, fault.WrongCode)
	}
	if s := must[*authflows.Step](t)(codeIsIn(t, env, acme, anns, ann)).SignedIn; s.User.Email != ann {
		t.Error("signed in as somebody else")
	}
	signIn(t, env, acme, bob)
}

func TestOTC08ALateCodeStaysLateWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		early, late := askCode(t, env, acme, ann), askCode(t, env, acme, ann)
		codes := map[string]bool{}
		for _, m := range env.Mails(t, acme, ann) {
			codes[m.Code] = true
		}
		env.Clock.Advance(10*time.Minute - time.Second)
		var opened int
		for code := range codes {
			if step, err := answer(t, env, acme, authflows.Answer{Challenge: early.ID, Code: code}); err == nil && step.SignedIn != nil {
				opened++
			}
		}
		if opened != 1 {
			t.Errorf("%d sessions a second before the end", opened)
		}
		env.Clock.Advance(2 * time.Second)
		for _, back := range []time.Duration{0, -5 * time.Minute} {
			env.Clock.Advance(back)
			for code := range codes {
				_, err := answer(t, env, acme, authflows.Answer{Challenge: late.ID, Code: code})
				wantFault(t, err, fault.ChallengeExpired)
			}
		}
	})
}

func TestOTC12OddCodesOfASignInAreReadOrUseNoTry(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	c := askCode(t, env, acme, ann)
	code := env.Code(t, acme, ann)
	for _, odd := range []string{"", "null", "[]", "{}", "12345", "1234567", "12345a", strings.Repeat("1", 10_000), "\xff", "123456\x00"} {
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: odd})
		wantFault(t, err, fault.InvalidInput)
	}
	if n := facts(t, env, acme, events.SignInRefused); n != 0 {
		t.Errorf("%d guesses counted", n)
	}
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
	must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: "\t" + wide[:9] + " – " + wide[9:]}))
}
