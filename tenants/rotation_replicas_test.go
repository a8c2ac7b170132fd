package tenants

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestOfParallelRotationsOneSucceeds(t *testing.T) { // KEY-05
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, clk := newReplicas(t, db, 3)
		made := create(t, all[0], "acme")
		for _, in := range []RotateInput{{}, {Compromised: true}, {}} {
			clk.advance(2 * PublishLead)
			for _, r := range all {
				r.poll(t)
			}
			before := find(t, all[0], "acme").Signing
			var group sync.WaitGroup
			results := make([]error, 10)
			for i := range results {
				group.Go(func() { _, results[i] = all[i%3].Rotate(t.Context(), "acme", in) })
			}
			group.Wait()
			done := 0
			for _, err := range results {
				code := fault.CodeOf(err)
				if err == nil {
					done++
				} else if code != fault.VersionConflict && code != fault.KeyNotReady {
					t.Error(err)
				}
			}
			// One that begins when another is over replaces a compromised key again; never are two active.
			if done == 0 || done > 1 && !in.Compromised {
				t.Errorf("%d rotations succeeded", done)
			}
			expectStatuses(t, db, made, 1, 1)
			for _, r := range all {
				r.poll(t)
			}
			for i, r := range all {
				now := find(t, r, "acme")
				if now.Signing.ActiveKid() == before.ActiveKid() {
					t.Errorf("replica %d still signs with the old key", i)
				}
				if err := verifyWith(find(t, all[(i+1)%3], "acme").Signing.JWKS(), sign(t, now)); err != nil {
					t.Errorf("replica %d signs with a key that its neighbour does not publish: %v", i, err)
				}
				if err := verifyWith(before.JWKS(), sign(t, now)); err != nil && !in.Compromised {
					t.Errorf("replica %d signs with a key that was not published before: %v", i, err)
				}
			}
		}
	})
}

// A relying party keeps the key set for as long as it may. Every hour of 200 days it is shown a token signed just now and
// one signed an access token's life ago.
func TestARelyingPartyThatCachesTheKeySetNeverMeetsAnUnknownKid(t *testing.T) { // KEY-02
	t.Parallel()
	db := storetest.SQLite(t)
	all, clk := newReplicas(t, db, 2)
	create(t, all[0], "acme", "keys.rotation=2d", "sessions.access=60m")
	rotations, last, hourOld := 0, "", ""
	for hour := range 200 * 24 {
		keeper, signer := all[hour%2], all[(hour+1)%2]
		signer.poll(t)
		cached := slices.Clone(find(t, signer, "acme").Signing.JWKS())
		clk.advance(JWKSMaxAge)
		if hour == 100*24 {
			if _, err := keeper.Set(t.Context(), "acme", 0, parseChanges(t, "tokens.algorithm=EdDSA")); err != nil {
				t.Fatal(err)
			}
		}
		if err := keeper.RotateDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		signer.poll(t)
		now := find(t, signer, "acme")
		token := sign(t, now)
		if err := verifyWith(cached, token); err != nil {
			t.Fatalf("hour %d: a key set of %v ago: %v", hour, JWKSMaxAge, err)
		}
		if hourOld != "" {
			if err := verifyWith(now.Signing.JWKS(), hourOld); err != nil {
				t.Fatalf("hour %d: a token that just expires: %v", hour, err)
			}
			if !accepts(t, now, kidOf(t, hourOld), clk.read()) {
				t.Fatalf("hour %d: the server refuses a token that just expires", hour)
			}
		}
		if n := published(now); n > 3 {
			t.Fatalf("hour %d: %d keys are published", hour, n)
		}
		if kid := kidOf(t, token); kid != last {
			rotations, last = rotations+1, kid
		}
		hourOld = token
		clk.advance(time.Hour - JWKSMaxAge)
	}
	if rotations < 95 || rotations > 105 {
		t.Errorf("%d keys signed in 200 days, want one every 2", rotations)
	}
}
