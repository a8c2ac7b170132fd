package authflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/passwordcredential"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// outcomes simulates a candidate on the last hour and returns how many decisions end in which way.
func outcomes(t testing.TB, env *flowtest.Env, settings ...string) (map[authflows.SimulationOutcome]int, *authflows.Simulation) {
	t.Helper()
	s := must[*authflows.Simulation](t)(env.Engine.SimulateMFA(t.Context(), env.Tenant(t, acme), candidateOf(t, env, settings...), time.Hour))
	out := map[authflows.SimulationOutcome]int{}
	for _, c := range s.Outcomes {
		out[c.Outcome] = c.Decisions
	}
	return out, s
}

func wantOutcomes(t testing.TB, env *flowtest.Env, want map[authflows.SimulationOutcome]int, settings ...string) *authflows.Simulation {
	t.Helper()
	got, s := outcomes(t, env, settings...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v (-want +got):\n%s", settings, diff)
	}
	return s
}

// ended counts decisions by how they end.
type ended = map[authflows.SimulationOutcome]int

func TestAFactorThatASignInEnrolledWasNotThereBefore(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "mfa.policy=required")
		env.Clock.Advance(2 * time.Hour)
		enrolWith(t, env, mustEnrol(t, env, ann))
		wantOutcomes(t, env, ended{authflows.Unchanged: 1})
		wantOutcomes(t, env, ended{authflows.AskedForLess: 1}, "mfa.policy=optional")
		wantOutcomes(t, env, ended{authflows.AskedForLess: 1}, "mfa.enrol_grace=7d")
		s := wantOutcomes(t, env, ended{authflows.MustEnrol: 1}, `mfa.factors=["passkey"]`)
		want := authflows.SimulationSample{
			Client: "native", Proofs: []amr.Method{amr.Password, amr.TOTP}, Missing: []amr.Method{amr.Passkey}, At: env.Clock.Now(),
		}
		if diff := cmp.Diff(want, s.Outcomes[0].Samples[0], cmpopts.IgnoreFields(want, "Event", "User")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASignUpIsDecidedOnceItsAddressIsProven(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	wantOutcomes(t, env, ended{authflows.Unchanged: 1})
	wantOutcomes(t, env, ended{authflows.Unchanged: 1}, "mfa.policy=off")
	wantOutcomes(t, env, ended{authflows.MustEnrol: 1}, "mfa.policy=required")
	s := wantOutcomes(t, env, ended{authflows.Unchanged: 1}, "mfa.policy=required", "mfa.enrol_grace=1d")
	if s.Users != 1 || s.Filled != 0 {
		t.Errorf("got %+v", s)
	}
}

// What the record's own policy asked on a device that it would have spared, it did not trust.
func TestADeviceThatShowsItsTokenLateIsNotTrustedBefore(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	trustDevices(t, env)
	_, app := userWithApp(t, env, acme, ann)
	token, _ := trustOn(t, env, acme, ann, app, laptop)
	env.Clock.Advance(2 * time.Hour)
	c := passwordOn(t, env, acme, ann, laptop).Challenge
	must[*authflows.Step](t)(env.Flows(t, acme).Answer(t.Context(), authflows.Answer{
		Challenge: c.ID, Factor: amr.TOTP, Code: app.next(t, env), Device: onDevice(token),
	}))
	wantOutcomes(t, env, ended{authflows.Unchanged: 1})
}

func TestWhatWasNotRecordedIsFilledByWhatHoldsNow(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "magic.enabled=true")
		s := env.SignUp(t, acme, ann)
		env.Clock.Advance(2 * time.Hour)
		must[*authflows.Step](t)(codeIsIn(t, env, acme, askCode(t, env, acme, ann), ann))
		if s := wantOutcomes(t, env, ended{authflows.Unchanged: 1}); s.Filled != 0 {
			t.Errorf("%d were filled, and it did not matter", s.Filled)
		}
		if s := wantOutcomes(t, env, ended{authflows.AskedForMore: 1}, "mfa.policy=required"); s.Filled != 1 ||
			cmp.Diff([]amr.Method{amr.Password}, s.Outcomes[0].Samples[0].Missing) != "" {
			t.Errorf("got %+v", s)
		}
		must[int](t)(env.DB.PasswordCredential.Delete().Where(passwordcredential.UserID(s.User.ID)).Exec(within(t, env, acme)))
		if s := wantOutcomes(t, env, ended{authflows.MustEnrol: 1}, "mfa.policy=required"); s.Filled != 1 {
			t.Errorf("got %+v", s)
		}

		trustDevices(t, env)
		_, app := userWithApp(t, env, acme, bob)
		token, _ := trustOn(t, env, acme, bob, app, laptop)
		env.Set(t, acme, "mfa.policy=required")
		env.Clock.Advance(2 * time.Hour)
		trustOn(t, env, acme, bob, app, onDevice(token))
		if s := wantOutcomes(t, env, ended{authflows.Unchanged: 1}); s.Filled != 0 {
			t.Errorf("got %+v", s)
		}
		if s := wantOutcomes(t, env, ended{authflows.AskedForLess: 1}, "mfa.policy=optional"); s.Filled != 1 {
			t.Errorf("got %+v", s)
		}
		wantOutcomes(t, env, ended{authflows.Unchanged: 1}, "mfa.policy=optional", "mfa.trust_device_days=0")
	})
}

// A grace begins with the first sign-in that the candidate would have met, and ends for those that come later.
func TestTheGraceOfACandidateBeginsWithTheFirstSignIn(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	for range 3 {
		env.Clock.Advance(20 * time.Minute)
		signIn(t, env, acme, ann)
	}
	wantOutcomes(t, env, ended{authflows.Unchanged: 4}, "mfa.policy=required", "mfa.enrol_grace=7d")
	wantOutcomes(t, env, ended{authflows.Unchanged: 2, authflows.MustEnrol: 2}, "mfa.policy=required", "mfa.enrol_grace=30m")
	wantOutcomes(t, env, ended{authflows.MustEnrol: 4}, "mfa.policy=required")
}

// MFA-12: who is asked to enrol and can enrol nothing comes in by nothing else; it is recorded, and a replay knows it.
func TestASignInThatThePolicyLeavesNoWayForIsRecorded(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "magic.enabled=true")
		user := env.SignUp(t, acme, ann).User
		must[int](t)(env.DB.PasswordCredential.Delete().Where(passwordcredential.UserID(user.ID)).Exec(within(t, env, acme)))
		env.Set(t, acme, "mfa.policy=required", `mfa.factors=["totp"]`)
		env.Clock.Advance(2 * time.Hour)
		_, err := codeIsIn(t, env, acme, askCode(t, env, acme, ann), ann)
		wantFault(t, err, fault.FactorNotOffered)
		row, err := env.DB.Event.Query().Where(event.Type(string(events.SignInBlocked))).Only(within(t, env, acme))
		mustDo(t, err)
		if row.UserID == nil || *row.UserID != user.ID || row.Actor != string(events.ActorSystem) {
			t.Errorf("got %+v", row)
		}
		wantOutcomes(t, env, ended{authflows.Unchanged: 1})
		wantOutcomes(t, env, ended{authflows.AskedForLess: 1}, "mfa.policy=optional")
		wantOutcomes(t, env, ended{authflows.MustEnrol: 1}, `mfa.factors=["passkey"]`)
	})
}

func TestASimulationLooksAtItsTenantAndWindowAlone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, globex, ann)
		env.SignUp(t, acme, ann)
		env.Clock.Advance(2 * time.Hour)
		var sessions []string
		for range 30 {
			env.Clock.Advance(time.Second)
			sessions = append(sessions, signIn(t, env, acme, ann).Session.ID.String())
		}
		_, err := login(t, env, acme, ann, wrongPassword)
		wantFault(t, err, fault.InvalidCredentials)
		s := wantOutcomes(t, env, ended{authflows.MustEnrol: 30}, "mfa.policy=required")
		if s.Decisions != 30 || s.Users != 1 || s.Truncated || !s.From.Equal(env.Clock.Now().Add(-time.Hour)) {
			t.Errorf("got %+v", s)
		}
		samples := s.Outcomes[0].Samples
		newestFirst := slices.IsSortedFunc(samples, func(a, b authflows.SimulationSample) int { return b.At.Compare(a.At) })
		if len(samples) != authflows.MaxSamples || !newestFirst || !samples[0].At.Equal(env.Clock.Now()) {
			t.Errorf("%d samples of %d sign-ins, the first of %s", len(samples), len(sessions), samples[0].At)
		}
		other := must[*authflows.Simulation](t)(env.Engine.SimulateMFA(t.Context(), env.Tenant(t, globex), candidateOf(t, env), 30*24*time.Hour))
		if other.Decisions != 1 {
			t.Errorf("the other tenant has %d decisions", other.Decisions)
		}
	})
}

func TestASimulationTakesAFixedNumberOfStatements(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "magic.enabled=true")
	env.SignUp(t, acme, ann)
	tenant, candidate := env.Tenant(t, acme), candidateOf(t, env, "mfa.policy=required")
	count := func() int {
		return len(env.Statements(func() {
			must[*authflows.Simulation](t)(env.Engine.SimulateMFA(t.Context(), tenant, candidate, time.Hour))
		}))
	}
	must[*authflows.Step](t)(codeIsIn(t, env, acme, askCode(t, env, acme, ann), ann))
	one := count()
	for range 20 {
		signIn(t, env, acme, ann)
	}
	if many := count(); many != one || one > 6 {
		t.Errorf("%d statements for two sign-ins, %d for more", one, many)
	}
}
