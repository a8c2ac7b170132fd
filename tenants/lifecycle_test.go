package tenants

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestSettingsChangeAllTogetherAndOncePerVersion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		made := create(t, r, "acme")
		changed, err := r.Set(t.Context(), "acme", 1, parseChanges(t, "signup.mode=closed", "codes.digits=8"))
		if err != nil {
			t.Fatal(err)
		}
		if changed.Version != 2 || changed.Settings.Signup.Mode != SignupClosed || changed.Settings.Codes.Digits != 8 {
			t.Errorf("changed to version %d, %+v", changed.Version, changed.Settings)
		}
		data := lastData(t, db, made.ID)
		want := map[string]any{
			"paths":  []any{"codes.digits", "signup.mode"},
			"before": map[string]any{"codes.digits": 6., "signup.mode": "open"},
			"after":  map[string]any{"codes.digits": 8., "signup.mode": "closed"},
		}
		if diff := cmp.Diff(want, data); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		set := func(slug string, version int, texts ...string) error {
			_, err := r.Set(t.Context(), slug, version, parseChanges(t, texts...))
			return err
		}
		expectFault(t, "an old version", set("acme", 1, "codes.digits=7"), fault.VersionConflict)
		expectFault(t, "a future version", set("acme", 3, "codes.digits=7"), fault.VersionConflict)
		expectFault(t, "one wrong setting", set("acme", 2, "codes.digits=7", "codes.tries=0"), fault.InvalidInput)
		expectFault(t, "another slug", set("nobody", 0, "codes.digits=7"), fault.TenantNotFound)
		if got := find(t, r, "acme"); got.Version != 2 || got.Settings.Codes.Digits != 8 {
			t.Errorf("refused changes left version %d, %d digits", got.Version, got.Settings.Codes.Digits)
		}
		if err := set("acme", 0, "codes.digits=9"); err != nil {
			t.Errorf("whatever the version: %v", err)
		}
		for _, nothing := range [][]string{{"codes.digits=9"}, {}} {
			if err := set("acme", 3, nothing...); err != nil || find(t, r, "acme").Version != 3 {
				t.Errorf("%v, which is so already: %v, and version %d", nothing, err, find(t, r, "acme").Version)
			}
		}
		facts := facts(t, db, made.ID)
		if !slices.Equal(facts, []string{"tenant.created", "tenant.settings_changed", "tenant.settings_changed"}) {
			t.Errorf("events %v", facts)
		}
		if s := find(t, r, Reserved).Settings; s.Codes.Digits != 6 {
			t.Errorf("the other tenant has %d digits now", s.Codes.Digits)
		}
	})
}

func TestOfParallelChangesToOneVersionOneSucceeds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, _ := newReplicas(t, db, 2)
		create(t, all[0], "acme")
		var group sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			group.Go(func() { _, results[i] = all[i%2].Set(t.Context(), "acme", 1, parseChanges(t, "codes.digits=8")) })
		}
		group.Wait()
		done := 0
		for _, err := range results {
			if err == nil {
				done++
			} else if fault.CodeOf(err) != fault.VersionConflict {
				t.Error(err)
			}
		}
		if row := find(t, all[0], "acme"); done != 1 || row.Version != 2 {
			t.Errorf("%d succeeded, version %d", done, row.Version)
		}
	})
}

func TestASecretSettingIsSealedAndOnlyItsTenantRevealsIt(t *testing.T) {
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		r, _ := newOne(t, open(t, url))
		const canary = "0x4canary7391"
		acme := create(t, r, "acme", "abuse.turnstile.site_key=site", "abuse.turnstile.secret="+canary)
		secret := acme.Settings.Abuse.Turnstile.Secret
		if got, err := acme.Reveal(secret); err != nil || got != canary {
			t.Errorf("revealed %q, %v", got, err)
		}
		if got, err := create(t, r, "other").Reveal(secret); err == nil {
			t.Errorf("another tenant reveals %q", got)
		}
		for table, rows := range contents(t, url, uuid.Nil) {
			if strings.Contains(strings.Join(rows, "\n"), "canary") {
				t.Errorf("%s holds the secret", table)
			}
		}
	})
}

func TestSuspensionEndsTheSessionsAndResumingRevivesNone(t *testing.T) { // TEN-10
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, clk := newOne(t, db)
		acme, other := create(t, r, "acme"), create(t, r, "other")
		addUsers(t, db, acme.ID, 3)
		addUsers(t, db, other.ID, 3)
		live := func(of *Tenant) int {
			n, err := db.Session.Query().Where(session.EndedAtIsNil()).Count(tenancy.With(t.Context(), of.ID))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		clk.advance(time.Second)
		suspended, err := r.Suspend(t.Context(), "acme")
		if err != nil || suspended.Status != Suspended {
			t.Fatalf("Suspend: %v, %v", suspended, err)
		}
		expectFault(t, "use", suspended.Usable(), fault.TenantSuspended)
		if live(acme) != 0 || live(other) != 3 {
			t.Errorf("%d sessions live, %d of the other tenant", live(acme), live(other))
		}
		if got := find(t, r, "acme"); got.Usable() == nil || len(got.Signing.JWKS()) < 100 {
			t.Errorf("found %s, key set %s", got.Status, got.Signing.JWKS())
		}
		if _, err := r.Suspend(t.Context(), "acme"); err != nil {
			t.Errorf("a second time: %v", err)
		}
		addUsers(t, db, acme.ID, 1) // a sign-in that had begun before, on another replica
		resumed, err := r.Resume(t.Context(), "acme")
		if err != nil || resumed.Usable() != nil {
			t.Fatalf("Resume: %v, %v", resumed, err)
		}
		if live(acme) != 0 || live(other) != 3 {
			t.Errorf("resumed: %d sessions live, %d of the other tenant", live(acme), live(other))
		}
		ended, err := db.Session.Query().Where(session.EndReason("tenant_suspended")).All(tenancy.With(t.Context(), acme.ID))
		if err != nil || len(ended) != 4 || !ended[0].EndedAt.Equal(clk.read()) {
			t.Errorf("ended %v, %v", ended, err)
		}
		want := []string{"tenant.created", "tenant.suspended", "tenant.resumed"}
		if got := facts(t, db, acme.ID); !slices.Equal(got, want) {
			t.Errorf("events %v", got)
		}
		_, err = r.Suspend(t.Context(), Reserved)
		expectFault(t, "the reserved tenant", err, fault.TenantReserved)
		_, err = r.Suspend(t.Context(), "nobody")
		expectFault(t, "nobody", err, fault.TenantNotFound)
	})
}

func TestAChangeThatLostTheRaceAgainstDeletionChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, clk := newOne(t, db)
		made := create(t, r, "acme")
		// Deletion passes after Set has read the tenant and before its transaction: when it asks for the time of the
		// new key.
		var once sync.Once
		slow := newReplica(db, func() time.Time {
			once.Do(func() {
				if err := r.Delete(context.Background(), "acme", nil); err != nil {
					t.Error(err)
				}
			})
			return clk.read()
		}, ringOf("a"))
		_, err := slow.Set(t.Context(), "acme", 0, parseChanges(t, "tokens.algorithm=EdDSA"))
		expectFault(t, "Set", err, fault.VersionConflict)
		n, err := db.SigningKey.Query().Count(tenancy.With(t.Context(), made.ID))
		if err != nil || n > 0 {
			t.Errorf("%d signing keys of a deleted tenant, %v", n, err)
		}
		row, err := db.Tenant.Query().Where(tenant.ID(made.ID)).Only(t.Context())
		if err != nil || row.Status != tenant.StatusDeleting || row.Version != 1 {
			t.Errorf("the row is %v, %v", row, err)
		}
	})
}

func TestARotationAndAChangeOfAlgorithmAtOnceLeaveOneActiveAndOneNextKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		all, clk := newReplicas(t, db, 2)
		made := create(t, all[0], "acme")
		for round := range 10 {
			clk.advance(2 * PublishLead)
			to := []string{"EdDSA", "ES256"}[round%2]
			var rotated, set error
			var group sync.WaitGroup
			group.Go(func() { _, rotated = all[0].Rotate(t.Context(), "acme", RotateInput{}) })
			group.Go(func() { _, set = all[1].Set(t.Context(), "acme", 0, parseChanges(t, "tokens.algorithm="+to)) })
			group.Wait()
			for _, err := range []error{rotated, set} {
				if code := fault.CodeOf(err); err != nil && code != fault.VersionConflict && code != fault.KeyNotReady {
					t.Errorf("round %d: %v", round, err)
				}
			}
			expectStatuses(t, db, made, 1, 1)
		}
	})
}

func TestAChangeOfAlgorithmThatWaitsForARotationLosesToIt(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t) // SQLite lets no transaction begin beside another
	db := open(t, url)
	r, clk := newOne(t, db)
	made := create(t, r, "acme")
	ctx := tenancy.With(t.Context(), made.ID)
	successor, err := newSigningKey(made.Keys, ES256, signingkey.StatusNext, clk.read())
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Client.Tx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, err := range []error{
		retireActive(ctx, tx, made, clk.read()),
		tx.SigningKey.Update().Where(signingkey.StatusEQ(signingkey.StatusNext)).SetStatus(signingkey.StatusActive).Exec(ctx),
		storeSigningKey(tx, successor).Exec(ctx),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	result := make(chan error, 1)
	change := parseChanges(t, "tokens.algorithm=EdDSA")
	go func() {
		_, err := r.Set(context.Background(), "acme", 0, change)
		result <- err
	}()
	eyes, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = eyes.Close() }()
	for waiting := 0; waiting == 0; {
		err := eyes.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE wait_event_type = 'Lock' AND datname = current_database()`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	expectFault(t, "Set", <-result, fault.VersionConflict)
	expectStatuses(t, db, made, 1, 1)
	if got := find(t, r, "acme"); got.Settings.Tokens.Algorithm != ES256 || got.Version != 1 {
		t.Errorf("the refused change left %s, version %d", got.Settings.Tokens.Algorithm, got.Version)
	}
}

func expectStatuses(t testing.TB, db *store.Store, of *Tenant, active, next int) {
	t.Helper()
	rows, err := db.SigningKey.Query().All(tenancy.With(context.Background(), of.ID))
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, row := range rows {
		n[string(row.Status)]++
	}
	if n["active"] != active || n["next"] != next {
		t.Errorf("signing keys: %v", n)
	}
}
