package graph_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	readPolicy = `query($tenant: ID!) { mfaPolicy(tenant: $tenant) {
  requirement factors requiredRoles trustDeviceDays enrolGrace version } }`
	updatePolicy = `mutation($input: UpdateMfaPolicyInput!) { updateMfaPolicy(input: $input) {
  mfaPolicy { requirement factors requiredRoles trustDeviceDays enrolGrace version }
  tenant { slug version } userErrors { field code message } eventId } }`
	simulatePolicy = `query($tenant: ID!, $policy: MfaPolicyInput!, $window: Duration! = "1h", $first: Int! = 5) {
  simulateMfaPolicy(tenant: $tenant, policy: $policy, window: $window) {
    from decisions users filled truncated outcomes { outcome decisions users }
    samples(first: $first) { outcome eventId at client proofs missing user { userId } } } }`
)

// policyChange are the variables of updatePolicy.
func policyChange(tenant string, policy graphtest.Vars, more ...graphtest.Vars) graphtest.Vars {
	input := graphtest.Vars{"tenant": tenant, "policy": policy}
	for _, m := range more {
		for name, value := range m {
			input[name] = value
		}
	}
	return graphtest.Vars{"input": input}
}

func TestThePolicyIsReadAndChanged(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, graphtest.Acme), env.TenantID(t, graphtest.Acme)
	globex := env.TenantID(t, graphtest.Globex)
	type vars = graphtest.Vars
	tr := env.Transcribe(t, "mfapolicy", "A tenant's second-factor policy is read and changed, with each user error.")
	tr.Do("read", owner, readPolicy, vars{"tenant": acme})
	tr.Do("read another's", owner, readPolicy, vars{"tenant": globex})
	tr.Do("read what is no tenant", owner, readPolicy, vars{"tenant": "nothing"})
	tr.Do("read without the scope", env.Key(t, access.Owner, graphtest.Acme, access.EventsRead), readPolicy, vars{"tenant": acme})

	all := vars{
		"requirement": "REQUIRED", "factors": []string{"TOTP", "PASSKEY"}, "requiredRoles": []string{"boss"}, "trustDeviceDays": 30, "enrolGrace": "7d",
	}
	tr.Do("change", owner, updatePolicy, policyChange(acme, all, vars{"idempotencyKey": "one"}))
	tr.Do("change again under the same key", owner, updatePolicy, policyChange(acme, all, vars{"idempotencyKey": "one"}))
	tr.Do("another change under the same key", owner, updatePolicy, policyChange(acme, vars{"enrolGrace": "1d"}, vars{"idempotencyKey": "one"}))
	tr.Do("a key that is none", owner, updatePolicy, policyChange(acme, vars{"enrolGrace": "1d"}, vars{"idempotencyKey": ""}))
	tr.Do("what is left out stays", owner, updatePolicy, policyChange(acme, vars{"factors": []string{"TOTP"}}, vars{"expectedVersion": 2}))
	tr.Do("what is so already", owner, updatePolicy, policyChange(acme, vars{"factors": []string{"TOTP"}}, vars{"expectedVersion": 3}))
	tr.Do("for a version that is over", owner, updatePolicy, policyChange(acme, vars{"enrolGrace": "1d"}, vars{"expectedVersion": 2}))
	tr.Do("for a version that never was", owner, updatePolicy, policyChange(acme, vars{"enrolGrace": "1d"}, vars{"expectedVersion": 0}))
	tr.Do("nothing", owner, updatePolicy, policyChange(acme, vars{}))
	tr.Do("no factor", owner, updatePolicy, policyChange(acme, vars{"factors": []string{}}))
	tr.Do("recovery codes alone", owner, updatePolicy, policyChange(acme, vars{"factors": []string{"RECOVERY_CODE"}}))
	tr.Do("off, and of some roles", owner, updatePolicy, policyChange(acme, vars{"requirement": "OFF"}))
	tr.Do("out of their bounds", owner, updatePolicy, policyChange(acme, vars{
		"factors": []string{"TOTP", "TOTP"}, "requiredRoles": []string{""}, "trustDeviceDays": 366, "enrolGrace": "3650d",
	}))
	env.Set(t, graphtest.Acme, "password.min_length=8")
	tr.Do("less than another setting needs", owner, updatePolicy, policyChange(acme, vars{"requirement": "OPTIONAL"}))
	tr.Do("a factor that is none", owner, updatePolicy, policyChange(acme, vars{"factors": []string{"SMS"}}))
	tr.Do("another's", owner, updatePolicy, policyChange(globex, vars{"requirement": "OFF"}))
	tr.Do("of what is no tenant", owner, updatePolicy, policyChange("nothing", vars{"requirement": "OFF"}))
	tr.Do("without the scope", env.Key(t, access.Support, graphtest.Acme), updatePolicy, policyChange(acme, vars{"requirement": "OFF"}))
	tr.Do("read at last", owner, readPolicy, vars{"tenant": acme})
}

// newest returns the newest event of a type.
func newestOf(t testing.TB, env *graphtest.Env, slug string, kind events.Type) *ent.Event {
	t.Helper()
	rows, err := env.DB.Event.Query().Where(event.Type(string(kind))).Order(ent.Desc(event.FieldID)).All(tenancy.With(t.Context(), env.Tenant(t, slug).ID))
	if err != nil || len(rows) == 0 {
		t.Fatalf("no %s: %v", kind, err)
	}
	return rows[0]
}

func TestAChangeOfPolicyTellsBeforeAndAfter(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, graphtest.Acme), env.TenantID(t, graphtest.Acme)
	done := env.Must(t, owner, updatePolicy, policyChange(acme, graphtest.Vars{"requirement": "REQUIRED"}))
	row := newestOf(t, env, graphtest.Acme, events.TenantChanged)
	var data struct{ Before, After map[string]any }
	if err := json.Unmarshal(row.Data, &data); err != nil {
		t.Fatal(err)
	}
	if data.Before["mfa.policy"] != "optional" || data.After["mfa.policy"] != "required" || row.Actor != "api_key" || row.ActorID == nil {
		t.Errorf("%s did %s", row.Actor, row.Data)
	}
	if id := done.Text("updateMfaPolicy", "eventId"); id != ids.Format(ids.Event, row.ID) {
		t.Errorf("the payload names %s: %s", id, done.Body)
	}
}

func TestSimulations(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	support, acme := env.Key(t, access.Support, graphtest.Acme), env.TenantID(t, graphtest.Acme)
	type vars = graphtest.Vars
	simulate := func(policy vars, more ...vars) vars {
		out := vars{"tenant": acme, "policy": policy}
		for _, m := range more {
			for name, value := range m {
				out[name] = value
			}
		}
		return out
	}
	ann := env.Join(t, graphtest.Acme, "ann@ex.test")
	env.EnrolTOTP(t, ann)
	env.Join(t, graphtest.Acme, "bob@ex.test")
	env.Join(t, graphtest.Globex, "ann@ex.test")
	env.Set(t, graphtest.Acme, "mfa.policy=off")
	env.Clock.Advance(2 * time.Hour)
	for _, email := range []string{"ann@ex.test", "bob@ex.test", "bob@ex.test"} {
		env.Clock.Advance(time.Second)
		env.SignIn(t, graphtest.Acme, email)
	}
	tr := env.Transcribe(t, "mfasimulation", "What a policy would have made of the sign-ins of the last hour; with each error.")
	tr.Do("the policy in force", support, simulatePolicy, simulate(vars{}))
	tr.Do("optional", support, simulatePolicy, simulate(vars{"requirement": "OPTIONAL"}))
	tr.Do("required", support, simulatePolicy, simulate(vars{"requirement": "REQUIRED"}, vars{"first": 1}))
	tr.Do("required, after a while", support, simulatePolicy, simulate(vars{"requirement": "REQUIRED", "enrolGrace": "7d"}))
	tr.Do("required, and the app is none", support, simulatePolicy, simulate(vars{"requirement": "REQUIRED", "factors": []string{"PASSKEY"}}))
	tr.Do("of a longer window", support, simulatePolicy, simulate(vars{"requirement": "REQUIRED"}, vars{"window": "30d", "first": 1}))
	tr.Do("without reading users", env.Key(t, access.Support, graphtest.Acme, access.EventsRead), simulatePolicy,
		simulate(vars{"requirement": "OPTIONAL"}))
	tr.Do("a window too long", support, simulatePolicy, simulate(vars{}, vars{"window": "30d1s"}))
	tr.Do("no window", support, simulatePolicy, simulate(vars{}, vars{"window": "0"}))
	tr.Do("too many samples", support, simulatePolicy, simulate(vars{"requirement": "OPTIONAL"}, vars{"first": 21}))
	tr.Do("a contradiction", support, simulatePolicy, simulate(vars{"requirement": "REQUIRED", "factors": []string{}}))
	tr.Do("of another's tenant", env.Key(t, access.Owner, graphtest.Globex), simulatePolicy, simulate(vars{}))
	tr.Do("of what is no tenant", support, simulatePolicy, simulate(vars{}, vars{"tenant": "nothing"}))
	tr.Do("without the scope", env.Key(t, access.Owner, graphtest.Acme, access.TenantsRead), simulatePolicy, simulate(vars{}))
	if policy := env.Tenant(t, graphtest.Acme).Settings.MFA.Policy; policy != "off" {
		t.Errorf("simulating has set %s", policy)
	}
}

// wire signs a user in with a dialect, and says whether a session or a next step was answered.
type wire struct {
	dialect string
	login   func(t testing.TB, env *graphtest.Env, email string) *webtest.Answer
	// asks tells an answer that asks for more from a refusal.
	asks func(*webtest.Answer) bool
}

func isOK(a *webtest.Answer) bool { return a.Status == 200 }

var wires = []wire{
	{"wolf", byBody("/dialects/wolf/api/auth/login", "email"), isOK},
	{"axor", byBody("/dialects/axor/api/user/login/", "email"), func(a *webtest.Answer) bool { return strings.Contains(a.Body, "TOTPRequired") }},
	{"waanverse", byBody("/dialects/waanverse/login/", "login_field"), isOK},
	{"spaces", byBody("/dialects/spaces/api/user/login/", "email"), isOK},
	{"waanverse-magic", func(t testing.TB, env *graphtest.Env, email string) *webtest.Answer {
		const path = "/t/" + graphtest.Acme + "/dialects/waanverse-magic/login/"
		env.Env.Do(t, "POST", path, map[string]string{"email_address": email}).Want(t, 200)
		return env.Env.Do(t, "POST", path, map[string]string{"email_address": email, "code": env.Code(t, graphtest.Acme, email)})
	}, isOK},
}

func byBody(path, identifier string) func(testing.TB, *graphtest.Env, string) *webtest.Answer {
	return func(t testing.TB, env *graphtest.Env, email string) *webtest.Answer {
		return env.Env.Do(t, "POST", "/t/"+graphtest.Acme+path, map[string]string{identifier: email, "password": webtest.Password})
	}
}

// What a dialect has no way to ask for is simulated to be refused, and is.
func TestASimulationKnowsWhatEachDialectCanAskFor(t *testing.T) {
	t.Parallel()
	for _, w := range wires {
		t.Run(w.dialect, func(t *testing.T) {
			t.Parallel()
			env := graphtest.New(t)
			owner, acme := env.Key(t, access.Owner, graphtest.Acme), env.TenantID(t, graphtest.Acme)
			env.EnrolTOTP(t, env.Join(t, graphtest.Acme, "ann@ex.test"))
			env.Join(t, graphtest.Acme, "bob@ex.test")
			env.Set(t, graphtest.Acme, "mfa.policy=off", "magic.enabled=true", "abuse.mails=0", "dialects."+w.dialect+".enabled=true")
			env.Clock.Advance(2 * time.Hour)
			for _, email := range []string{"ann@ex.test", "bob@ex.test"} {
				env.Clock.Advance(2 * time.Minute)
				w.login(t, env, email).Want(t, 200)
			}
			required := graphtest.Vars{"requirement": "REQUIRED"}
			s := env.Must(t, owner, simulatePolicy, graphtest.Vars{"tenant": acme, "policy": required})
			simulated := map[string]int{}
			for i := range 3 {
				if outcome := s.Text("simulateMfaPolicy", "outcomes", i, "outcome"); outcome != "" {
					simulated[outcome] = int(s.At("simulateMfaPolicy", "outcomes", i, "decisions").(float64))
				}
			}
			env.Must(t, owner, updatePolicy, policyChange(acme, required))
			truly := map[string]int{}
			for _, of := range []struct{ email, outcome string }{{"ann@ex.test", "ASKED_FOR_MORE"}, {"bob@ex.test", "MUST_ENROL"}} {
				env.Clock.Advance(2 * time.Minute)
				if w.asks(w.login(t, env, of.email)) {
					truly[of.outcome]++
				} else {
					truly["REFUSED"]++
				}
			}
			if diff := cmp.Diff(truly, simulated); diff != "" {
				t.Errorf("what happens (-) and what was simulated (+): %s", diff)
			}
		})
	}
}
