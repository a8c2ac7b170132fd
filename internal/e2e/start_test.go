package e2e

import (
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// refusesToStart runs serve, which must fail at once, and returns what it says.
func refusesToStart(t *testing.T, w *world, env ...string) string {
	t.Helper()
	r := w.prepare(env...)
	if err := r.launch(); err == nil {
		// It said where it listens before it found out; then it must end by itself.
		select {
		case <-r.ended():
		case <-time.After(5 * time.Second):
			t.Fatal("it started")
		}
	}
	<-r.ended()
	if code := r.cmd.ProcessState.ExitCode(); code <= 0 {
		t.Errorf("exit code %d, want a failure", code)
	}
	return r.log.String()
}

func TestAllWrongSettingsAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	said := refusesToStart(t, w,
		"TENANTGATE_PUBLIC_URL=http://auth.example.com",
		"TENANTGATE_LISTEN=nowhere",
		"TENANTGATE_MASTER_KEYS=k1:c2hvcnQ=",
		"TENANTGATE_TRUSTED_PROXIES=10.0.0.0/99",
		"TENANTGATE_LOG_LEVEL=loud",
		"TENANTGATE_NONSENSE=1",
	)
	for _, name := range []string{"public_url", "listen", "master_keys", "trusted_proxies", "log_level", "NONSENSE"} {
		if !strings.Contains(strings.ToLower(said), strings.ToLower(name)) {
			t.Errorf("nothing is said about %s:\n%s", name, said)
		}
	}
	if strings.Contains(said, "c2hvcnQ") {
		t.Errorf("a secret is repeated:\n%s", said)
	}
	if n := strings.Count(said, "fix: "); n < 6 {
		t.Errorf("%d fixes are said, want 6:\n%s", n, said)
	}
}

// KEY-04, at the start.
func TestAWrongMasterKeyIsRefusedAndNothingIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := func() int {
		return w.count("SELECT (SELECT count(*) FROM data_keys) + (SELECT count(*) FROM signing_keys)")
	}
	before := rows()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	for _, id := range []string{"k1", "k2"} {
		said := refusesToStart(t, w, "TENANTGATE_MASTER_KEYS="+id+":"+base64.StdEncoding.EncodeToString(key))
		if !strings.Contains(said, "master key") {
			t.Errorf("with another key %s it says:\n%s", id, said)
		}
	}
	if after := rows(); after != before {
		t.Errorf("%d rows of keys, %d before", after, before)
	}
	w.start() // with the right one all is well
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	db := must(sql.Open("pgx", w.database))(t)
	defer db.Close()
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (29990101000000, true)"); err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"TENANTGATE_MIGRATE=false", "TENANTGATE_MIGRATE=true"} {
		if said := refusesToStart(t, w, env); !strings.Contains(said, "newer version") {
			t.Errorf("with %s it says:\n%s", env, said)
		}
	}
	if _, err := w.try("migrate", "up"); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("migrate up: %v", err)
	}
}
