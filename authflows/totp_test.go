package authflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// authApp is an authenticator app that its user has enrolled.
type authApp struct {
	secret   string
	factor   *authflows.Factor
	recovery []string // made with it
}

// period is how long a code of an app lasts.
const period = 30 * time.Second

// codeIn returns what an app with a secret shows some steps from now.
func codeIn(t testing.TB, env *flowtest.Env, secret string, steps int) string {
	t.Helper()
	return must[string](t)(totp.GenerateCode(secret, env.Clock.Now().Add(time.Duration(steps)*period)))
}

// next moves the clock by a step and returns the app's code, which nobody has used.
func (a *authApp) next(t testing.TB, env *flowtest.Env) string {
	t.Helper()
	env.Clock.Advance(period)
	return codeIn(t, env, a.secret, 0)
}

// enrolApp enrols an app for a caller whose proof is fresh.
func enrolApp(t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller) *authApp {
	t.Helper()
	flows := env.Flows(t, slug)
	begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), c, ""))
	a := &authApp{secret: begun.Secret}
	var err error
	a.factor, a.recovery, err = flows.ActivateTOTP(t.Context(), c, begun.Challenge, codeIn(t, env, a.secret, 0), laptop)
	mustDo(t, err)
	return a
}

// userWithApp signs a user up and enrols an app. The session is of before the enrolment.
func userWithApp(t testing.TB, env *flowtest.Env, slug, email string) (*authflows.SignedIn, *authApp) {
	t.Helper()
	s := env.SignUp(t, slug, email)
	return s, enrolApp(t, env, slug, caller(t, env, slug, s))
}

// passwordPassed returns what a right password leaves to answer.
func passwordPassed(t testing.TB, env *flowtest.Env, slug, email string) *authflows.Challenge {
	t.Helper()
	step := must[*authflows.Step](t)(login(t, env, slug, email, password))
	if step.SignedIn != nil {
		t.Fatalf("a password alone opened a session: %v", step.SignedIn.Session.Proofs)
	}
	return step.Challenge
}

// answerCode answers a challenge by a factor that has codes.
func answerCode(t testing.TB, env *flowtest.Env, slug string, c *authflows.Challenge, factor amr.Method, code string) (*authflows.Step, error) {
	t.Helper()
	return answer(t, env, slug, authflows.Answer{Challenge: c.ID, Factor: factor, Code: code})
}

// signInWithApp signs a user in by password and app, a step later.
func signInWithApp(t testing.TB, env *flowtest.Env, slug, email string, a *authApp) *authflows.SignedIn {
	t.Helper()
	c := passwordPassed(t, env, slug, email)
	return must[*authflows.Step](t)(answerCode(t, env, slug, c, amr.TOTP, a.next(t, env))).SignedIn
}

func TestAUserWithAnAuthenticatorAppIsAskedForItsCode(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, app := userWithApp(t, env, acme, ann)
		c := passwordPassed(t, env, acme, ann)
		if diff := cmp.Diff([]amr.Method{amr.TOTP, amr.RecoveryCode}, c.Factors); diff != "" || c.Kind != authflows.KindMFA {
			t.Errorf("%s: %s", c.Kind, diff)
		}
		s := must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))).SignedIn
		if diff := cmp.Diff([]amr.Method{amr.Password, amr.TOTP}, s.Session.Proofs); diff != "" {
			t.Error(diff)
		}
		_, claims, _ := parts(t, s.AccessToken)
		want := map[string]any{
			"acr": "aal2", "amr": []any{"mfa", "otp", "pwd"}, "auth_time": float64(env.Clock.Now().Unix()), "sub": s.User.PublicID(),
		}
		for name, value := range want {
			if diff := cmp.Diff(value, claims[name]); diff != "" {
				t.Errorf("claim %s: %s", name, diff)
			}
		}
		if n := facts(t, env, acme, events.UserSignedIn); n != 2 {
			t.Errorf("%d sign-ins noted, want that of the sign-up and this one", n)
		}
	})
}

func TestACodeOfAnAppMayBeTypedOddly(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	for _, typed := range []func(string) string{
		func(code string) string { return " " + code[:3] + " " + code[3:] + "\r\n" },
		func(code string) string { return code[:2] + "-" + code[2:4] + "–" + code[4:] },
		func(code string) string {
			return strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
		},
	} {
		c := passwordPassed(t, env, acme, ann)
		code := typed(app.next(t, env))
		if step, err := answerCode(t, env, acme, c, amr.TOTP, code); err != nil || step.SignedIn == nil {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestWhatCanBeNoCodeUsesNoTry(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	c := passwordPassed(t, env, acme, ann)
	for _, factor := range []amr.Method{amr.TOTP, amr.RecoveryCode} {
		for _, odd := range []string{"", "null", "12345", "123456789", "12345x", strings.Repeat("1", 10_000), "\x00\xff", "ab3de", "ab3de-fgh1!"} {
			_, err := answerCode(t, env, acme, c, factor, odd)
			wantFault(t, err, fault.InvalidInput)
			if diff := cmp.Diff([]string{"code invalid"}, fields(err)); diff != "" {
				t.Errorf("%s %.10q: %s", factor, odd, diff)
			}
		}
	}
	if n := facts(t, env, acme, events.SignInRefused); n != 0 {
		t.Errorf("%d guesses were counted", n)
	}
	must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, app.next(t, env)))
}

func TestEachOfSeveralAppsSignsIn(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, first := userWithApp(t, env, acme, ann)
	s := signInWithApp(t, env, acme, ann, first)
	second := enrolApp(t, env, acme, caller(t, env, acme, s))
	if second.recovery != nil {
		t.Error("the second app made further recovery codes")
	}
	for _, app := range []*authApp{second, first, second} {
		signInWithApp(t, env, acme, ann, app)
	}
	listed := must[*authflows.Enrolled](t)(env.Flows(t, acme).Factors(t.Context(), caller(t, env, acme, s)))
	if len(listed.Factors) != 2 || listed.Factors[0].ID != first.factor.ID || !listed.Factors[1].LastUsedAt.Equal(env.Clock.Now()) ||
		listed.RecoveryCodesLeft != 10 || !listed.Password {
		t.Errorf("got %+v", listed)
	}
}

func TestAnAppIsAskedForWhereTheTenantTakesItOnly(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	userWithApp(t, env, acme, ann)
	for _, setting := range []string{"mfa.policy=off", `mfa.factors=["passkey"]`} {
		env.Set(t, acme, setting)
		step := must[*authflows.Step](t)(login(t, env, acme, ann, password))
		if step.SignedIn == nil {
			t.Errorf("%s: asked for %v", setting, step.Challenge.Factors)
		}
		env.Set(t, acme, "mfa=null")
	}
	passwordPassed(t, env, acme, ann)
}

// The numbers are what was measured; BEGIN and COMMIT are not counted.
func TestStepsOfASignInTakeFewStatements(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		signUp := env.SignUp(t, acme, bob)
		_, app := userWithApp(t, env, acme, ann)
		flows := env.Flows(t, acme)
		known := laptop
		known.Token = signUp.DeviceToken
		var step *authflows.Step
		count := func(name string, most int, do func() (*authflows.Step, error)) {
			t.Helper()
			var err error
			if statements := env.Statements(func() { step, err = do() }); err != nil || len(statements) > most {
				t.Fatalf("%s: %v; %d statements, want at most %d: %q", name, err, len(statements), most, queries(statements))
			}
		}
		logIn := func(who string, d authflows.Device) func() (*authflows.Step, error) {
			return func() (*authflows.Step, error) {
				return flows.Login(t.Context(), authflows.LoginInput{Identifier: who, Password: password, Device: d})
			}
		}
		answered := func(factor amr.Method, code string) func() (*authflows.Step, error) {
			in := authflows.Answer{Challenge: step.Challenge.ID, Factor: factor, Code: code, Device: laptop}
			return func() (*authflows.Step, error) { return flows.Answer(t.Context(), in) }
		}
		count("a password on a known device", 7, logIn(bob, known))
		count("a password on another device", 7, logIn(bob, laptop))
		count("a password that leaves an app to ask", 6, logIn(ann, laptop))
		count("the code of an app", 13, answered(amr.TOTP, app.next(t, env)))
		count("the request of a code", 6, func() (*authflows.Step, error) { return flows.LoginCode(t.Context(), bob, laptop) })
		count("a mailed code", 10, answered(amr.EmailCode, env.Code(t, acme, bob)))
	})
}
