package authflows_test

import (
	"slices"
	"testing"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// plantPasskey lets whoever signs in with a password add a passkey of its own.
func plantPasskey(t *testing.T, env *flowtest.Env, email string) {
	t.Helper()
	s := signIn(t, env, acme, email)
	flows, me := env.Flows(t, acme), caller(t, env, acme, s)
	begun := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), me))
	key := flowtest.NewAuthenticator(t, flowtest.PublicURL)
	must[*authflows.Factor](t)(flows.AddPasskey(t.Context(), me, begun.Challenge, key.Create(begun.PublicKey), "", laptop))
}

// LNK-03: a mailed token alone confirms an account, so whoever made it may be somebody else. Whoever resets the password, or
// signs in by a mailed code, is rid of what was prepared, whether the address was to be verified before the account or after.
func TestAnAccountConfirmedByATokenIsItsMailboxs(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		for i, when := range []string{"before_session", "after_session"} {
			env.Set(t, acme, "signup.verify_email="+when)
			victim := []string{"v1@ex.test", "v2@ex.test"}[i]
			flows := env.Flows(t, acme).As(byToken)
			must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: victim, Password: password, Device: laptop}))
			must[*authflows.Step](t)(flows.AnswerToken(t.Context(), env.Code(t, acme, victim), authflows.Answer{Device: laptop}, authflows.ForSignup, authflows.ForAddress))
			plantPasskey(t, env, victim)
			c := requestReset(t, env, acme, victim)
			mustDo(t, answerReset(t, env, acme, c.ID, env.Code(t, acme, victim)))
			step := must[*authflows.Step](t)(login(t, env, acme, victim, otherPassword))
			if step.SignedIn == nil || len(step.SignedIn.User.Factors) > 0 || step.SignedIn.User.Prepared {
				t.Errorf("%s: after the reset %+v", when, step)
			}
		}
	})
}

func TestAMailedCodeTakesAnAccountConfirmedByATokenOver(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme).As(byToken)
	must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Device: laptop}))
	must[*authflows.Step](t)(flows.AnswerToken(t.Context(), env.Code(t, acme, ann), authflows.Answer{Device: laptop}, authflows.ForSignup))
	native := env.Flows(t, acme)
	c := must[*authflows.Step](t)(native.LoginCode(t.Context(), ann, laptop)).Challenge
	in := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, ann)})).SignedIn
	if in == nil || in.User.Prepared {
		t.Fatalf("got %+v", in)
	}
	_, err := login(t, env, acme, ann, password)
	wantFault(t, err, fault.InvalidCredentials)
}

// MFA-01: a mailbox alone takes no authenticator app away, also of an account that it confirmed by a token.
func TestAResetLeavesTheAppOfAnAccountConfirmedByAToken(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme).As(byToken)
	must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Device: laptop}))
	must[*authflows.Step](t)(flows.AnswerToken(t.Context(), env.Code(t, acme, ann), authflows.Answer{Device: laptop}, authflows.ForSignup))
	enrolApp(t, env, acme, caller(t, env, acme, signIn(t, env, acme, ann)))
	c := requestReset(t, env, acme, ann)
	mustDo(t, answerReset(t, env, acme, c.ID, env.Code(t, acme, ann)))
	step := must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword))
	if step.SignedIn != nil || !slices.Contains(step.Challenge.Factors, amr.TOTP) {
		t.Errorf("after the reset %+v", step)
	}
}

// A link that is opened where the account was made ties the two: nothing was prepared by anybody else.
func TestATokenThatComesBackInItsOwnSessionTiesTheAccount(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "signup.verify_email=after_session")
	client := *byToken
	client.SignsUp.Without = false
	flows := env.Flows(t, acme).As(&client)
	s := must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Device: laptop})).SignedIn
	me := must[*authflows.Caller](t)(flows.Bearer(t.Context(), s.AccessToken))
	must[*authflows.Step](t)(flows.AnswerToken(t.Context(), env.Code(t, acme, ann), authflows.Answer{Caller: me, Device: laptop}, authflows.ForAddress))
	if u := signIn(t, env, acme, ann).User; u.Prepared || !u.EmailVerified {
		t.Errorf("prepared %t, verified %t", u.Prepared, u.EmailVerified)
	}
}

// What one wire is asked again voids nothing that another has mailed.
func TestAskingOneWireAgainVoidsNoSignUpOfAnother(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := signUp(t, env, acme, ann)
	code := env.Code(t, acme, ann)
	mustDo(t, env.Flows(t, acme).As(byToken).MailAddress(t.Context(), ann, laptop))
	if step := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code})); step.SignedIn == nil {
		t.Errorf("got %+v", step)
	}
}

func TestNoAddressIsMailedForASignUpThatCannotBe(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "signup.mode=closed")
	mustDo(t, env.Flows(t, acme).As(atOnce).MailAddress(t.Context(), ann, laptop))
	if n := len(env.Mails(t, acme, "")); n != 0 {
		t.Errorf("%d mails", n)
	}
}
