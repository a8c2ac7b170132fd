package authflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// raiseTo asks for a step-up to a level.
func raiseTo(t testing.TB, env *flowtest.Env, c *authflows.Caller, level amr.Level) (*authflows.Challenge, error) {
	t.Helper()
	step, err := env.Flows(t, acme).StepUp(t.Context(), c, level, laptop)
	if err != nil {
		return nil, err
	}
	return step.Challenge, nil
}

// trustedSession is a session that proved a password alone, of a user with a password, an app, recovery codes and a passkey.
func trustedSession(t testing.TB, env *flowtest.Env) (*authflows.SignedIn, *authApp, *flowtest.Authenticator) {
	t.Helper()
	trustDevices(t, env)
	_, app := userWithApp(t, env, acme, ann)
	token, s := trustOn(t, env, acme, ann, app, laptop)
	device := newAuthenticator(t)
	must[*authflows.Factor](t)(registerPasskey(t, env, acme, caller(t, env, acme, s), device))
	return passwordOn(t, env, acme, ann, onDevice(token)).SignedIn, app, device
}

func TestEachFactorStepsUp(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, app, device := trustedSession(t, env)
		want := []amr.Method{amr.Password}
		for _, in := range []authflows.Answer{
			{Factor: amr.TOTP},
			{Factor: amr.RecoveryCode, Code: app.recovery[0]},
			{Factor: amr.Passkey},
		} {
			before := caller(t, env, acme, s)
			c := must[*authflows.Challenge](t)(raiseTo(t, env, before, ""))
			all := []amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode}
			if diff := cmp.Diff(all, c.Factors); diff != "" || c.Kind != authflows.KindMFA {
				t.Errorf("%s: %s", c.Kind, diff)
			}
			env.Clock.Advance(period)
			switch in.Factor {
			case amr.TOTP:
				in.Code = codeIn(t, env, app.secret, 0)
			case amr.Passkey:
				in.Credential = device.Get(c.PublicKey)
			}
			in.Challenge = c.ID
			raised := must[*authflows.Step](t)(answer(t, env, acme, in)).SignedIn
			want = append(want, in.Factor)
			wantProofs(t, raised, amr.AAL2, append([]amr.Method{}, want...)...)
			if raised.Session.ID != s.Session.ID || raised.Session.Generation != s.Session.Generation+1 ||
				!raised.Session.AuthTime.Equal(env.Clock.Now()) || raised.New || raised.DeviceToken != "" {
				t.Errorf("%s: got %+v", in.Factor, raised.Session)
			}
			_, claims, _ := parts(t, raised.AccessToken)
			if claims["auth_time"] != float64(env.Clock.Now().Unix()) {
				t.Errorf("%s: auth_time %v", in.Factor, claims["auth_time"])
			}
			_, err := answer(t, env, acme, in)
			wantFault(t, err, fault.ChallengeExpired)
			s = raised
		}
		if n := facts(t, env, acme, events.SessionRaised); n != 3 {
			t.Errorf("%d rises noted, want 3", n)
		}
	})
}

func TestAStepUpToASecondFactorTakesWhatLiftsTheSession(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s, app, _ := trustedSession(t, env)
	c := must[*authflows.Challenge](t)(raiseTo(t, env, caller(t, env, acme, s), amr.AAL2))
	if diff := cmp.Diff([]amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode}, c.Factors); diff != "" {
		t.Error(diff)
	}
	_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Factor: amr.Password, Password: password})
	wantFault(t, err, fault.FactorNotOffered)
	wantProofs(t, must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))).SignedIn, amr.AAL2, amr.Password, amr.TOTP)
	// Who has one factor only cannot give two.
	other := caller(t, env, acme, env.SignUp(t, acme, bob))
	_, err = raiseTo(t, env, other, amr.AAL2)
	wantFault(t, err, fault.FactorNotOffered)
}

// SES-06: a token of before the rise neither acts, nor steps up, nor is refreshed.
func TestSES06ATokenOfBeforeARiseIsLeftBehind(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, app, _ := trustedSession(t, env)
		before := caller(t, env, acme, s)
		c := must[*authflows.Challenge](t)(raiseTo(t, env, before, amr.AAL2))
		other := must[*authflows.Challenge](t)(raiseTo(t, env, before, amr.AAL2))
		raised := must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))).SignedIn
		stale := caller(t, env, acme, s)
		for name, change := range changesOf(env.Flows(t, acme), stale, app.factor.ID) {
			if err := change(t.Context()); fault.CodeOf(err) != fault.StepUpRequired {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, level := range []amr.Level{"", amr.AAL1, amr.AAL2} {
			_, err := raiseTo(t, env, stale, level)
			wantFault(t, err, fault.InvalidToken)
		}
		_, err := refresh(t, env, acme, s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		must[[]string](t)(env.Flows(t, acme).MakeRecoveryCodes(t.Context(), caller(t, env, acme, raised), laptop))
		// The other challenge of the same session raises it further, for whoever proves.
		must[*authflows.Step](t)(answerCode(t, env, acme, other, amr.TOTP, app.next(t, env)))
	})
}

// A challenge to step up is its session's: it dies with it, and opens none.
func TestAStepUpDiesWithItsSession(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, app := userWithApp(t, env, acme, ann)
		for name, end := range map[string]func(*authflows.SignedIn){
			"logout": func(s *authflows.SignedIn) {
				mustDo(t, env.Flows(t, acme).Logout(t.Context(), caller(t, env, acme, s)))
			},
			"a reset": func(*authflows.SignedIn) {
				c := requestReset(t, env, acme, ann)
				_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, ann), NewPassword: password})
				mustDo(t, err)
			},
		} {
			s := signInWithApp(t, env, acme, ann, app)
			c := stepUp(t, env, acme, caller(t, env, acme, s))
			end(s)
			_, err := answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))
			if fault.CodeOf(err) != fault.ChallengeExpired {
				t.Errorf("%s: %v", name, err)
			}
			_, err = answerCode(t, env, globex, c, amr.TOTP, app.next(t, env))
			wantFault(t, err, fault.ChallengeExpired)
		}
	})
}

func TestGuessesAtAStepUpCountForTheAccount(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "abuse.account_failures=3/15m")
	_, app := userWithApp(t, env, acme, ann)
	c := stepUp(t, env, acme, caller(t, env, acme, signInWithApp(t, env, acme, ann, app)))
	// What is not offered is no guess.
	_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Factor: amr.Password, Password: wrongPassword})
	wantFault(t, err, fault.FactorNotOffered)
	for range 2 {
		_, err = answerCode(t, env, acme, c, amr.TOTP, another(app.next(t, env)))
		wantFault(t, err, fault.WrongCode)
	}
	_, err = answerCode(t, env, acme, c, amr.RecoveryCode, "00000-00000")
	wantFault(t, err, fault.WrongCode)
	_, err = answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))
	wantFault(t, err, fault.RateLimited)
	if n := notices(t, env, acme, ann, blocked); n != 1 {
		t.Errorf("%d notices", n)
	}
	// Who has no second factor guesses at the password.
	c = stepUp(t, env, acme, caller(t, env, acme, env.SignUp(t, acme, bob)))
	for range 3 {
		_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Factor: amr.Password, Password: wrongPassword})
		wantFault(t, err, fault.InvalidCredentials)
	}
	_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Factor: amr.Password, Password: password})
	wantFault(t, err, fault.RateLimited)
	if n := notices(t, env, acme, bob, blocked); n != 1 {
		t.Errorf("%d notices to who has a password alone", n)
	}
}

// MFA-07: a session at aal2 that is older than sessions.step_up_age does not become fresh by the password alone.
func TestMFA07ThePasswordAloneMakesNoOldSessionFresh(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "sessions.step_up_age=5m")
		_, app := userWithApp(t, env, acme, ann)
		_, device := passkeyUser(t, env, acme, bob)
		anns := signInWithApp(t, env, acme, ann, app)
		bobs := must[*authflows.Step](t)(passkeyIn(t, env, acme, bob, device)).SignedIn
		env.Clock.Advance(5*time.Minute + time.Second)
		for _, who := range []struct {
			s        *authflows.SignedIn
			offered  []amr.Method
			unnamed  string // what an answer without a factor lacks
			mayProve func(*authflows.Challenge) authflows.Answer
		}{
			{anns, []amr.Method{amr.TOTP, amr.RecoveryCode}, "factor required", func(*authflows.Challenge) authflows.Answer {
				return authflows.Answer{Factor: amr.TOTP, Code: app.next(t, env)}
			}},
			{bobs, []amr.Method{amr.Passkey}, "credential invalid", func(c *authflows.Challenge) authflows.Answer {
				return authflows.Answer{Factor: amr.Passkey, Credential: device.Get(c.PublicKey)}
			}},
		} {
			old := caller(t, env, acme, who.s)
			factor := must[*authflows.Enrolled](t)(env.Flows(t, acme).Factors(t.Context(), old)).Factors[0]
			var c *authflows.Challenge
			for _, level := range []amr.Level{"", amr.AAL1, amr.AAL2} {
				c = must[*authflows.Challenge](t)(raiseTo(t, env, old, level))
				if diff := cmp.Diff(who.offered, c.Factors); diff != "" || c.Kind != authflows.KindMFA {
					t.Errorf("level %q, %s: %s", level, c.Kind, diff)
				}
				for _, in := range []authflows.Answer{
					{Factor: amr.Password, Password: password}, {Factor: amr.EmailCode, Code: "123456"},
				} {
					in.Challenge = c.ID
					_, err := answer(t, env, acme, in)
					wantFault(t, err, fault.FactorNotOffered)
				}
				_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Password: password})
				wantFault(t, err, fault.InvalidInput)
				if diff := cmp.Diff([]string{who.unnamed}, fields(err)); diff != "" {
					t.Error(diff)
				}
			}
			for name, change := range changesOf(env.Flows(t, acme), old, factor.ID) {
				if err := change(t.Context()); fault.CodeOf(err) != fault.StepUpRequired {
					t.Errorf("%s: %v", name, err)
				}
			}
			in := who.mayProve(c)
			in.Challenge = c.ID
			raised := must[*authflows.Step](t)(answer(t, env, acme, in)).SignedIn
			wantProofs(t, raised, amr.AAL2, who.s.Session.Proofs...)
			mustDo(t, env.Flows(t, acme).RemoveFactor(t.Context(), caller(t, env, acme, raised), factor.ID, laptop))
		}
		if n := facts(t, env, acme, events.SessionRaised); n != 2 {
			t.Errorf("%d rises noted, want 2", n)
		}
	})
}

// Who has nothing but a mailbox proves that again, by the code alone.
func TestAUserWithNothingElseStepsUpByMail(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "magic.signup=true", "mail.link_url=https://app.ex.test/in", "sessions.step_up_age=5m")
		s := must[*authflows.Step](t)(codeIsIn(t, env, acme, must[*authflows.Challenge](t)(signUpMagic(t, env, ann)), ann)).SignedIn
		env.Clock.Advance(6 * time.Minute)
		old := caller(t, env, acme, s)
		flows := env.Flows(t, acme)
		wantFault(t, flows.DeleteMe(t.Context(), old, laptop), fault.StepUpRequired)
		_, err := raiseTo(t, env, old, amr.AAL2)
		wantFault(t, err, fault.FactorNotOffered)
		c := must[*authflows.Challenge](t)(raiseTo(t, env, old, amr.AAL1))
		if c.Kind != authflows.KindEmailCode || env.Link(t, acme, ann) != "" {
			t.Errorf("got %+v", c)
		}
		code := env.Code(t, acme, ann)
		_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: another(code)})
		wantFault(t, err, fault.WrongCode)
		_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Secret: code})
		wantFault(t, err, fault.InvalidInput)
		again := must[*authflows.Step](t)(flows.Resend(t.Context(), c.ID, laptop)).Challenge
		_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code})
		wantFault(t, err, fault.ChallengeExpired)
		raised := must[*authflows.Step](t)(codeIsIn(t, env, acme, again, ann)).SignedIn
		wantProofs(t, raised, amr.AAL1, amr.EmailCode)
		mustDo(t, flows.DeleteMe(t.Context(), caller(t, env, acme, raised), laptop))
	})
}

func TestWhereNoMailboxIsAskedForNothingStepsUp(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "magic.signup=true")
	s := must[*authflows.Step](t)(codeIsIn(t, env, acme, must[*authflows.Challenge](t)(signUpMagic(t, env, ann)), ann)).SignedIn
	c := caller(t, env, acme, s)
	env.MailOff.Store(true)
	_, err := raiseTo(t, env, c, "")
	wantFault(t, err, fault.MailUnavailable)
	env.MailOff.Store(false)
	env.Set(t, acme, "magic.signup=false", "magic.enabled=false")
	_, err = raiseTo(t, env, c, "")
	wantFault(t, err, fault.FactorNotOffered)
}
