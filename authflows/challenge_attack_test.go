package authflows_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestOTC01FiveWrongCodesBurnTheRightOne(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		c := signUp(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		for range 5 {
			_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: another(code)})
			wantFault(t, err, fault.WrongCode)
		}
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code})
		wantFault(t, err, fault.ChallengeExpired)
	})
}

func TestOTC02ParallelGuessesAreEvaluatedFiveTimes(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		c := signUp(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		var wrong, signedIn, other atomic.Int32
		flowtest.Parallel(200, func(i int) {
			guess := another(code)
			if i == 100 {
				guess = code
			}
			_, err := flows[i%3].Answer(t.Context(), authflows.Answer{Challenge: c.ID, Code: guess, Device: laptop})
			switch {
			case err == nil:
				signedIn.Add(1)
			case fault.CodeOf(err) == fault.WrongCode:
				wrong.Add(1)
			case fault.CodeOf(err) != fault.ChallengeExpired:
				other.Add(1)
				t.Errorf("got %v", err)
			}
		})
		if wrong.Load()+signedIn.Load() > 5 || signedIn.Load() > 1 {
			t.Errorf("%d wrong and %d right ones were evaluated", wrong.Load(), signedIn.Load())
		}
	})
}

func TestOTC03AndOTC05ARightCodeOpensOneSession(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		c := signUp(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		var sessions atomic.Int32
		flowtest.Parallel(200, func(i int) {
			_, err := flows[i%3].Answer(t.Context(), authflows.Answer{Challenge: c.ID, Code: code, Device: laptop})
			if err == nil {
				sessions.Add(1)
			} else if fault.CodeOf(err) != fault.ChallengeExpired {
				t.Errorf("got %v", err)
			}
		})
		if sessions.Load() != 1 || facts(t, env, acme, events.UserSignedUp) != 1 {
			t.Errorf("%d sessions", sessions.Load())
		}
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code})
		wantFault(t, err, fault.ChallengeExpired)
	})
}

func TestOTC04AnUnmailedCodeIsNoFurtherGuess(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann) // one mail of five
	c := requestReset(t, env, acme, ann)
	for range 10 {
		c = must[*authflows.Step](t)(env.Flows(t, acme).Resend(t.Context(), c.ID, laptop)).Challenge
	}
	if n := len(env.Mails(t, acme, ann)); n != 5 {
		t.Errorf("%d mails, want 5", n)
	}
	// What is mailed to nobody is answered by nobody: its digest is that of no code.
	of := env.Tenant(t, acme)
	key, _ := of.Keys.MACKey(of.Keys.Current(), "challenge")
	row := must[*ent.Challenge](t)(env.DB.Challenge.Get(within(t, env, acme), c.ID))
	for n := range 1_000_000 {
		if emailcode.Equal(*row.CodeDigest, emailcode.Digest(key, row.Purpose, row.ID.String(), fmt.Sprintf("%06d", n))) {
			t.Fatal("a code that nobody was mailed can be guessed")
		}
	}
	env.Clock.Advance(time.Hour)
	c = requestReset(t, env, acme, ann)
	mustDo(t, answerReset(t, env, acme, c.ID, env.Code(t, acme, ann)))
}

func TestOTC06ACodeCountsForItsPurposeOnly(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	signup := signUp(t, env, acme, bob)
	signupCode := env.Code(t, acme, bob)
	reset := requestReset(t, env, acme, ann)
	resetCode := env.Code(t, acme, ann)
	raise := stepUp(t, env, acme, caller(t, env, acme, s))
	if signupCode != resetCode {
		_, err := answer(t, env, acme, authflows.Answer{Challenge: signup.ID, Code: resetCode})
		wantFault(t, err, fault.WrongCode)
		wantFault(t, answerReset(t, env, acme, reset.ID, signupCode), fault.WrongCode)
	}
	_, err := answer(t, env, acme, authflows.Answer{Challenge: raise.ID, Code: resetCode})
	wantFault(t, err, fault.InvalidInput)
	_, err = env.Flows(t, globex).Answer(t.Context(), authflows.Answer{Challenge: signup.ID, Code: signupCode})
	wantFault(t, err, fault.ChallengeExpired)
	must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: signup.ID, Code: signupCode}))
	must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: raise.ID, Password: password}))
	mustDo(t, answerReset(t, env, acme, reset.ID, resetCode))
}

func TestOTC07ACodeOfOneUserCountsNothingAgainstAnother(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.SignUp(t, acme, bob)
	of, other := requestReset(t, env, acme, ann), requestReset(t, env, acme, bob)
	code := env.Code(t, acme, ann)
	for env.Code(t, acme, bob) == code { // one time in a million
		other = requestReset(t, env, acme, bob)
	}
	wantFault(t, answerReset(t, env, acme, other.ID, code), fault.WrongCode)
	mustDo(t, answerReset(t, env, acme, of.ID, code))
	signIn(t, env, acme, bob)
}

func TestOTC08ACodeLastsTenMinutes(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c, late := signUp(t, env, acme, ann), signUp(t, env, acme, bob)
	first, second := env.Code(t, acme, ann), env.Code(t, acme, bob)
	env.Clock.Advance(10*time.Minute - time.Second)
	must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: first}))
	env.Clock.Advance(2 * time.Second)
	_, err := answer(t, env, acme, authflows.Answer{Challenge: late.ID, Code: second})
	wantFault(t, err, fault.ChallengeExpired)
}

func TestOTC09AMailedLinkHoldsTheConfiguredOriginOnly(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	requestReset(t, env, acme, ann)
	if !strings.HasPrefix(env.Link(t, acme, ann), flowtest.PublicURL+"/t/acme/") {
		t.Error("the link leads elsewhere")
	}
}

func TestOTC11MailsToAnAddressAreLimitedWhereverTheRequestsComeFrom(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, bob)
		for i := range 50 {
			d := authflows.Device{Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})}
			step := must[*authflows.Step](t)(env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Device: d}))
			if step.Challenge.Kind != authflows.KindEmailCode {
				t.Fatalf("got %+v", step)
			}
		}
		if n := len(env.Mails(t, acme, ann)); n != 5 {
			t.Errorf("%d mails, want 5", n)
		}
		requestReset(t, env, acme, bob)
		if n := len(env.Mails(t, acme, bob)); n != 2 {
			t.Errorf("another mailbox got %d mails, want 2", n)
		}
	})
}

func TestOTC12OddCodesAreNormalisedOrUseNoTry(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := signUp(t, env, acme, ann)
	code := env.Code(t, acme, ann)
	for _, odd := range []string{"", "null", "[]", "{}", "12345", "1234567", "12345a", "１２３４５", strings.Repeat("1", 10_000), "\x00\x00\x00\x00\x00\x00"} {
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: odd})
		wantFault(t, err, fault.InvalidInput)
	}
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
	must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: " " + wide[:9] + " - " + wide[9:] + "\n"}))
}
