package authflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
)

// giveRoles gives a user roles, as an admin does.
func giveRoles(t testing.TB, env *flowtest.Env, user uuid.UUID, roles ...string) {
	t.Helper()
	_, err := store.InTx(within(t, env, acme), env.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, accounts.SetRoles(ctx, tx, user, roles, env.Clock.Now())
	})
	mustDo(t, err)
}

// mustEnrol returns what a password leaves to a user who must enrol a factor.
func mustEnrol(t testing.TB, env *flowtest.Env, email string) *authflows.Challenge {
	t.Helper()
	c := passwordPassed(t, env, acme, email)
	if c.Kind != authflows.KindEnrol {
		t.Fatalf("asked for %s by %v", c.Kind, c.Factors)
	}
	return c
}

// enrolWith enrols an app by the challenge of a sign-in.
func enrolWith(t testing.TB, env *flowtest.Env, c *authflows.Challenge) (*authApp, *authflows.SignedIn) {
	t.Helper()
	begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).Enrol(t.Context(), c.ID, amr.TOTP, "", laptop))
	s := must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, codeIn(t, env, begun.Secret, 0))).SignedIn
	return &authApp{secret: begun.Secret, recovery: s.RecoveryCodes}, s
}

func TestAnEnrolledAppIsShownOnceAndTold(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		c := caller(t, env, acme, env.SignUp(t, acme, ann))
		flows := env.Flows(t, acme)
		begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), c, "  My phone "))
		if begun.Factor != amr.TOTP || begun.ExpiresAt.Sub(env.Clock.Now()) != 10*time.Minute || len(begun.Secret) != 32 ||
			!strings.HasPrefix(begun.OTPAuthURI, "otpauth://totp/") || !strings.Contains(begun.OTPAuthURI, begun.Secret) ||
			!strings.HasPrefix(string(begun.QR), "\x89PNG") || !strings.HasPrefix(begun.PublicID(), "chl_") {
			t.Errorf("got %+v", begun)
		}
		factor, recovery, err := flows.ActivateTOTP(t.Context(), c, begun.Challenge, codeIn(t, env, begun.Secret, -1), laptop)
		mustDo(t, err)
		if factor.PublicID() != begun.FactorID() || factor.Name != "My phone" || factor.Kind != amr.TOTP || len(recovery) != 10 {
			t.Errorf("got %+v and %d recovery codes", factor, len(recovery))
		}
		listed := must[*authflows.Enrolled](t)(flows.Factors(t.Context(), c))
		want := &authflows.Enrolled{Password: true, RecoveryCodesLeft: 10, Factors: []*authflows.Factor{
			{ID: begun.Challenge, Kind: amr.TOTP, Name: "My phone", CreatedAt: env.Clock.Now()},
		}}
		if diff := cmp.Diff(want, listed, cmp.AllowUnexported(authflows.Factor{})); diff != "" {
			t.Error(diff)
		}
		if n := notices(t, env, acme, ann, "authenticator app was added"); n != 1 || facts(t, env, acme, events.FactorAdded) != 1 {
			t.Errorf("%d notices", n)
		}
	})
}

func TestAUserHasAtMostTwentyApps(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	c := caller(t, env, acme, signInWithApp(t, env, acme, ann, app))
	for range 19 {
		enrolApp(t, env, acme, c)
	}
	_, err := env.Flows(t, acme).BeginTOTP(t.Context(), c, "")
	wantFault(t, err, fault.LimitReached)
	mustDo(t, env.Flows(t, acme).RemoveFactor(t.Context(), c, app.factor.ID, laptop))
	enrolApp(t, env, acme, c)
}

func TestARemovedAppIsNotAskedForAndTold(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, first := userWithApp(t, env, acme, ann)
		s := signInWithApp(t, env, acme, ann, first)
		c := caller(t, env, acme, s)
		second := enrolApp(t, env, acme, c)
		flows := env.Flows(t, acme)
		mustDo(t, flows.RemoveFactor(t.Context(), c, first.factor.ID, laptop))
		open := passwordPassed(t, env, acme, ann)
		_, err := answerCode(t, env, acme, open, amr.TOTP, first.next(t, env))
		wantFault(t, err, fault.WrongCode)
		must[*authflows.Step](t)(answerCode(t, env, acme, open, amr.TOTP, codeIn(t, env, second.secret, 0)))
		wantFault(t, flows.RemoveFactor(t.Context(), c, first.factor.ID, laptop), fault.NotFound)
		mustDo(t, flows.RemoveFactor(t.Context(), c, second.factor.ID, laptop))
		if must[*authflows.Step](t)(login(t, env, acme, ann, password)).SignedIn == nil {
			t.Error("asked for a factor that is gone")
		}
		if n := notices(t, env, acme, ann, "authenticator app was removed"); n != 2 || facts(t, env, acme, events.FactorRemoved) != 2 {
			t.Errorf("%d notices", n)
		}
	})
}

func TestWhereTwoFactorsAreRequiredTheLastOneStays(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	s := signInWithApp(t, env, acme, ann, app)
	flows := env.Flows(t, acme)
	remove := func(id uuid.UUID) error {
		return env.Flows(t, acme).RemoveFactor(t.Context(), caller(t, env, acme, s), id, laptop)
	}
	env.Set(t, acme, "mfa.policy=required")
	wantFault(t, remove(app.factor.ID), fault.FactorNeeded)
	env.Set(t, acme, "mfa.policy=optional", `mfa.required_roles=["editor"]`)
	giveRoles(t, env, s.User.ID, "editor", "author")
	wantFault(t, remove(app.factor.ID), fault.FactorNeeded)
	passwordPassed(t, env, acme, ann) // it is still there
	second := enrolApp(t, env, acme, caller(t, env, acme, s))
	mustDo(t, remove(app.factor.ID))
	wantFault(t, remove(second.factor.ID), fault.FactorNeeded)
	giveRoles(t, env, s.User.ID, "author")
	mustDo(t, remove(second.factor.ID))
	if listed := must[*authflows.Enrolled](t)(flows.Factors(t.Context(), caller(t, env, acme, s))); len(listed.Factors) != 0 {
		t.Errorf("got %+v", listed)
	}
}

// MFA-12: the ways out of a challenge to enrol.
func TestWhoMustEnrolSignsInByTheNewFactor(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.SignUp(t, acme, bob)
		env.Set(t, acme, "mfa.policy=required")
		c := mustEnrol(t, env, ann)
		if diff := cmp.Diff([]amr.Method{amr.TOTP, amr.Passkey}, c.Factors); diff != "" {
			t.Error(diff)
		}
		app, s := enrolWith(t, env, c)
		wantProofs(t, s, amr.AAL2, amr.Password, amr.TOTP)
		if len(app.recovery) != 10 {
			t.Errorf("%d recovery codes", len(app.recovery))
		}
		caller(t, env, acme, s)
		signInWithApp(t, env, acme, ann, app)

		c = mustEnrol(t, env, bob)
		device := newAuthenticator(t)
		begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).Enrol(t.Context(), c.ID, amr.Passkey, "", laptop))
		s = must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{
			Challenge: c.ID, Factor: amr.Passkey, Credential: device.Create(begun.PublicKey), Name: "Key",
		})).SignedIn
		wantProofs(t, s, amr.AAL2, amr.Password, amr.Passkey)
		if len(s.RecoveryCodes) != 0 {
			t.Error("a passkey made recovery codes")
		}
		if diff := cmp.Diff([]string{"Key"}, passkeyNames(t, env, acme, caller(t, env, acme, s))); diff != "" {
			t.Error(diff)
		}
		c = passwordPassed(t, env, acme, bob)
		must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey)))
	})
}

func TestAnAnswerWithoutAFactorTakesTheOneBegun(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.SignUp(t, acme, bob)
		env.Set(t, acme, "mfa.policy=required")
		c := mustEnrol(t, env, ann)
		begin := func(c *authflows.Challenge, m amr.Method) *authflows.Enrolment {
			return must[*authflows.Enrolment](t)(env.Flows(t, acme).Enrol(t.Context(), c.ID, m, "", laptop))
		}
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: "123456"})
		wantNotBegun(t, err)
		begun := begin(c, amr.TOTP)
		s := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: codeIn(t, env, begun.Secret, 0)})).SignedIn
		wantProofs(t, s, amr.AAL2, amr.Password, amr.TOTP)

		c = mustEnrol(t, env, bob)
		begin(c, amr.TOTP)
		made := newAuthenticator(t).Create(begin(c, amr.Passkey).PublicKey)
		s = must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Credential: made})).SignedIn
		wantProofs(t, s, amr.AAL2, amr.Password, amr.Passkey)
	})
}

func TestASignUpMustEnrolWhereTwoFactorsAreRequired(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "mfa.policy=required")
	step := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: signUp(t, env, acme, ann).ID, Code: env.Code(t, acme, ann)}))
	if step.SignedIn != nil || step.Challenge.Kind != authflows.KindEnrol || facts(t, env, acme, events.UserSignedUp) != 1 {
		t.Fatalf("got %+v", step)
	}
	_, s := enrolWith(t, env, step.Challenge)
	wantProofs(t, s, amr.AAL2, amr.EmailCode, amr.Password, amr.TOTP)
}

func TestRolesThatNeedTwoFactorsMustEnrol(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	user := env.SignUp(t, acme, ann).User.ID
	env.Set(t, acme, `mfa.required_roles=["editor"]`)
	for roles, asked := range map[string]bool{"": false, "author": false, "author editor": true} {
		giveRoles(t, env, user, strings.Fields(roles)...)
		if step := must[*authflows.Step](t)(login(t, env, acme, ann, password)); (step.SignedIn == nil) != asked {
			t.Errorf("roles %q: %+v", roles, step)
		}
	}
}

func TestTheGraceOfEnrolmentBeginsWithTheFirstSignInThatNeedsIt(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		_, app := userWithApp(t, env, acme, bob)
		env.Clock.Advance(30 * 24 * time.Hour)
		env.Set(t, acme, "mfa.policy=required", "mfa.enrol_grace=7d")
		for i, after := range []time.Duration{0, 24 * time.Hour, 6*24*time.Hour - time.Second} {
			env.Clock.Advance(after)
			step := must[*authflows.Step](t)(login(t, env, acme, ann, password))
			if step.SignedIn == nil {
				t.Fatalf("sign-in %d: asked for %v", i, step.Challenge.Factors)
			}
			wantProofs(t, step.SignedIn, amr.AAL1, amr.Password)
		}
		env.Clock.Advance(time.Second)
		_, s := enrolWith(t, env, mustEnrol(t, env, ann))
		caller(t, env, acme, s)
		// Who has a second factor has no grace.
		signInWithApp(t, env, acme, bob, app)
	})
}

func TestNamesOfFactorsAreOneShortLine(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := caller(t, env, acme, env.SignUp(t, acme, ann))
	for _, name := range []string{strings.Repeat("é", 101), "a\nb", "a\x00", "\xff", strings.Repeat("x", 10_000)} {
		_, err := env.Flows(t, acme).BeginTOTP(t.Context(), c, name)
		if diff := cmp.Diff([]string{"name invalid"}, fields(err)); diff != "" {
			t.Errorf("%.10q: %s", name, diff)
		}
	}
	must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginTOTP(t.Context(), c, strings.Repeat("é", 100)))
}
