package authflows_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// enrolPasskey begins to enrol a passkey that a sign-in needs.
func enrolPasskey(t testing.TB, env *flowtest.Env, slug string, c *authflows.Challenge) *authflows.Enrolment {
	t.Helper()
	return must[*authflows.Enrolment](t)(env.Flows(t, slug).Enrol(t.Context(), c.ID, amr.Passkey, "", laptop))
}

// wantNotBegun fails unless an answer was refused because no enrolment was begun.
func wantNotBegun(t testing.TB, err error) {
	t.Helper()
	wantFault(t, err, fault.InvalidInput)
	if diff := cmp.Diff([]string{"factor not_begun"}, fields(err)); diff != "" {
		t.Error(diff)
	}
}

func TestMFA12ASignInThatNeedsTwoFactorsEnrolsAPasskey(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "mfa.policy=required")
		device := newAuthenticator(t)
		c := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
		if diff := cmp.Diff([]amr.Method{amr.TOTP, amr.Passkey}, c.Factors); diff != "" || c.Kind != authflows.KindEnrol {
			t.Fatalf("%s: %s", c.Kind, diff)
		}
		_, err := bring(t, env, acme, c, []byte(`{}`)) // nothing was begun
		wantNotBegun(t, err)
		begun := enrolPasskey(t, env, acme, c)
		if begun.Challenge != c.ID || !begun.ExpiresAt.Equal(c.ExpiresAt) {
			t.Errorf("got %+v", begun)
		}
		before := device.Create(begun.PublicKey)
		begun = enrolPasskey(t, env, acme, c) // replaces what was begun
		_, err = bring(t, env, acme, c, before)
		wantFault(t, err, fault.PasskeyInvalid)
		step, err := answer(t, env, acme, authflows.Answer{
			Challenge: c.ID, Factor: amr.Passkey, Credential: device.Create(begun.PublicKey), Name: "Desk",
		})
		mustDo(t, err)
		wantProofs(t, step.SignedIn, amr.AAL2, amr.Password, amr.Passkey)
		me := caller(t, env, acme, step.SignedIn)
		if diff := cmp.Diff([]string{"Desk"}, passkeyNames(t, env, acme, me)); diff != "" {
			t.Error(diff)
		}
		if n := notices(t, env, acme, ann, "passkey was added"); n != 1 || facts(t, env, acme, events.FactorAdded) != 1 {
			t.Errorf("%d notices, want 1", n)
		}
		must[*authflows.Step](t)(passkeyIn(t, env, acme, ann, device))
		c = must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
		must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey)))
	})
}

// MFA-12: whose passkey mfa.factors does not list gives it all the same, and enrols nothing past it.
func TestMFA12NobodyEnrolsPastAPasskeyThatTheTenantDoesNotList(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		signUp, device := passkeyUser(t, env, acme, ann)
		giveRoles(t, env, signUp.User.ID, "editor")
		for _, settings := range [][]string{
			{"mfa.policy=required"}, {"mfa.policy=required", "mfa.enrol_grace=7d"}, {`mfa.required_roles=["editor"]`},
		} {
			env.Set(t, acme, "mfa=null", `mfa.factors=["totp"]`)
			if must[*authflows.Step](t)(login(t, env, acme, ann, password)).SignedIn == nil {
				t.Fatal("asked where the tenant takes apps alone and requires none")
			}
			env.Set(t, acme, settings...)
			c := passwordPassed(t, env, acme, ann)
			if diff := cmp.Diff([]amr.Method{amr.Passkey}, c.Factors); diff != "" || c.Kind != authflows.KindMFA {
				t.Fatalf("%v: %s: %s", settings, c.Kind, diff)
			}
			for _, factor := range []amr.Method{amr.TOTP, amr.Passkey, ""} {
				_, err := env.Flows(t, acme).Enrol(t.Context(), c.ID, factor, "", laptop)
				wantFault(t, err, fault.ChallengeExpired)
			}
			_, err := answerCode(t, env, acme, c, amr.TOTP, "123456")
			wantFault(t, err, fault.FactorNotOffered)
			_, err = bring(t, env, acme, c, newAuthenticator(t).Create(c.PublicKey))
			wantFault(t, err, fault.InvalidInput)
			s := must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey))).SignedIn
			wantProofs(t, s, amr.AAL2, amr.Password, amr.Passkey)
		}
		if facts(t, env, acme, events.FactorAdded) != 1 {
			t.Error("a factor was enrolled")
		}
	})
}

// Beside a password a touch is enough; beside a mailed code the passkey must be both factors.
func TestWhatIsEnrolledForTwoFactorsReachesThem(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	dropPassword(t, env, acme, env.SignUp(t, acme, ann).User.ID)
	env.SignUp(t, acme, bob)
	env.Set(t, acme, "mfa.policy=required", "passkeys.user_verification=preferred", "magic.enabled=true")
	device := newAuthenticator(t)

	c := must[*authflows.Step](t)(login(t, env, acme, bob, password)).Challenge
	begun := enrolPasskey(t, env, acme, c)
	if got := readPasskeyOptions(t, begun.PublicKey).AuthenticatorSelection.UserVerification; got != "preferred" {
		t.Errorf("beside a password verification is %s", got)
	}
	s := must[*authflows.Step](t)(bring(t, env, acme, c, device.Create(begun.PublicKey, touching))).SignedIn
	wantProofs(t, s, amr.AAL2, amr.Password, amr.PasskeyTouch)

	c = must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), ann, laptop)).Challenge
	c = must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, ann)})).Challenge
	if diff := cmp.Diff([]amr.Method{amr.Passkey}, c.Factors); diff != "" || c.Kind != authflows.KindEnrol {
		t.Fatalf("%s: %s", c.Kind, diff)
	}
	begun = enrolPasskey(t, env, acme, c)
	if got := readPasskeyOptions(t, begun.PublicKey).AuthenticatorSelection.UserVerification; got != "required" {
		t.Errorf("beside a mailed code verification is %s", got)
	}
	_, err := bring(t, env, acme, c, device.Create(begun.PublicKey, touching))
	wantFault(t, err, fault.PasskeyInvalid)
	s = must[*authflows.Step](t)(bring(t, env, acme, c, device.Create(begun.PublicKey))).SignedIn
	wantProofs(t, s, amr.AAL2, amr.EmailCode, amr.Passkey)
}

func TestWhatIsNoCredentialUsesNoTry(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s, device := passkeyUser(t, env, acme, ann)
	env.SignUp(t, acme, bob)
	flows := env.Flows(t, acme)

	c := askPasskey(t, env, acme, ann)
	registered := enrolledJSON(t)
	for _, text := range append(noCredentials, string(registered)) {
		_, err := bring(t, env, acme, c, []byte(text))
		wantFault(t, err, fault.InvalidInput)
		if diff := cmp.Diff([]string{"credential invalid"}, fields(err)); diff != "" {
			t.Error(diff)
		}
	}
	asserted := device.Get(c.PublicKey)
	must[*authflows.Step](t)(bring(t, env, acme, c, asserted))

	step := stepUp(t, env, acme, caller(t, env, acme, s))
	raised := must[*authflows.Step](t)(bring(t, env, acme, step, device.Get(step.PublicKey))).SignedIn
	me := caller(t, env, acme, raised)
	begun := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), me))
	env.Set(t, acme, "mfa.policy=required")
	pending := must[*authflows.Step](t)(login(t, env, acme, bob, password)).Challenge
	enrolling := enrolPasskey(t, env, acme, pending)
	for _, text := range append(noCredentials, string(asserted)) {
		_, err := flows.AddPasskey(t.Context(), me, begun.Challenge, []byte(text), "", laptop)
		wantFault(t, err, fault.InvalidInput)
		_, err2 := bring(t, env, acme, pending, []byte(text))
		wantFault(t, err2, fault.InvalidInput)
		if diff := cmp.Diff([]string{"credential invalid"}, fields(err)) + cmp.Diff(fields(err), fields(err2)); diff != "" {
			t.Error(diff)
		}
	}
	made := newAuthenticator(t).Create(begun.PublicKey)
	must[*authflows.Factor](t)(flows.AddPasskey(t.Context(), me, begun.Challenge, made, "", laptop))
	must[*authflows.Step](t)(bring(t, env, acme, pending, newAuthenticator(t).Create(enrolling.PublicKey)))
}

// noCredentials are more than a challenge has tries.
var noCredentials = []string{
	"", "null", "{}", "[]", "\x00", "no JSON", `{"id":1}`, `{"id":"YQ","rawId":"YQ","type":"public-key"}`,
	`{"id":"YQ","rawId":"YQ","type":"public-key","response":{}}`, `{"id":"YQ"`,
}

// enrolledJSON is what a browser returns for some registration.
func enrolledJSON(t testing.TB) []byte {
	t.Helper()
	const options = `{"challenge":"YWJjZGVmZ2hpamtsbW5vcA","rp":{"id":"auth.example.test"},"user":{"id":"YQ"}}`
	return newAuthenticator(t).Create([]byte(options))
}
