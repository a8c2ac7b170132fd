package graph_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
)

// verify checks a token with a key set alone, as a relying party does.
func verify(t *testing.T, set, token string) error {
	t.Helper()
	var keys jose.JSONWebKeySet
	must(t, json.Unmarshal([]byte(set), &keys))
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256})
	must(t, err)
	_, err = signed.Verify(&keys)
	return err
}

// A relying party keeps the key set that it read before each of some rotations, for as long as it may.
func TestARotationThroughTheAdminAPIShowsNoKeyThatACachedKeySetLacks(t *testing.T) { // KEY-02
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		all := first.Replicas(t, 2)
		env, other := all[0], all[1]
		owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
		user := env.SignUp(t, graphtest.Acme, "ann@acme.test")
		kids := map[string]bool{kidOf(t, user.AccessToken): true}
		for round := range 3 {
			env.Clock.Advance(tenants.PublishLead)
			_, old, next := refresh(t, env, graphtest.Acme, user.RefreshToken)
			cached := keySet(t, other, graphtest.Acme)
			if done := env.Must(t, owner, rotate, graphtest.Vars{"tenant": acme}); done.Text("rotateSigningKey", "signingKey", "kid") == "" {
				t.Fatal(done.Body)
			}
			for i, r := range all {
				r.Poll(t)
				var fresh string
				_, fresh, next = refresh(t, r, graphtest.Acme, next)
				if err := verify(t, cached, fresh); err != nil {
					t.Errorf("round %d: with the key set of before the rotation a token of replica %d: %v", round, i, err)
				}
				if kids[kidOf(t, fresh)] && i == 0 {
					t.Errorf("round %d: still signed with %s", round, kidOf(t, fresh))
				}
				kids[kidOf(t, fresh)] = true
				if err := verify(t, keySet(t, r, graphtest.Acme), old); err != nil {
					t.Errorf("round %d: with the key set of after it a token of before: %v", round, err)
				}
				env.Clock.Advance(time.Minute)
			}
			user.RefreshToken = next
		}
	})
}
