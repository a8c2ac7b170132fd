package authflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestWAN04WhereVerificationIsRequiredATouchIsRefused(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, device := passkeyUser(t, env, acme, ann)
		absent := func(s *flowtest.Said) { s.Flags &^= flowtest.FlagUP }
		for _, identifier := range []string{"", ann} {
			wantNoWayIn(t, env, acme, identifier, device, touching)
			wantNoWayIn(t, env, acme, identifier, device, absent)
		}
		c := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
		_, err := bring(t, env, acme, c, device.Get(c.PublicKey, touching))
		wantFault(t, err, fault.PasskeyRefused)
		c = stepUp(t, env, acme, caller(t, env, acme, s))
		_, err = bring(t, env, acme, c, device.Get(c.PublicKey, touching))
		wantFault(t, err, fault.PasskeyRefused)

		me := passkeyCaller(t, env, acme, device)
		_, err = registerPasskey(t, env, acme, me, newAuthenticator(t), touching)
		wantFault(t, err, fault.PasskeyInvalid)
	})
}

// WAN-04: where verification is preferred, a session says what was shown.
func TestWAN04ATouchIsOneFactorAndSaysSo(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "passkeys.user_verification=preferred")
	_, device := passkeyUser(t, env, acme, ann, touching)
	verified := must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device)).SignedIn
	wantProofs(t, verified, amr.AAL2, amr.Passkey)

	for _, setting := range []string{"mfa.policy=optional", "mfa.policy=off", `mfa.factors=["totp"]`} {
		env.Set(t, acme, "mfa.policy=optional", `mfa.factors=["totp","passkey","recovery_code"]`)
		env.Set(t, acme, setting)
		for _, identifier := range []string{"", ann} {
			s := must[*authflows.Step](t)(passkeyIn(t, env, acme, identifier, device, touching)).SignedIn
			wantProofs(t, s, amr.AAL1, amr.PasskeyTouch)
		}
	}
}

func TestATouchAndAPasswordAreTwoFactorsInEitherOrder(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"optional", "required"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t)
			env.Set(t, acme, "passkeys.user_verification=preferred")
			_, device := passkeyUser(t, env, acme, ann)
			env.Set(t, acme, "mfa.policy="+policy)

			c := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
			if got := readPasskeyOptions(t, c.PublicKey).UserVerification; got != "preferred" {
				t.Errorf("after the password verification is %s", got)
			}
			s := must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey, touching))).SignedIn
			wantProofs(t, s, amr.AAL2, amr.Password, amr.PasskeyTouch)

			step := must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device, touching))
			if policy == "optional" { // the second factor that the user has was the first
				wantProofs(t, step.SignedIn, amr.AAL1, amr.PasskeyTouch)
				return
			}
			c = step.Challenge
			if diff := cmp.Diff([]amr.Method{amr.Passkey, amr.Password}, c.Factors); diff != "" || c.Kind != authflows.KindMFA {
				t.Fatalf("%s: %s", c.Kind, diff)
			}
			// The second touch would show nothing new.
			if got := readPasskeyOptions(t, c.PublicKey).UserVerification; got != "required" {
				t.Errorf("after a touch verification is %s", got)
			}
			_, err := bring(t, env, acme, c, device.Get(c.PublicKey, touching))
			wantFault(t, err, fault.PasskeyRefused)
			in := authflows.Answer{Challenge: c.ID, Factor: amr.Password, Password: password}
			s = must[*authflows.Step](t)(answer(t, env, acme, in)).SignedIn
			wantProofs(t, s, amr.AAL2, amr.Password, amr.PasskeyTouch)
		})
	}
}

func TestWhatVerificationIsRequiredIsNeverLess(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "passkeys.user_verification=preferred", "mfa.policy=off")
	_, device := passkeyUser(t, env, acme, ann)
	lax := askPasskey(t, env, acme, ann)
	env.Set(t, acme, "passkeys.user_verification=required")
	strict := askPasskey(t, env, acme, ann)
	_, err := bring(t, env, acme, lax, device.Get(lax.PublicKey, touching))
	wantFault(t, err, fault.PasskeyRefused)
	env.Set(t, acme, "passkeys.user_verification=preferred")
	_, err = bring(t, env, acme, strict, device.Get(strict.PublicKey, touching))
	wantFault(t, err, fault.PasskeyRefused)
}

func TestMFA06AFirstFactorAloneChangesNoPasskey(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		flows, me, device := env.Flows(t, acme), caller(t, env, acme, s), newAuthenticator(t)
		only := must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, device))

		me = caller(t, env, acme, s) // aal1, and fresh
		_, err := flows.BeginPasskey(t.Context(), me)
		wantFault(t, err, fault.StepUpRequired)
		wantFault(t, flows.RemoveFactor(t.Context(), me, only.ID, laptop), fault.StepUpRequired)

		c := stepUp(t, env, acme, me)
		raised := must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey))).SignedIn
		_, err = flows.BeginPasskey(t.Context(), caller(t, env, acme, s)) // its token is of before the rise
		wantFault(t, err, fault.StepUpRequired)
		me = caller(t, env, acme, raised)
		must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, newAuthenticator(t)))
		mustDo(t, flows.RemoveFactor(t.Context(), me, only.ID, laptop))
	})
}

// MFA-06: what was begun before another factor was there waits for that factor.
func TestMFA06AnEnrolmentUnderWayDoesNotPassAFactorBy(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	flows, me, device := env.Flows(t, acme), caller(t, env, acme, s), newAuthenticator(t)
	begun := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), me))
	enrolApp(t, env, acme, me)
	_, err := flows.AddPasskey(t.Context(), caller(t, env, acme, s), begun.Challenge, device.Create(begun.PublicKey), "", laptop)
	wantFault(t, err, fault.StepUpRequired)
}

func TestMFA07AnOldProofChangesNoPasskey(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, device := passkeyUser(t, env, acme, ann)
		flows := env.Flows(t, acme)
		s := must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device)).SignedIn
		me := caller(t, env, acme, s)
		id := firstPasskey(t, env, acme, me)
		env.Clock.Advance(10*time.Minute + time.Second)
		s = must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
		me = caller(t, env, acme, s)
		wantFault(t, flows.RemoveFactor(t.Context(), me, id, laptop), fault.StepUpRequired)
		_, err := flows.BeginPasskey(t.Context(), me)
		wantFault(t, err, fault.StepUpRequired)
		if n := notices(t, env, acme, ann, "was removed"); n != 0 {
			t.Errorf("%d notices of what did not happen", n)
		}

		c := stepUp(t, env, acme, me)
		raised := must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey))).SignedIn
		mustDo(t, flows.RemoveFactor(t.Context(), caller(t, env, acme, raised), id, laptop))
		if n := notices(t, env, acme, ann, "passkey was removed"); n != 1 {
			t.Errorf("%d notices, want 1", n)
		}
		wantNoWayIn(t, env, acme, "", device)
		must[*authflows.Step](t)(login(t, env, acme, ann, password))
	})
}
