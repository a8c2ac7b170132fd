package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	rotate = `mutation($tenant: ID!, $key: String) { rotateSigningKey(input: {tenant: $tenant, idempotencyKey: $key}) {
  signingKey { kid status activatedAt } tenant { slug signingKeys { kid status compromised publishUntil } }
  userErrors { field code message } eventId } }`
	compromised = `mutation($tenant: ID!, $end: Boolean! = false, $key: String) {
  markSigningKeyCompromised(input: {tenant: $tenant, endSessions: $end, idempotencyKey: $key}) {
  signingKey { kid status } tenant { slug signingKeys { kid status compromised } } userErrors { field code message } eventId } }`
)

func TestSigningKeys(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	tr := env.Transcribe(t, "signingkeys", "Rotations of signing keys, with each user error.")
	tr.Do("rotate too soon", owner, rotate, graphtest.Vars{"tenant": acme})
	env.Clock.Advance(tenants.PublishLead)
	tr.Do("rotate", owner, rotate, graphtest.Vars{"tenant": acme})
	tr.Do("rotate another's", env.Key(t, access.Admin, graphtest.Globex), rotate, graphtest.Vars{"tenant": acme})
	tr.Do("rotate without the scope", env.Key(t, access.Support, graphtest.Acme), rotate, graphtest.Vars{"tenant": acme})
	tr.Do("mark compromised", owner, compromised, graphtest.Vars{"tenant": acme, "end": true, "key": "emergency"})
	tr.Do("the same again under the key", owner, compromised, graphtest.Vars{"tenant": acme, "end": true, "key": "emergency"})
	tr.Do("mark what is no tenant", owner, compromised, graphtest.Vars{"tenant": "nonsense"})
}

// keySet is what a tenant publishes.
func keySet(t testing.TB, env *graphtest.Env, slug string) string {
	t.Helper()
	return env.Env.Do(t, "GET", "/t/"+slug+"/.well-known/jwks.json", nil).Want(t, 200).Body
}

func works(t testing.TB, env *graphtest.Env, slug, token string) bool {
	t.Helper()
	return env.Env.Do(t, "GET", webtest.API(slug)+"/me", nil, webtest.Bearer(token)).Status == 200
}

func refresh(t testing.TB, env *graphtest.Env, slug, token string) (status int, access, next string) {
	t.Helper()
	a := env.Env.Do(t, "POST", webtest.API(slug)+"/token", map[string]string{"refresh_token": token})
	var step struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if a.Status == 200 {
		a.JSON(t, &step)
	}
	return a.Status, step.Access, step.Refresh
}

func TestAnOrdinaryRotationLetsTokensLiveToTheirEnd(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		t.Run("KEY-01", func(t *testing.T) {
			all := first.Replicas(t, 2)
			env, other := all[0], all[1]
			owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
			env.Clock.Advance(tenants.PublishLead)
			user := env.SignUp(t, graphtest.Acme, "ann@acme.test")
			before := env.Must(t, owner, `{ tenant(slug: "acme") { signingKeys { kid status } } }`, nil)
			done := env.Must(t, owner, rotate, graphtest.Vars{"tenant": acme})
			var old, until string
			for i := range 3 {
				if key := done.At("rotateSigningKey", "tenant", "signingKeys", i).(map[string]any); key["status"] == "RETIRING" {
					old, until = key["kid"].(string), key["publishUntil"].(string)
				}
			}
			fresh := done.Text("rotateSigningKey", "signingKey", "kid")
			if fresh == "" || old == "" || !strings.Contains(before.Body, fresh) {
				t.Fatalf("before %s, then %s", before.Body, done.Body)
			}
			for _, r := range all {
				r.Poll(t)
				if !works(t, r, graphtest.Acme, user.AccessToken) {
					t.Error("a token of the old key is refused")
				}
				if set := keySet(t, r, graphtest.Acme); !strings.Contains(set, old) || !strings.Contains(set, fresh) {
					t.Errorf("published are %s", set)
				}
			}
			status, token, _ := refresh(t, other, graphtest.Acme, user.RefreshToken)
			if status != 200 || kidOf(t, token) != fresh || kidOf(t, user.AccessToken) != old {
				t.Errorf("refresh answers %d under %s", status, kidOf(t, token))
			}
			end, err := time.Parse(time.RFC3339, until)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				at   time.Time
				want bool
			}{{end, true}, {end.Add(time.Second), false}} {
				env.Clock.Advance(c.at.Sub(env.Clock.Now()))
				if err := env.Tenants.RotateDue(t.Context()); err != nil {
					t.Fatal(err)
				}
				other.Poll(t)
				if strings.Contains(keySet(t, other, graphtest.Acme), old) != c.want {
					t.Errorf("%s after the rotation the old key is published: %v", c.at, !c.want)
				}
			}
		})
	})
}

func TestACompromisedKeyOpensNothingAnywhere(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		t.Run("KEY-03", func(t *testing.T) {
			all := first.Replicas(t, 3)
			env := all[0]
			owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
			user := env.SignUp(t, graphtest.Acme, "ann@acme.test")
			stays := env.SignUp(t, graphtest.Globex, "ann@acme.test")
			token, renew := user.AccessToken, user.RefreshToken
			for _, end := range []bool{false, true} {
				old := kidOf(t, token)
				done := env.Must(t, owner, compromised, graphtest.Vars{"tenant": acme, "end": end})
				if errors := done.At("markSigningKeyCompromised", "userErrors").([]any); len(errors) > 0 {
					t.Fatal(done.Body)
				}
				for i, r := range all {
					r.Poll(t)
					if works(t, r, graphtest.Acme, token) || strings.Contains(keySet(t, r, graphtest.Acme), old) {
						t.Errorf("replica %d accepts or publishes the compromised key", i)
					}
					if !works(t, r, graphtest.Globex, stays.AccessToken) {
						t.Errorf("replica %d refuses another tenant's token", i)
					}
				}
				status, fresh, next := refresh(t, all[2], graphtest.Acme, renew)
				if end && status != 401 {
					t.Errorf("an ended session is renewed: %d", status)
				}
				if !end && (status != 200 || kidOf(t, fresh) == old || !works(t, all[1], graphtest.Acme, fresh)) {
					t.Errorf("a session that goes on is not renewed: %d", status)
				}
				token, renew = fresh, next
			}
		})
	})
}

func TestOfParallelRotationsThroughTheAdminAPIOneSucceeds(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		t.Run("KEY-05", func(t *testing.T) {
			all := first.Replicas(t, 3)
			env := all[0]
			owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
			user := env.SignUp(t, graphtest.Acme, "ann@acme.test")
			for round := range 2 {
				env.Clock.Advance(2 * tenants.PublishLead)
				_, _, user.RefreshToken = refresh(t, env, graphtest.Acme, user.RefreshToken)
				for _, r := range all {
					r.Poll(t)
				}
				before := keySet(t, env, graphtest.Acme)
				answers := make([]*graphtest.Answer, 10)
				flowtest.Parallel(len(answers), func(i int) {
					answers[i] = all[i%3].Do(t, owner, rotate, graphtest.Vars{"tenant": acme})
				})
				done := 0
				for _, a := range answers {
					switch code := a.Text("rotateSigningKey", "userErrors", 0, "code"); {
					case a.Text("rotateSigningKey", "signingKey", "kid") != "" && code == "":
						done++
					case code != "CONFLICT" && code != "KEY_NOT_READY":
						t.Error(a.Body)
					}
				}
				keys := env.Must(t, owner, `{ tenant(slug: "acme") { signingKeys { status } } }`, nil).Body
				if done != 1 || strings.Count(keys, `"ACTIVE"`) != 1 || strings.Count(keys, `"NEXT"`) != 1 {
					t.Errorf("round %d: %d succeeded and left %s", round, done, keys)
				}
				for i, r := range all {
					r.Poll(t)
					var token string
					_, token, user.RefreshToken = refresh(t, r, graphtest.Acme, user.RefreshToken)
					neighbour := all[(i+1)%3]
					neighbour.Poll(t)
					if !strings.Contains(before, kidOf(t, token)) || !works(t, neighbour, graphtest.Acme, token) {
						t.Errorf("replica %d signs with a key that was not published before", i)
					}
				}
			}
		})
	})
}
