package authflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// onDevice is the laptop with a device token.
func onDevice(token string) authflows.Device {
	d := laptop
	d.Token = token
	return d
}

// passwordOn logs a user in on a device.
func passwordOn(t testing.TB, env *flowtest.Env, slug, email string, d authflows.Device) *authflows.Step {
	t.Helper()
	return must[*authflows.Step](t)(env.Flows(t, slug).Login(t.Context(), authflows.LoginInput{Identifier: email, Password: password, Device: d}))
}

// trustOn signs a user in by password and app, asks to trust the device, and returns its token.
func trustOn(t testing.TB, env *flowtest.Env, slug, email string, app *authApp, d authflows.Device) (string, *authflows.SignedIn) {
	t.Helper()
	s := must[*authflows.Step](t)(env.Flows(t, slug).Answer(t.Context(), authflows.Answer{
		Challenge: passwordOn(t, env, slug, email, d).Challenge.ID, Factor: amr.TOTP, Code: app.next(t, env), TrustDevice: true, Device: d,
	})).SignedIn
	return s.DeviceToken, s
}

// trustDevices lets tenants trust devices for 30 days.
func trustDevices(t testing.TB, env *flowtest.Env) {
	t.Helper()
	env.Set(t, acme, "mfa.trust_device_days=30")
	env.Set(t, globex, "mfa.trust_device_days=30")
}

// mfaAsked reports whether a user is asked for a second factor on a device.
func mfaAsked(t testing.TB, env *flowtest.Env, slug, email, token string) bool {
	t.Helper()
	return passwordOn(t, env, slug, email, onDevice(token)).SignedIn == nil
}

func TestATrustedDeviceIsAskedForNoSecondFactor(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		trustDevices(t, env)
		_, app := userWithApp(t, env, acme, ann)
		plain := signInWithApp(t, env, acme, ann, app).DeviceToken
		token, s := trustOn(t, env, acme, ann, app, laptop)
		wantProofs(t, s, amr.AAL2, amr.Password, amr.TOTP)
		if !mfaAsked(t, env, acme, ann, "") || !mfaAsked(t, env, acme, ann, plain) {
			t.Error("a device that nobody trusts was not asked")
		}
		step := passwordOn(t, env, acme, ann, onDevice(token))
		if step.SignedIn == nil {
			t.Fatalf("asked for %v", step.Challenge.Factors)
		}
		// It spares the factor and proves none.
		wantProofs(t, step.SignedIn, amr.AAL1, amr.Password)
		c := caller(t, env, acme, step.SignedIn)
		_, err := env.Flows(t, acme).MakeRecoveryCodes(t.Context(), c, laptop)
		wantFault(t, err, fault.StepUpRequired)
	})
}

func TestTrustedDevicesAreListedAndForgotten(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		trustDevices(t, env)
		_, app := userWithApp(t, env, acme, ann)
		first, s := trustOn(t, env, acme, ann, app, laptop)
		second, _ := trustOn(t, env, acme, ann, app, laptop)
		c := caller(t, env, acme, s)
		flows := env.Flows(t, acme)
		list, current, err := flows.TrustedDevices(t.Context(), c, onDevice(first))
		mustDo(t, err)
		if len(list) != 2 || list[1].ID != current || list[1].UserAgent != laptop.UserAgent || list[1].Address != laptop.Address.String() ||
			list[0].ExpiresAt.Sub(list[0].CreatedAt) != 30*24*time.Hour || !strings.HasPrefix(list[0].PublicID(), "dev_") {
			t.Errorf("current %s of %+v", current, list)
		}
		if _, current, _ := flows.TrustedDevices(t.Context(), c, laptop); current != uuid.Nil {
			t.Error("a request without a token comes from a trusted device")
		}
		// Those of others are not there.
		stranger := caller(t, env, acme, env.SignUp(t, acme, bob))
		twin := caller(t, env, globex, env.SignUp(t, globex, ann))
		wantFault(t, flows.ForgetDevice(t.Context(), stranger, list[0].ID), fault.NotFound)
		wantFault(t, env.Flows(t, globex).ForgetDevice(t.Context(), twin, list[0].ID), fault.NotFound)
		if others, _, _ := flows.TrustedDevices(t.Context(), stranger, onDevice(first)); len(others) != 0 {
			t.Errorf("got %+v", others)
		}
		mustDo(t, flows.ForgetDevice(t.Context(), c, current))
		wantFault(t, flows.ForgetDevice(t.Context(), c, current), fault.NotFound)
		if !mfaAsked(t, env, acme, ann, first) || mfaAsked(t, env, acme, ann, second) {
			t.Error("forgotten is one, and not the other")
		}
		if facts(t, env, acme, events.DeviceTrusted) != 2 || facts(t, env, acme, events.DeviceForgotten) != 1 {
			t.Error("each is a fact")
		}
	})
}

func TestTrustEndsByTheClockAndBeginsAnew(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		trustDevices(t, env)
		_, app := userWithApp(t, env, acme, ann)
		token, _ := trustOn(t, env, acme, ann, app, laptop)
		env.Clock.Advance(30*24*time.Hour - time.Second)
		if mfaAsked(t, env, acme, ann, token) {
			t.Error("asked a second too early")
		}
		env.Clock.Advance(time.Second)
		again, s := trustOn(t, env, acme, ann, app, onDevice(token))
		env.Clock.Advance(20 * 24 * time.Hour)
		if mfaAsked(t, env, acme, ann, again) || mfaAsked(t, env, acme, ann, token) {
			t.Error("the same device is trusted again")
		}
		if list, _, _ := env.Flows(t, acme).TrustedDevices(t.Context(), &authflows.Caller{User: s.User}, laptop); len(list) != 1 {
			t.Errorf("%d devices, want 1", len(list))
		}
	})
}

func TestTrustSparesNothingWhereTwoFactorsAreRequired(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	trustDevices(t, env)
	s, app := userWithApp(t, env, acme, ann)
	token, _ := trustOn(t, env, acme, ann, app, laptop)
	for _, setting := range []string{"mfa.policy=required", `mfa.required_roles=["editor"]`, "mfa.trust_device_days=0"} {
		giveRoles(t, env, s.User.ID, "editor")
		env.Set(t, acme, "mfa=null", "mfa.trust_device_days=30")
		if mfaAsked(t, env, acme, ann, token) {
			t.Fatal("asked before")
		}
		env.Set(t, acme, setting)
		if !mfaAsked(t, env, acme, ann, token) {
			t.Errorf("%s: not asked", setting)
		}
	}
}

// A device is trusted by its own user, at its own tenant, and by nothing that is made up.
func TestOnlyTheTokenOfATrustedDeviceIsOne(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	trustDevices(t, env)
	_, anns := userWithApp(t, env, acme, ann)
	_, bobs := userWithApp(t, env, acme, bob)
	_, twins := userWithApp(t, env, globex, ann)
	token, s := trustOn(t, env, acme, ann, anns, laptop)
	bobsToken, _ := trustOn(t, env, acme, bob, bobs, laptop)
	twinsToken, _ := trustOn(t, env, globex, ann, twins, laptop)
	for name, other := range map[string]string{
		"another user's": bobsToken, "another tenant's": twinsToken, "a refresh token": s.RefreshToken, "an access token": s.AccessToken,
		"cut": token[:len(token)-1], "longer": token + "A", "padded": token + "=", "flipped": token[:len(token)-5] + "AAAAA",
		"endless": strings.Repeat("a", 100_000), "bytes": "\x00\xff", "in capitals": strings.ToUpper(token), "blank": " " + token,
	} {
		if !mfaAsked(t, env, acme, ann, other) {
			t.Errorf("%s: not asked", name)
		}
		mustDo(t, env.DB.Throttle.Update().SetCount(0).Exec(within(t, env, acme)))
	}
	if mfaAsked(t, env, acme, ann, token) || mfaAsked(t, env, acme, bob, bobsToken) || mfaAsked(t, env, globex, ann, twinsToken) {
		t.Error("the right one counts")
	}
	// It opens nothing.
	_, err := bearer(t, env, acme, token)
	wantFault(t, err, fault.InvalidToken)
	_, err = refresh(t, env, acme, token)
	wantFault(t, err, fault.InvalidToken)
}

func TestDevicesAreForgottenWithThePassword(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		trustDevices(t, env)
		_, app := userWithApp(t, env, acme, ann)
		flows := env.Flows(t, acme)
		for name, change := range map[string]func(*authflows.SignedIn){
			"changed": func(s *authflows.SignedIn) {
				c := caller(t, env, acme, s)
				mustDo(t, flows.ChangePassword(t.Context(), c, password, otherPassword, laptop))
				mustDo(t, flows.ChangePassword(t.Context(), c, otherPassword, password, laptop))
			},
			"reset": func(*authflows.SignedIn) {
				c := requestReset(t, env, acme, ann)
				_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, ann), NewPassword: password})
				mustDo(t, err)
			},
		} {
			token, s := trustOn(t, env, acme, ann, app, laptop)
			change(s)
			if !mfaAsked(t, env, acme, ann, token) {
				t.Errorf("%s: not asked", name)
			}
			if list, _, _ := flows.TrustedDevices(t.Context(), &authflows.Caller{User: s.User}, onDevice(token)); len(list) != 0 {
				t.Errorf("%s: %d trusted devices", name, len(list))
			}
		}
	})
}

// Trust would outlive the requirement, and be worth what nobody asked for then.
func TestNoDeviceIsTrustedWhereTwoFactorsAreRequired(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s, app := userWithApp(t, env, acme, ann)
	giveRoles(t, env, s.User.ID, "editor")
	for _, setting := range []string{"mfa.policy=required", `mfa.required_roles=["editor"]`} {
		env.Set(t, acme, "mfa=null", "mfa.trust_device_days=30", setting)
		token, s := trustOn(t, env, acme, ann, app, laptop)
		wantProofs(t, s, amr.AAL2, amr.Password, amr.TOTP)
		if list, _, _ := env.Flows(t, acme).TrustedDevices(t.Context(), caller(t, env, acme, s), onDevice(token)); len(list) != 0 {
			t.Errorf("%s: %d trusted devices", setting, len(list))
		}
		env.Set(t, acme, "mfa=null", "mfa.trust_device_days=30")
		if !mfaAsked(t, env, acme, ann, token) {
			t.Errorf("%s: trust was kept", setting)
		}
	}
	if facts(t, env, acme, events.DeviceTrusted) != 0 {
		t.Error("trust is a fact")
	}
}

// What was trusted by a factor that is gone is trusted no more.
func TestARemovedFactorForgetsEveryTrustedDevice(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		trustDevices(t, env)
		_, bobs := userWithApp(t, env, acme, bob)
		bobsToken, _ := trustOn(t, env, acme, bob, bobs, laptop)
		_, app := userWithApp(t, env, acme, ann)
		first, _ := trustOn(t, env, acme, ann, app, laptop)
		second, s := trustOn(t, env, acme, ann, app, laptop)
		other := must[*authflows.Factor](t)(registerPasskey(t, env, acme, caller(t, env, acme, s), newAuthenticator(t)))
		remove := func(id uuid.UUID) error {
			return env.Flows(t, acme).RemoveFactor(t.Context(), caller(t, env, acme, s), id, laptop)
		}
		wantFault(t, remove(bobs.factor.ID), fault.NotFound)
		if mfaAsked(t, env, acme, ann, first) || mfaAsked(t, env, acme, ann, second) {
			t.Error("a removal that failed forgot a device")
		}
		mustDo(t, remove(other.ID)) // whichever factor it was
		if !mfaAsked(t, env, acme, ann, first) || !mfaAsked(t, env, acme, ann, second) {
			t.Error("a device is trusted by a factor that is gone")
		}
		if list, _, _ := env.Flows(t, acme).TrustedDevices(t.Context(), caller(t, env, acme, s), onDevice(first)); len(list) != 0 {
			t.Errorf("%d trusted devices", len(list))
		}
		if mfaAsked(t, env, acme, bob, bobsToken) {
			t.Error("another user's device was forgotten")
		}

		// A removal that a requirement forbids leaves them as they were.
		third, s2 := trustOn(t, env, acme, ann, app, laptop)
		s = s2
		env.Set(t, acme, "mfa.policy=required")
		wantFault(t, remove(app.factor.ID), fault.FactorNeeded)
		env.Set(t, acme, "mfa.policy=optional")
		if mfaAsked(t, env, acme, ann, third) {
			t.Error("a removal that was refused forgot a device")
		}
		// The last factor takes them with it too, so that the next one is asked for.
		mustDo(t, remove(app.factor.ID))
		enrolApp(t, env, acme, caller(t, env, acme, s))
		if !mfaAsked(t, env, acme, ann, third) {
			t.Error("the trust of a former app spares the next one")
		}
	})
}

// Beside a mailed code an app reaches no aal2, yet it is the factor that trust spares.
func TestWhatTrustsADeviceIsWhatItSpares(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	trustDevices(t, env)
	env.Set(t, acme, "passkeys.user_verification=preferred")
	_, app := userWithApp(t, env, acme, ann)
	_, device := passkeyUser(t, env, acme, bob)
	flows := env.Flows(t, acme)
	trusting := func(in authflows.Answer) *authflows.Step {
		in.TrustDevice = true
		return must[*authflows.Step](t)(answer(t, env, acme, in))
	}
	c := must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop)).Challenge
	c = trusting(authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, ann)}).Challenge
	s := trusting(authflows.Answer{Challenge: c.ID, Factor: amr.TOTP, Code: app.next(t, env)}).SignedIn
	wantProofs(t, s, amr.AAL1, amr.EmailCode, amr.TOTP)
	if mfaAsked(t, env, acme, ann, s.DeviceToken) {
		t.Error("an app beside a mailed code earned nothing")
	}
	for _, in := range []struct {
		changes []func(*flowtest.Said)
		level   amr.Level
		asked   bool
	}{{[]func(*flowtest.Said){touching}, amr.AAL1, true}, {nil, amr.AAL2, false}} {
		c = askPasskey(t, env, acme, bob)
		s = trusting(authflows.Answer{Challenge: c.ID, Credential: device.Get(c.PublicKey, in.changes...)}).SignedIn
		if s.Session.Level() != in.level || mfaAsked(t, env, acme, bob, s.DeviceToken) != in.asked {
			t.Errorf("%s: want asked %t", s.Session.Level(), in.asked)
		}
	}
}

func TestADeviceIsTrustedByASecondFactorOnly(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	trustDevices(t, env)
	_, app := userWithApp(t, env, acme, ann)
	flows := env.Flows(t, acme)
	env.Set(t, acme, "mfa.policy=off") // a mailed code alone signs in
	c := must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop)).Challenge
	flows = env.Flows(t, acme)
	s := must[*authflows.Step](t)(flows.Answer(t.Context(), authflows.Answer{
		Challenge: c.ID, Code: env.Code(t, acme, ann), TrustDevice: true, Device: laptop,
	})).SignedIn
	env.Set(t, acme, "mfa.policy=optional")
	if !mfaAsked(t, env, acme, ann, s.DeviceToken) {
		t.Error("one factor has spared the second for later")
	}
	// A recovery code stands in for the app here too.
	s = must[*authflows.Step](t)(env.Flows(t, acme).Answer(t.Context(), authflows.Answer{
		Challenge: passwordPassed(t, env, acme, ann).ID, Factor: amr.RecoveryCode, Code: app.recovery[0], TrustDevice: true, Device: laptop,
	})).SignedIn
	if mfaAsked(t, env, acme, ann, s.DeviceToken) {
		t.Error("asked on a trusted device")
	}
}
