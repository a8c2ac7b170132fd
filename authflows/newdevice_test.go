package authflows_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// annsPhone is another device than laptop.
var annsPhone = authflows.Device{
	Address:   netip.MustParseAddr("198.51.100.20"),
	UserAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1.15",
}

func newDeviceLogin(t testing.TB, env *flowtest.Env, device authflows.Device, text string) *authflows.SignedIn {
	t.Helper()
	in := authflows.LoginInput{Identifier: ann, Password: text, Device: device}
	return must[*authflows.Step](t)(env.Flows(t, acme).Login(t.Context(), in)).SignedIn
}

func wantNewDevices(t testing.TB, env *flowtest.Env, want int) {
	t.Helper()
	if n := noticesMailed(t, env, acme, ann, mail.NewDevice); n != want {
		t.Fatalf("%d notices of a new device, want %d", n, want)
	}
}

func TestTheOwnerIsToldOfANewDeviceOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		first := env.SignUp(t, acme, ann)
		if first.DeviceToken == "" {
			t.Error("the first device got no token")
		}
		wantNewDevices(t, env, 0) // who has just signed up needs no notice

		env.Clock.Advance(time.Hour)
		newDeviceLogin(t, env, laptop, password)
		wantNewDevices(t, env, 0) // the same agent at the same address, though it keeps no token

		for i, other := range []authflows.Device{
			annsPhone,
			{Address: laptop.Address, UserAgent: annsPhone.UserAgent},
			{Address: annsPhone.Address, UserAgent: laptop.UserAgent},
			{},
		} {
			newDeviceLogin(t, env, other, password)
			wantNewDevices(t, env, i+1)
			env.Clock.Advance(time.Minute)
			newDeviceLogin(t, env, other, password)
			wantNewDevices(t, env, i+1)
		}
	})
}

func TestADeviceWithItsTokenIsNotNewAnywhere(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Clock.Advance(time.Hour)
		device := annsPhone
		device.Token = newDeviceLogin(t, env, device, password).DeviceToken
		wantNewDevices(t, env, 1)
		for _, address := range []string{"203.0.113.1", "203.0.113.2"} { // it travels, and its browser is renewed
			device.Address, device.UserAgent = netip.MustParseAddr(address), "Mozilla/5.0 at "+address
			if again := newDeviceLogin(t, env, device, password).DeviceToken; again != "" {
				t.Error("a device that has a token got another one")
			}
		}
		wantNewDevices(t, env, 1)
	})
}

func TestANewPasswordMakesEveryDeviceNew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, *flowtest.Env, *authflows.SignedIn){
		"changed": func(t *testing.T, env *flowtest.Env, s *authflows.SignedIn) {
			mustDo(t, env.Flows(t, acme).ChangePassword(t.Context(), caller(t, env, acme, s), password, otherPassword, laptop))
		},
		"reset": func(t *testing.T, env *flowtest.Env, _ *authflows.SignedIn) {
			reset := requestReset(t, env, acme, ann)
			mustDo(t, answerReset(t, env, acme, reset.ID, env.Code(t, acme, ann)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t)
			s := env.SignUp(t, acme, ann)
			device := annsPhone
			device.Token = s.DeviceToken
			change(t, env, s)
			again := newDeviceLogin(t, env, device, otherPassword)
			if again.DeviceToken == "" || again.DeviceToken == s.DeviceToken {
				t.Error("the stale token counts")
			}
			wantNewDevices(t, env, 1)
			device.Token = again.DeviceToken
			if newDeviceLogin(t, env, device, otherPassword).DeviceToken != "" {
				t.Error("the new token does not count")
			}
			wantNewDevices(t, env, 1)
		})
	}
}

// Two sign-ins at the same moment must not vouch for each other, and a later one does not vouch for an earlier one whose
// notice still waits.
func TestANewDeviceDoesNotVouchForItself(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		flowtest.Parallel(3, func(int) { newDeviceLogin(t, env, annsPhone, password) })
		env.Clock.Advance(time.Minute)
		newDeviceLogin(t, env, annsPhone, password)
		wantNewDevices(t, env, 1)
	})
}

func TestNobodyIsToldLateOrWithoutAMailbox(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	newDeviceLogin(t, env, annsPhone, password)
	env.Clock.Advance(8 * 24 * time.Hour)
	wantNewDevices(t, env, 0) // a week later it is no news
	env.MailOff.Store(true)
	other := annsPhone
	other.UserAgent = "another"
	if newDeviceLogin(t, env, other, password).DeviceToken == "" {
		t.Error("without mail the device got no token")
	}
	env.MailOff.Store(false)
	wantNewDevices(t, env, 0)
}
