package tenants

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// published counts the keys in a tenant's set.
func published(of *Tenant) int { return strings.Count(string(of.Signing.JWKS()), `"kid"`) }

func TestAKeyIsNextThenActiveThenRetiringThenRetired(t *testing.T) { // KEY-01
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, clk := newOne(t, db)
		made := create(t, r, "acme", "sessions.access=30m")
		first, old := made.Signing.ActiveKid(), sign(t, made)

		clk.advance(PublishLead - 90*time.Minute)
		_, err := r.Rotate(t.Context(), "acme", RotateInput{})
		expectFault(t, "too early", err, fault.KeyNotReady)
		var early *fault.Fault
		if !errors.As(err, &early) || early.RetryAfter != 90*time.Minute {
			t.Errorf("the fault says to try again after %v, want 90m", early.RetryAfter)
		}
		clk.advance(90 * time.Minute)
		rotated, err := r.Rotate(t.Context(), "acme", RotateInput{})
		if err != nil {
			t.Fatal(err)
		}
		second, at := rotated.Signing.ActiveKid(), clk.read()
		if second == first || verifyWith(made.Signing.JWKS(), sign(t, rotated)) != nil {
			t.Errorf("signs with %s, which was not published before", second)
		}
		if published(rotated) != 3 || verifyWith(rotated.Signing.JWKS(), old) != nil {
			t.Errorf("%d keys are published; the old token: %v", published(rotated), verifyWith(rotated.Signing.JWKS(), old))
		}
		until := at.Add(time.Duration(maxAccess) + Leeway + JWKSMaxAge)
		if !accepts(t, rotated, first, until) {
			t.Error("the retiring key is refused while its tokens may live")
		}
		if accepts(t, rotated, first, until.Add(1)) {
			t.Error("the retiring key is accepted for ever")
		}
		if accepts(t, rotated, "another", at) {
			t.Error("an unknown kid is known")
		}

		due := func() {
			t.Helper()
			if err := r.RotateDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r.poll(t)
		clk.advance(until.Sub(clk.read()))
		due()
		if n := published(find(t, r, "acme")); n != 3 {
			t.Errorf("%d keys at the end of the last token's life, want 3", n)
		}
		clk.advance(time.Microsecond)
		due()
		after := find(t, r, "acme")
		if published(after) != 2 || !errors.Is(verifyWith(after.Signing.JWKS(), old), errUnknownKid) {
			t.Errorf("%d keys after it, want 2", published(after))
		}
		due()

		want := []string{"tenant.created", "keys.rotated", "keys.retired"}
		if got := facts(t, db, made.ID); !slices.Equal(got, want) {
			t.Errorf("events %v", got)
		}
		if kid := lastData(t, db, made.ID)["kid"]; kid != first {
			t.Errorf("retired %v, want %s", kid, first)
		}
		list, err := r.SigningKeys(t.Context(), "acme")
		if err != nil || len(list) != 3 {
			t.Fatalf("SigningKeys: %v, %v", list, err)
		}
		for i, want := range []string{"next", "active", "retired"} {
			// The first two were made in one moment, the third later.
			k := list[slices.IndexFunc(list, func(k Key) bool { return k.Status == want })]
			if k.Algorithm != "ES256" || k.Compromised || k.PublishedAt.IsZero() {
				t.Errorf("%d: %+v", i, k)
			}
			if want == "retired" && (k.Kid != first || !k.RetiringAt.Equal(at) || !k.Until.Equal(until)) {
				t.Errorf("retired key: %+v", k)
			}
			if want == "active" && (k.Kid != second || !k.ActivatedAt.Equal(at) || k.Until != nil) {
				t.Errorf("active key: %+v", k)
			}
		}
	})
}

func TestAKeyStaysPublishedForTheLongestTokenOfAnyDialect(t *testing.T) {
	t.Parallel()
	_, none := mustApply(t, nil)
	_, axor := mustApply(t, nil, "dialects.axor.enabled=true", "dialects.wolf.enabled=true")
	_, bounded := mustApply(t, nil, "dialects.axor.enabled=true", "sessions.absolute=40d")
	for name, c := range map[string]struct {
		settings Settings
		want     time.Duration
	}{
		"whatever it was before":    {none, time.Duration(maxAccess)},
		"a key for a whole session": {axor, 90 * 24 * time.Hour},
		"never beyond the session":  {bounded, 40 * 24 * time.Hour},
	} {
		if got := longestAccess(c.settings); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestANewAlgorithmReplacesTheNextKeyAndSignsADayLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, clk := newReplicas(t, db, 2)
		r := all[0]
		made := create(t, r, "acme")
		other := create(t, r, "other")
		clk.advance(48 * time.Hour)
		changed, err := r.Set(t.Context(), "acme", 0, parseChanges(t, "tokens.algorithm=EdDSA"))
		if err != nil {
			t.Fatal(err)
		}
		if changed.Signing.ActiveKid() != made.Signing.ActiveKid() || published(changed) != 2 ||
			!strings.Contains(string(changed.Signing.JWKS()), `"alg":"EdDSA"`) {
			t.Errorf("right after the change: %s", changed.Signing.JWKS())
		}
		for _, wait := range []time.Duration{0, PublishLead - time.Microsecond} {
			clk.advance(wait)
			if err := r.RotateDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := find(t, r, "acme"); got.Signing.ActiveKid() != made.Signing.ActiveKid() {
				t.Errorf("after %v it signs with a key that relying parties may not know", wait)
			}
		}
		clk.advance(time.Microsecond)
		if err := all[1].RotateDue(t.Context()); err != nil { // whichever replica comes first
			t.Fatal(err)
		}
		r.poll(t)
		now := find(t, r, "acme")
		token := sign(t, now)
		if err := verifyWith(changed.Signing.JWKS(), token); err != nil {
			t.Errorf("with a key set of a day ago: %v", err)
		}
		v, err := now.Signing.Verify(kidOf(t, token), clk.read())
		if err != nil || v.Algorithm != "EdDSA" {
			t.Errorf("it signs with %+v", v)
		}
		if got := find(t, r, "other"); got.Signing.ActiveKid() != other.Signing.ActiveKid() {
			t.Error("the other tenant was rotated too")
		}
		want := []string{"tenant.created", "tenant.settings_changed", "keys.rotated"}
		if got := facts(t, db, made.ID); !slices.Equal(got, want) {
			t.Errorf("events %v", got)
		}
	})
}

func TestACompromisedKeyIsOutAtOnceAndSessionsGoOnUnlessAsked(t *testing.T) { // KEY-03
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, clk := newReplicas(t, db, 2)
		r, there := all[0], all[1]
		made := create(t, r, "acme")
		addUsers(t, db, made.ID, 2)
		retiring := sign(t, made)
		clk.advance(PublishLead)
		rotated, err := r.Rotate(t.Context(), "acme", RotateInput{})
		if err != nil {
			t.Fatal(err)
		}
		active := sign(t, rotated)
		there.poll(t)
		find(t, there, "acme")

		fresh, err := r.Rotate(t.Context(), "acme", RotateInput{Compromised: true})
		if err != nil {
			t.Fatal(err)
		}
		there.poll(t)
		for name, at := range map[string]*Tenant{"here": fresh, "there": find(t, there, "acme")} {
			if published(at) != 2 || at.Signing.ActiveKid() != fresh.Signing.ActiveKid() {
				t.Errorf("%s: %s", name, at.Signing.JWKS())
			}
			for what, token := range map[string]string{"active": active, "retiring": retiring} {
				if accepts(t, at, kidOf(t, token), clk.read()) {
					t.Errorf("%s: a token of the formerly %s key is accepted", name, what)
				}
			}
		}
		live := func() int {
			n, err := db.Session.Query().Where(session.EndedAtIsNil()).Count(tenancy.With(t.Context(), made.ID))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if live() != 2 {
			t.Errorf("%d sessions live, want 2", live())
		}
		if data := lastData(t, db, made.ID); data["compromised"] != true || data["active"] != fresh.Signing.ActiveKid() {
			t.Errorf("event %v", data)
		}
		if _, err := r.Rotate(t.Context(), "acme", RotateInput{Compromised: true, EndSessions: true}); err != nil {
			t.Fatal(err)
		}
		if live() != 0 {
			t.Errorf("%d sessions live, want none", live())
		}
		want := []string{"tenant.created", "keys.rotated", "keys.rotated", "keys.rotated", "sessions.ended"}
		if got := facts(t, db, made.ID); !slices.Equal(got, want) {
			t.Errorf("events %v", got)
		}
		list, err := r.SigningKeys(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		out := 0
		for _, k := range list {
			if k.Compromised && k.Status == "retired" {
				out++
			}
		}
		if len(list) != 7 || out != 5 {
			t.Errorf("%d of %d keys are compromised, want 5 of 7", out, len(list))
		}
		_, err = r.Rotate(t.Context(), "nobody", RotateInput{})
		expectFault(t, "nobody", err, fault.TenantNotFound)
	})
}
