package authflows_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

const blocked = "Too many wrong tries"

// MFA-03: thirty sign-ins at once, ten wrong codes each.
func TestMFA03WrongCodesAreEvaluatedUpToTheLimitOfTheAccount(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "codes.tries=10")
		replicas := env.Replicas(t, 3)
		signUp, app := userWithApp(t, env, acme, ann)
		challenges := passedTimes(t, env, 30, ann)
		env.Set(t, acme, "abuse.account_failures=10/15m")
		flows := polled(t, replicas)
		right := app.next(t, env)
		var evaluated atomic.Int32
		flowtest.Parallel(300, func(i int) {
			in := authflows.Answer{Challenge: challenges[i/10], Factor: amr.TOTP, Code: another(right), Device: laptop}
			if i%2 == 1 {
				in.Factor, in.Code = amr.RecoveryCode, "00000-00000"
			}
			_, err := flows[i%3].Answer(t.Context(), in)
			switch fault.CodeOf(err) {
			case fault.WrongCode:
				evaluated.Add(1)
			case fault.RateLimited:
			default:
				t.Errorf("got %v", err)
			}
		})
		if n := evaluated.Load(); n != 10 {
			t.Errorf("%d codes were evaluated, want 10", n)
		}
		if n := facts(t, env, acme, events.SignInBlocked); n != 1 || notices(t, env, acme, ann, blocked) != 1 {
			t.Errorf("blocked %d times, %d notices", n, notices(t, env, acme, ann, blocked))
		}
		// The right code waits too, but on a device that the user signed in on before.
		_, err := login(t, env, acme, ann, password)
		wantFault(t, err, fault.RateLimited)
		known := laptop
		known.Token = signUp.DeviceToken
		step := must[*authflows.Step](t)(flows[0].Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Device: known}))
		must[*authflows.Step](t)(flows[0].Answer(t.Context(), authflows.Answer{
			Challenge: step.Challenge.ID, Factor: amr.TOTP, Code: right, Device: known,
		}))
	})
}

// MFA-03: whatever is guessed at, the budget is one.
func TestPasswordsCodesAndRecoveryCodesShareOneBudget(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, app := userWithApp(t, env, acme, ann)
		flows := env.Flows(t, acme)
		passed := passwordPassed(t, env, acme, ann) // the first of ten: its success waits for the second factor
		mailed := must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop)).Challenge
		code := env.Code(t, acme, ann)
		guesses := []func() error{
			func() error { _, err := login(t, env, acme, ann, wrongPassword); return err },
			func() error { _, err := answerCode(t, env, acme, passed, amr.TOTP, "000000"); return err },
			func() error {
				_, err := answerCode(t, env, acme, passed, amr.RecoveryCode, "00000-00000")
				return err
			},
			func() error { _, err := answerCode(t, env, acme, mailed, amr.EmailCode, another(code)); return err },
		}
		refusals := []fault.Code{fault.InvalidCredentials, fault.WrongCode, fault.WrongCode, fault.WrongCode}
		for i := range 9 {
			wantFault(t, guesses[i%4](), refusals[i%4])
			if n := notices(t, env, acme, ann, blocked); n != i/8 {
				t.Fatalf("%d notices after %d guesses", n, i+2)
			}
		}
		for _, guess := range append(guesses, func() error { _, err := login(t, env, acme, ann, password); return err }) {
			// A try of a challenge is used up by that, and a challenge without tries is spent.
			if err := guess(); fault.CodeOf(err) != fault.RateLimited && fault.CodeOf(err) != fault.ChallengeExpired {
				t.Errorf("beyond the limit: %v", err)
			}
		}
		if n := notices(t, env, acme, ann, blocked); n != 1 {
			t.Errorf("%d notices, want 1", n)
		}
		env.Clock.Advance(16 * time.Minute)
		signInWithApp(t, env, acme, ann, app)
		for range 9 { // the success has forgiven
			_, err := login(t, env, acme, ann, wrongPassword)
			wantFault(t, err, fault.InvalidCredentials)
		}
		// A right password alone forgives nothing.
		c := passwordPassed(t, env, acme, ann)
		_, err := answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))
		wantFault(t, err, fault.RateLimited)
	})
}

// changesOf are the operations by which a user changes how it proves who it is.
func changesOf(flows *authflows.Flows, c *authflows.Caller, factor uuid.UUID) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"another app":    func(ctx context.Context) error { _, err := flows.BeginTOTP(ctx, c, ""); return err },
		"a passkey":      func(ctx context.Context) error { _, err := flows.BeginPasskey(ctx, c); return err },
		"recovery codes": func(ctx context.Context) error { _, err := flows.MakeRecoveryCodes(ctx, c, laptop); return err },
		"removal":        func(ctx context.Context) error { return flows.RemoveFactor(ctx, c, factor, laptop) },
		"an address": func(ctx context.Context) error {
			_, err := flows.AddIdentifier(ctx, c, "email", "other@ex.test", laptop)
			return err
		},
		"a password": func(ctx context.Context) error {
			return flows.ChangePassword(ctx, c, password, otherPassword, laptop)
		},
		"deletion": func(ctx context.Context) error { return flows.DeleteMe(ctx, c, laptop) },
	}
}

// MFA-06: a session that did not give the second factor, however fresh.
func TestMFA06ASessionOfOneFactorChangesNothingOfAUserWithTwo(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, app := userWithApp(t, env, acme, ann)
		c := caller(t, env, acme, s)
		for name, change := range changesOf(env.Flows(t, acme), c, app.factor.ID) {
			if err := change(t.Context()); fault.CodeOf(err) != fault.StepUpRequired {
				t.Errorf("%s: %v", name, err)
			}
		}
		// An enrolment that began before the user had a second factor ends with it too.
		other := env.SignUp(t, acme, bob)
		second := must[*authflows.Step](t)(login(t, env, acme, bob, password)).SignedIn
		flows := env.Flows(t, acme)
		begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), caller(t, env, acme, other), ""))
		must[*authflows.Factor](t)(registerPasskey(t, env, acme, caller(t, env, acme, second), newAuthenticator(t)))
		_, _, err := flows.ActivateTOTP(t.Context(), caller(t, env, acme, other), begun.Challenge, codeIn(t, env, begun.Secret, 0), laptop)
		wantFault(t, err, fault.StepUpRequired)
	})
}

// MFA-07: a session that is older than sessions.step_up_age, whatever it has proven.
func TestMFA07AnOldSessionChangesNothingUntilItProvesAgain(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "sessions.step_up_age=5m")
		_, app := userWithApp(t, env, acme, ann)
		s := signInWithApp(t, env, acme, ann, app)
		flows := env.Flows(t, acme)
		env.Clock.Advance(5*time.Minute + time.Second)
		old := caller(t, env, acme, s)
		for name, change := range changesOf(flows, old, app.factor.ID) {
			if err := change(t.Context()); fault.CodeOf(err) != fault.StepUpRequired {
				t.Errorf("%s: %v", name, err)
			}
		}
		raised := must[*authflows.Step](t)(answerCode(t, env, acme, stepUp(t, env, acme, old), amr.TOTP, app.next(t, env))).SignedIn
		for name, change := range changesOf(flows, old, app.factor.ID) {
			if err := change(t.Context()); fault.CodeOf(err) != fault.StepUpRequired {
				t.Errorf("%s, by the token of before: %v", name, err)
			}
		}
		changes := changesOf(flows, caller(t, env, acme, raised), app.factor.ID)
		for _, name := range []string{"another app", "a passkey", "recovery codes", "an address", "removal", "a password", "deletion"} {
			if err := changes[name](t.Context()); err != nil {
				t.Errorf("%s after a step-up: %v", name, err)
			}
		}
		for subject, want := range map[string]int{
			"authenticator app was removed": 1, "New recovery codes": 1, "password was changed": 1, "account was deleted": 1,
		} {
			if n := notices(t, env, acme, ann, subject); n != want {
				t.Errorf("%d mails %q, want %d", n, subject, want)
			}
		}
	})
}

// MFA-12: where two factors are required, a user without the second gets what enrols one, and no more.
func TestMFA12WhoMustEnrolCanDoNothingElse(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		env.Set(t, acme, "mfa.policy=required")
		flows := env.Flows(t, acme)
		c := passwordPassed(t, env, acme, ann)
		if c.Kind != authflows.KindEnrol {
			t.Fatalf("got %+v", c)
		}
		for _, factor := range []amr.Method{amr.Password, amr.EmailCode, amr.RecoveryCode, "nonsense"} {
			_, err := flows.Enrol(t.Context(), c.ID, factor, "", laptop)
			wantFault(t, err, fault.FactorNotOffered)
		}
		_, err := flows.Enrol(t.Context(), c.ID, "", "", laptop)
		wantUnnamed(t, err)
		others := []amr.Method{amr.Password, amr.EmailCode, amr.RecoveryCode, amr.Passkey, "nonsense"}
		for _, factor := range append(others, amr.TOTP, "") { // nothing was begun
			_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Factor: factor, Code: "123456", Password: password})
			wantNotBegun(t, err)
		}
		_, err = flows.Resend(t.Context(), c.ID, laptop)
		wantFault(t, err, fault.FactorNotOffered)
		_, err = flows.Bearer(t.Context(), c.PublicID())
		wantFault(t, err, fault.InvalidToken)
		_, _, err = flows.ActivateTOTP(t.Context(), caller(t, env, acme, s), c.ID, "123456", laptop)
		wantFault(t, err, fault.ChallengeExpired)
		_, err = env.Flows(t, globex).Enrol(t.Context(), c.ID, amr.TOTP, "", laptop)
		wantFault(t, err, fault.ChallengeExpired)
		begun := must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), c.ID, amr.TOTP, "", laptop))
		for _, factor := range others {
			_, err = answer(t, env, acme, authflows.Answer{
				Challenge: c.ID, Factor: factor, Code: codeIn(t, env, begun.Secret, 0), Password: password,
			})
			wantFault(t, err, fault.FactorNotOffered)
		}
		if n := must[int](t)(env.DB.Challenge.Query().Where(challenge.ID(c.ID), challenge.TriesLeft(5)).Count(within(t, env, acme))); n != 1 {
			t.Error("what was refused used a try")
		}
		env.Clock.Advance(10*time.Minute + time.Second)
		_, err = answerCode(t, env, acme, c, amr.TOTP, codeIn(t, env, begun.Secret, 0))
		wantFault(t, err, fault.ChallengeExpired)
		_, err = flows.Enrol(t.Context(), c.ID, amr.TOTP, "", laptop)
		wantFault(t, err, fault.ChallengeExpired)
	})
}

// policyEnds is how many sessions were ended because the policy had changed, as rows and as events.
func policyEnds(t testing.TB, env *flowtest.Env) (rows, noted int) {
	t.Helper()
	rows = must[int](t)(env.DB.Session.Query().Where(session.EndedAtNotNil(), session.EndReason("policy_changed")).Count(within(t, env, acme)))
	for _, e := range must[[]*ent.Event](t)(env.DB.Event.Query().Where(event.Type(string(events.SessionEnded))).All(within(t, env, acme))) {
		if object(t, e.Data)["reason"] == "policy_changed" && e.Actor == string(events.ActorSystem) && e.SessionID != nil {
			noted++
		}
	}
	return rows, noted
}

// wantOutgrown fails unless the refresh of a session ends it, which is noted once, and no token of it counts afterwards.
func wantOutgrown(t testing.TB, env *flowtest.Env, s *authflows.SignedIn) {
	t.Helper()
	before, noted := policyEnds(t, env)
	for range 2 {
		_, err := refresh(t, env, acme, s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
	}
	_, err := bearer(t, env, acme, s.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	if rows, n := policyEnds(t, env); rows != before+1 || n != noted+1 {
		t.Errorf("%d sessions ended, %d noted, want 1", rows-before, n-noted)
	}
}

// outlives refreshes a session that lives on and returns it as it is then.
func outlives(t testing.TB, env *flowtest.Env, s *authflows.SignedIn) *authflows.SignedIn {
	t.Helper()
	next := must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
	if caller(t, env, acme, next).Session.ID != s.Session.ID {
		t.Error("a refresh changed the session")
	}
	return next
}

// MFA-12: a session of before the policy became stricter does not live on below it.
func TestMFA12AStricterPolicyEndsSessionsOfOneFactorAtTheirNextRefresh(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		anns := outlives(t, env, env.SignUp(t, acme, ann)) // has no second factor
		bobs, app := userWithApp(t, env, acme, bob)        // has not given it
		both := signInWithApp(t, env, acme, bob, app)
		_, device := passkeyUser(t, env, acme, "carol@ex.test")
		verified := must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device)).SignedIn
		other := env.SignUp(t, globex, ann)
		env.Set(t, acme, "mfa.policy=required")
		caller(t, env, acme, anns) // access tokens end by themselves
		mails := len(env.Mails(t, acme, ""))
		wantOutgrown(t, env, anns)
		wantOutgrown(t, env, bobs)
		for range 2 {
			both, verified = outlives(t, env, both), outlives(t, env, verified)
		}
		must[*authflows.Step](t)(refresh(t, env, globex, other.RefreshToken))
		if n := len(env.Mails(t, acme, "")); n != mails {
			t.Errorf("%d mails", n-mails)
		}
		// The next sign-in asks for what is missing.
		_, s := enrolWith(t, env, mustEnrol(t, env, ann))
		outlives(t, env, s)
		outlives(t, env, signInWithApp(t, env, acme, bob, app))
	})
}

// MFA-12: the grace is of the user, not of the session.
func TestMFA12ASessionOfOneFactorEndsWithTheGrace(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		bobs, _ := userWithApp(t, env, acme, bob)
		env.Set(t, acme, "mfa.policy=required", "mfa.enrol_grace=7d")
		first := signIn(t, env, acme, ann)
		wantOutgrown(t, env, bobs) // who has a second factor has no grace
		env.Clock.Advance(3 * 24 * time.Hour)
		later := signIn(t, env, acme, ann)
		env.Clock.Advance(4*24*time.Hour - time.Second)
		first, later = outlives(t, env, first), outlives(t, env, later)
		env.Clock.Advance(time.Second)
		wantOutgrown(t, env, first)
		wantOutgrown(t, env, later)
		mustEnrol(t, env, ann)
	})
}

// MFA-12: a role that requires two factors does so from the next refresh on.
func TestMFA12ARoleThatRequiresTwoFactorsEndsSessionsOfOne(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, `mfa.required_roles=["editor"]`)
		anns := env.SignUp(t, acme, ann)
		bobs, app := userWithApp(t, env, acme, bob)
		both := signInWithApp(t, env, acme, bob, app)
		giveRoles(t, env, anns.User.ID, "author")
		anns, bobs, both = outlives(t, env, anns), outlives(t, env, bobs), outlives(t, env, both)
		giveRoles(t, env, anns.User.ID, "author", "editor")
		giveRoles(t, env, bobs.User.ID, "editor")
		env.Set(t, acme, "mfa=null") // no role requires anything
		anns, bobs = outlives(t, env, anns), outlives(t, env, bobs)
		env.Set(t, acme, `mfa.required_roles=["editor"]`)
		wantOutgrown(t, env, anns)
		wantOutgrown(t, env, bobs)
		outlives(t, env, both)
	})
}

// MFA-12: a cookie is asked about with each request.
func TestMFA12ACookieOfOneFactorIsRefusedWhereTwoAreRequired(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "tokens.transport=cookie")
		anns := env.SignUp(t, acme, ann)
		env.SignUp(t, acme, bob)
		me := must[*authflows.Caller](t)(env.Flows(t, acme).Cookie(t.Context(), signIn(t, env, acme, bob).Cookie))
		app := enrolApp(t, env, acme, me)
		both := signInWithApp(t, env, acme, bob, app)
		must[*authflows.Caller](t)(env.Flows(t, acme).Cookie(t.Context(), anns.Cookie))
		env.Set(t, acme, "mfa.policy=required")
		flows := env.Flows(t, acme)
		_, err := flows.Cookie(t.Context(), anns.Cookie)
		wantFault(t, err, fault.InvalidToken)
		for range 2 {
			_, err = flows.RefreshCookie(t.Context(), anns.Cookie)
			wantFault(t, err, fault.InvalidToken)
		}
		if rows, noted := policyEnds(t, env); rows != 1 || noted != 1 {
			t.Errorf("%d sessions ended, %d noted, want 1", rows, noted)
		}
		env.Set(t, acme, "mfa.policy=optional") // ended is ended
		_, err = env.Flows(t, acme).Cookie(t.Context(), anns.Cookie)
		wantFault(t, err, fault.InvalidToken)
		env.Set(t, acme, "mfa.policy=required")
		again := must[*authflows.Step](t)(env.Flows(t, acme).RefreshCookie(t.Context(), both.Cookie)).SignedIn
		must[*authflows.Caller](t)(env.Flows(t, acme).Cookie(t.Context(), again.Cookie))
	})
}

// MFA-12: a session that the policy has outgrown gets no access tokens by step-ups.
func TestMFA12NoStepUpGoesOnPastAStricterPolicy(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	env.Set(t, acme, "mfa.policy=required")
	c := stepUp(t, env, acme, caller(t, env, acme, s))
	_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: password})
	wantFault(t, err, fault.StepUpRequired)
}
