package graph_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// kidOf is the key that a token says it was signed with, empty for no token.
func kidOf(t testing.TB, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	var header struct {
		Kid string `json:"kid"`
	}
	if err != nil || token != "" && json.Unmarshal(raw, &header) != nil {
		t.Fatalf("no token: %v", err)
	}
	return header.Kid
}

const createTenant = `mutation($slug: String!, $key: String) { createTenant(input: {slug: $slug, idempotencyKey: $key}) {
  tenant { id } userErrors { field code } eventId } }`

func TestOfAHundredCreationsOfOneSlugThroughTheAdminAPIOneSucceeds(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		t.Run("RAC-02", func(t *testing.T) {
			all := first.Replicas(t, 3)
			owners := []graphtest.Caller{first.Key(t, access.Owner, ""), first.Key(t, access.Owner, "")}
			answers := make([]*graphtest.Answer, 100)
			flowtest.Parallel(len(answers), func(i int) {
				answers[i] = all[i%3].Do(t, owners[i%2], createTenant, graphtest.Vars{"slug": "wanted"})
			})
			made, taken := 0, 0
			for _, a := range answers {
				if a.Text("createTenant", "tenant", "id") != "" {
					made++
				} else if a.Text("createTenant", "userErrors", 0, "code") == "SLUG_TAKEN" {
					taken++
				} else {
					t.Error(a.Body)
				}
			}
			if made != 1 || taken != 99 {
				t.Errorf("%d made, %d refused", made, taken)
			}
		})
	})
}

func TestTheSameCreationAtOnceUnderOneKeyIsDoneOnceAndToldToAll(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		all := first.Replicas(t, 3)
		owner := first.Key(t, access.Owner, "")
		answers := make([]*graphtest.Answer, 12)
		flowtest.Parallel(len(answers), func(i int) {
			answers[i] = all[i%3].Do(t, owner, createTenant, graphtest.Vars{"slug": "wanted", "key": "once"})
		})
		for _, a := range answers {
			if a.Body != answers[0].Body || a.Text("createTenant", "eventId") == "" {
				t.Errorf("one was told %s, another %s", answers[0].Body, a.Body)
			}
		}
	})
}

func TestOfChangesForOneVersionOneSucceedsAndTheOthersConflict(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		all := first.Replicas(t, 2)
		owner, acme := first.Key(t, access.Owner, ""), first.TenantID(t, graphtest.Acme)
		answers := make([]*graphtest.Answer, 8)
		flowtest.Parallel(len(answers), func(i int) {
			answers[i] = all[i%2].Do(t, owner, `mutation($id: ID!, $digits: JSON) {
  updateTenantSettings(input: {id: $id, expectedVersion: 1, changes: [{path: "codes.digits", value: $digits}]}) {
    tenant { version settings(under: "codes.digits") { value } } userErrors { field code } } }`,
				graphtest.Vars{"id": acme, "digits": 7 + i%4})
		})
		done := 0
		for _, a := range answers {
			if a.At("updateTenantSettings", "tenant") != nil {
				done++
			} else if a.Text("updateTenantSettings", "userErrors", 0, "code") != "CONFLICT" ||
				a.Text("updateTenantSettings", "userErrors", 0, "field") != "expectedVersion" {
				t.Error(a.Body)
			}
		}
		now, err := first.Tenants.BySlug(t.Context(), graphtest.Acme)
		if err != nil || done != 1 || now.Version != 2 {
			t.Errorf("%d changed, version %d, %v", done, now.Version, err)
		}
	})
}

func TestAPageOfTenantsIsAFixedNumberOfStatementsWhateverItsSize(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, env *graphtest.Env) {
		for i := range 100 {
			made, err := env.Tenants.Create(t.Context(), tenants.CreateInput{Slug: fmt.Sprintf("many-%03d", i)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := env.Tenants.AddDomain(t.Context(), made.Slug, made.Slug+".example.com"); err != nil {
				t.Fatal(err)
			}
		}
		read := func(n int, fields string) []store.Statement {
			owner := env.Key(t, access.Owner, "") // with a budget of its own
			return env.Warm(t, func() {
				env.Must(t, owner, `query($n: Int) { tenants(first: $n, where: {slugPrefix: "many-"}) { totalCount nodes {`+fields+`} } }`, graphtest.Vars{"n": n})
			})
		}
		for fields, want := range map[string]int{
			// The key's row, the page and the count are always read.
			"slug settings { path } mfaPolicy { version } dialects { name }": 3,
			"domains { host }":              4,
			"signingKeys { kid }":           4,
			"counts { users liveSessions }": 5,
			"slug domains { host } signingKeys { kid } counts { users liveSessions }": 7,
		} {
			one, many := len(read(1, fields)), len(read(100, fields))
			if one != want || many != want {
				t.Errorf("%s: %d statements for one, %d for a hundred, want %d", fields, one, many, want)
			}
		}
	})
}

func TestASuspendedTenantIsReadAndResumedByThePlatformOnly(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, env *graphtest.Env) {
		t.Run("TEN-10", func(t *testing.T) {
			all := env.Replicas(t, 2)
			owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
			own := env.Key(t, access.Owner, graphtest.Acme)
			user := env.SignUp(t, graphtest.Acme, "ann@acme.test")
			change := func(name string) *graphtest.Answer {
				return env.Must(t, owner, `mutation($id: ID!) { `+name+`(input: {id: $id}) { tenant { status } userErrors { code } } }`, graphtest.Vars{"id": acme})
			}
			if a := change("suspendTenant"); a.Text("suspendTenant", "tenant", "status") != "SUSPENDED" {
				t.Fatal(a.Body)
			}
			for _, r := range all {
				r.Poll(t)
				if works(t, r, graphtest.Acme, user.AccessToken) {
					t.Error("a session goes on while its tenant is suspended")
				}
				if a := r.Do(t, own, `{ tenant(slug: "acme") { status } }`, nil); a.Status != 401 || a.Code() != "INVALID_TOKEN" {
					t.Errorf("a key of the tenant is answered %d %s", a.Status, a.Body)
				}
				read := r.Must(t, owner, `{ tenant(slug: "acme") { status settings(under: "mfa.policy") { value } domains { host } signingKeys { kid } counts { users liveSessions } } }`, nil)
				if read.Text("tenant", "status") != "SUSPENDED" || read.At("tenant", "counts", "users") != 1. || read.At("tenant", "counts", "liveSessions") != 0. {
					t.Error(read.Body)
				}
				keySet(t, r, graphtest.Acme)
			}
			if a := change("resumeTenant"); a.Text("resumeTenant", "tenant", "status") != "ACTIVE" {
				t.Fatal(a.Body)
			}
			for _, r := range all {
				r.Poll(t)
				if status, _, _ := refresh(t, r, graphtest.Acme, user.RefreshToken); status != 401 || works(t, r, graphtest.Acme, user.AccessToken) {
					t.Errorf("resuming revives a session: %d", status)
				}
				r.Must(t, own, `{ tenant(slug: "acme") { status } }`, nil)
			}
		})
	})
}

func TestAnHeirOfASlugInheritsNothing(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, env *graphtest.Env) {
		t.Run("TEN-07", func(t *testing.T) {
			all := env.Replicas(t, 2)
			owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
			own := env.Key(t, access.Owner, graphtest.Acme)
			admin := env.Admin(t, access.Owner, graphtest.Acme)
			user := env.SignUp(t, graphtest.Acme, "ann@acme.test")
			list := env.Must(t, owner, `{ tenant(slug: "acme") { signingKeys { id kid } } }`, nil)
			gone := env.Must(t, owner, `mutation($id: ID!) { deleteTenant(input: {id: $id, confirmSlug: "acme"}) { deletedId userErrors { code } } }`,
				graphtest.Vars{"id": acme})
			if gone.Text("deleteTenant", "deletedId") != acme {
				t.Fatal(gone.Body)
			}
			made := env.Must(t, owner, createTenant, graphtest.Vars{"slug": graphtest.Acme})
			heir := made.Text("createTenant", "tenant", "id")
			if heir == "" || heir == acme {
				t.Fatal(made.Body)
			}
			for _, r := range all {
				r.Poll(t)
				if a := r.Do(t, own, `{ tenant(slug: "acme") { id } }`, nil); a.Status != 401 || a.Code() != "INVALID_TOKEN" {
					t.Errorf("a key of the tenant that is gone is answered %d %s", a.Status, a.Body)
				}
				if a := r.Do(t, admin, `{ tenant(slug: "acme") { id } }`, nil); a.At("tenant") != nil {
					t.Errorf("an admin of the tenant that is gone is answered %d %s", a.Status, a.Body)
				}
				status, _, _ := refresh(t, r, graphtest.Acme, user.RefreshToken)
				if works(t, r, graphtest.Acme, user.AccessToken) || status != 401 {
					t.Errorf("the heir takes tokens of the tenant that is gone: %d", status)
				}
				set := keySet(t, r, graphtest.Acme)
				if strings.Contains(set, list.Text("tenant", "signingKeys", 0, "kid")) || strings.Contains(set, list.Text("tenant", "signingKeys", 1, "kid")) {
					t.Errorf("the heir publishes an old key: %s", set)
				}
				old := r.Must(t, owner, `query($ids: [ID!]!) { nodes(ids: $ids) { id } tenants(first: 100) { nodes { id counts { users liveSessions } } } }`,
					graphtest.Vars{"ids": []string{acme, list.Text("tenant", "signingKeys", 0, "id")}})
				if old.At("nodes", 0) != nil || old.At("nodes", 1) != nil || strings.Contains(old.Body, acme) {
					t.Errorf("what is gone is shown: %s", old.Body)
				}
				for _, node := range old.At("tenants", "nodes").([]any) {
					counts := node.(map[string]any)["counts"].(map[string]any)
					if node.(map[string]any)["id"] == heir && (counts["users"] != 0. || counts["liveSessions"] != 0.) {
						t.Errorf("the heir holds %v", counts)
					}
				}
			}
			if err := env.Tenants.PurgeDeleted(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestThePlatformIsSeenByWhoMaySeeAdminsOnly(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	for _, c := range []struct {
		as   graphtest.Caller
		want []string
	}{
		{env.Key(t, access.Owner, ""), []string{"acme", "globex", "tenantgate"}},
		{env.Key(t, access.Support, ""), []string{"acme", "globex"}},
		{env.Key(t, access.Owner, "", access.TenantsRead), []string{"acme", "globex"}},
		{env.Key(t, access.Owner, graphtest.Acme), []string{"acme"}},
	} {
		a := env.Must(t, c.as, `{ tenants(first: 10) { totalCount nodes { slug } } platform: tenant(slug: "tenantgate") { slug } }`, nil)
		var got []string
		for _, node := range a.At("tenants", "nodes").([]any) {
			got = append(got, node.(map[string]any)["slug"].(string))
		}
		sees := slices.Contains(c.want, "tenantgate")
		if !slices.Equal(got, c.want) || a.At("tenants", "totalCount") != float64(len(c.want)) || (a.At("platform") != nil) != sees {
			t.Errorf("%s sees %s", c.as.Name, a.Body)
		}
	}
}
