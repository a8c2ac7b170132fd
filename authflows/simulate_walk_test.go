package authflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// playing returns many ways of many kinds of users to sign in.
func playing(t testing.TB, env *flowtest.Env) (out []way) {
	t.Helper()
	byApp, byPasskey := []amr.Method{amr.TOTP, amr.RecoveryCode, amr.Passkey, amr.Password}, []amr.Method{amr.Passkey, amr.TOTP, amr.Password}
	byCode := []amr.Method{amr.RecoveryCode, amr.Password, amr.Passkey}
	add := func(p *player) {
		firsts := []amr.Method{amr.EmailCode}
		if p.password {
			firsts = append(firsts, amr.Password)
		}
		if p.device != nil {
			firsts = append(firsts, amr.Passkey, amr.PasskeyTouch)
		}
		for _, first := range firsts {
			out = append(out, way{p, first, byApp, nil, ""})
			if p.app != nil {
				out = append(out, way{p, first, byPasskey, nil, p.plain}, way{p, first, byCode, nil, p.trusted})
			}
			if p.boss {
				continue
			}
			if first == amr.Password || first == amr.EmailCode {
				out = append(out, way{p, first, byApp, codesWire, ""}, way{p, first, byApp, enrolsWire, p.trusted})
			}
			if first == amr.Password {
				out = append(out, way{p, first, byApp, atOnceWire, ""})
			}
			out = append(out, way{p, first, byCode, nothingWire, ""})
		}
	}
	for i, roles := range [][]string{nil, {"boss"}} {
		for j, has := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
			add(newPlayer(t, env, fmt.Sprintf("p%d%d@ex.test", i, j), true, has[0], has[1], roles...))
			if i == 0 {
				add(newPlayer(t, env, fmt.Sprintf("m%d%d@ex.test", i, j), false, has[0], has[1], roles...))
			}
		}
	}
	return out
}

// policies follow each other; each is simulated on what was recorded under the one before.
var policies = [][]string{
	{"mfa.policy=optional", "mfa.trust_device_days=30"},
	{"mfa.policy=off"},
	{"mfa.policy=optional", "mfa.trust_device_days=0"},
	{"mfa.policy=required", `mfa.factors=["totp","recovery_code"]`},
	{`mfa.factors=["totp","passkey","recovery_code"]`},
	{"mfa.policy=optional", `mfa.required_roles=["boss"]`, "mfa.trust_device_days=30"},
	{`mfa.factors=["passkey"]`},
	{`mfa.factors=["totp","passkey","recovery_code"]`, "mfa.policy=required", "mfa.enrol_grace=7d"},
	{"mfa.enrol_grace=0"},
	{"mfa.policy=optional", "mfa.required_roles=[]"},
}

// walk is a tenant whose users sign in under one policy after the other.
type walk struct {
	env  *flowtest.Env
	ways []way
	last []came // what was recorded last, by way
	from time.Time
}

// record lets everybody sign in as it likes.
func (w *walk) record(t *testing.T) {
	t.Helper()
	renewRecoveryCodes(t, w.env)
	w.env.Clock.Advance(time.Minute)
	w.from, w.last = w.env.Clock.Now(), nil
	for _, by := range w.ways {
		w.last = append(w.last, by.signIn(t, w.env, by.preferred))
	}
}

func (w *walk) window() time.Duration { return w.env.Clock.Now().Sub(w.from) }

// simulate tells what a candidate would make of each session that was opened, and checks the counts.
func (w *walk) simulate(t *testing.T, settings ...string) map[uuid.UUID]authflows.SimulationOutcome {
	t.Helper()
	candidate, tenant := candidateOf(t, w.env, settings...), w.env.Tenant(t, acme)
	each, err := w.env.Engine.SimulateEach(t.Context(), tenant, candidate, w.window())
	mustDo(t, err)
	counts := map[authflows.SimulationOutcome]int{}
	for _, outcome := range each {
		counts[outcome]++
	}
	s := must[*authflows.Simulation](t)(w.env.Engine.SimulateMFA(t.Context(), tenant, candidate, w.window()))
	for _, c := range s.Outcomes {
		if counts[c.Outcome] != c.Decisions || len(c.Samples) != min(c.Decisions, authflows.MaxSamples) {
			t.Errorf("%v: %d × %s with %d samples, want %d", settings, c.Decisions, c.Outcome, len(c.Samples), counts[c.Outcome])
		}
		counts[c.Outcome] = 0
	}
	if s.Decisions != len(each) || s.Truncated || slices.ContainsFunc(authflows.EveryOutcome, func(o authflows.SimulationOutcome) bool { return counts[o] > 0 }) {
		t.Errorf("%v: %+v, and %v are not told", settings, s, counts)
	}
	out := map[uuid.UUID]authflows.SimulationOutcome{}
	for session, event := range decided(t, w.env) {
		if outcome, ok := each[event]; ok {
			out[session] = outcome
		}
	}
	return out
}

// check puts a candidate in force and lets everybody sign in again: what was simulated of each sign-in must truly become of it.
func (w *walk) check(t *testing.T, seen map[authflows.SimulationOutcome]int, settings ...string) {
	t.Helper()
	expected := w.simulate(t, settings...)
	w.env.Set(t, acme, settings...)
	renewRecoveryCodes(t, w.env)
	for i, by := range w.ways {
		before := w.last[i]
		if before.session == uuid.Nil {
			continue
		}
		now := by.signIn(t, w.env, same(before.proofs))
		if truly := by.truly(before.proofs, now); expected[before.session] != truly {
			t.Errorf("%v: %s by %v is simulated to be %q, and is %q: %+v", settings, by, before.proofs, expected[before.session], truly, now)
		}
		seen[expected[before.session]]++
	}
}

func TestWhatIsSimulatedIsWhatHappens(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "magic.enabled=true", "abuse.mails=0", "abuse.account_failures=0", "abuse.account_daily=0", "passkeys.user_verification=preferred", policies[0][0], policies[0][1])
		w := &walk{env: env, ways: playing(t, env)}
		seen := map[authflows.SimulationOutcome]int{}
		for i := range policies {
			if i > 0 {
				w.check(t, seen, policies[i]...)
			}
			w.record(t)
			for session, outcome := range w.simulate(t) {
				if outcome != authflows.Unchanged {
					t.Errorf("%v: replaying the policy in force, %s is %s", policies[i], session, outcome)
				}
			}
		}
		for _, outcome := range authflows.EveryOutcome {
			if seen[outcome] == 0 {
				t.Errorf("nothing was ever %s", outcome)
			}
		}
		t.Logf("%d ways: %v", len(w.ways), seen)
	})
}
