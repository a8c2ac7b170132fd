package authflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/tenants"
)

func TestStatsCountTheirTenantAlone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		start := env.Clock.Now().UTC().Truncate(24 * time.Hour).Add(48 * time.Hour)
		env.Clock.Advance(start.Sub(env.Clock.Now()))
		userWithApp(t, env, acme, ann)
		_, device := passkeyUser(t, env, acme, bob)
		enrolApp(t, env, acme, passkeyCaller(t, env, acme, device))
		env.SignUp(t, acme, "cy@ex.test")
		env.SignUp(t, globex, ann)
		env.Clock.Advance(8 * 24 * time.Hour)
		signIn(t, env, acme, "cy@ex.test")
		env.Place(t)

		stats := env.Engine.Stats(env.Tenant(t, acme))
		adoption := must[*authflows.MFAAdoption](t)(stats.MFAAdoption(t.Context()))
		want := &authflows.MFAAdoption{Users: 3, Enrolled: 2, With: map[amr.Method]int{amr.TOTP: 2, amr.Passkey: 1, amr.RecoveryCode: 2}}
		if diff := cmp.Diff(want, adoption); diff != "" {
			t.Errorf("adoption (-want +got):\n%s", diff)
		}
		if got := must[authflows.ActiveUsers](t)(stats.ActiveUsers(t.Context())); got != (authflows.ActiveUsers{Day: 1, Week: 1, Month: 3}) {
			t.Errorf("active users: %+v", got)
		}
		counts, err := stats.SignIns(t.Context(), start, env.Clock.Now().Add(time.Second), true)
		mustDo(t, err)
		if diff := cmp.Diff([]events.SignInCount{
			{At: start, Outcome: events.CountedSignedIn, Factor: "passkey", Count: 1},
			{At: start, Outcome: events.CountedSignedUp, Factor: "email_code", Count: 3},
			{At: start.Add(8 * 24 * time.Hour), Outcome: events.CountedSignedIn, Factor: "password", Count: 1},
		}, counts); diff != "" {
			t.Errorf("sign-ins (-want +got):\n%s", diff)
		}
	})
}

// A tenant is counted, and its policy simulated, while it is suspended.
func TestASuspendedTenantIsCountedAndSimulated(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	suspended := must[*tenants.Tenant](t)(env.Tenants.Suspend(t.Context(), acme))
	if n := must[*authflows.MFAAdoption](t)(env.Engine.Stats(suspended).MFAAdoption(t.Context())); n.Users != 1 {
		t.Errorf("got %+v", n)
	}
	s := must[*authflows.Simulation](t)(env.Engine.SimulateMFA(t.Context(), suspended, candidateOf(t, env, "mfa.policy=required"), time.Hour))
	if s.Decisions != 1 || s.Outcomes[0].Outcome != authflows.MustEnrol {
		t.Errorf("got %+v", s)
	}
}
