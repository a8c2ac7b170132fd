package testenv

import (
	"database/sql"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"
)

func query[T any](t *testing.T, url, statement string) (value T, err error) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.QueryRowContext(t.Context(), statement).Scan(&value)
	return value, err
}

func mustQuery[T any](t *testing.T, url, statement string) T {
	t.Helper()
	value, err := query[T](t, url, statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

func mustExecute(t *testing.T, url, statement string) {
	t.Helper()
	if err := execute(url, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// own skips where a server of the test's own cannot be started.
func own(t *testing.T, name string, missing error) {
	t.Helper()
	if missing != nil && os.Getenv(AllEnv) == "1" {
		t.Fatal(missing)
	}
	if missing != nil {
		t.Skipf("needs %s: run make test", name)
	}
}

func startPostgres(t *testing.T, settings ...string) *PostgresServer {
	t.Helper()
	_, err := postgresProgram("initdb")
	own(t, "Postgres", err)
	p, err := StartPostgres(t.Context(), t.TempDir(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func TestPostgresKeepsItsDataAndPortOverStopAndKill(t *testing.T) {
	t.Parallel()
	p := startPostgres(t)
	url, first := p.URL(), p.PID()
	mustExecute(t, url, "CREATE TABLE kept AS SELECT 7 AS n")

	for how, end := range map[string]func() error{
		"fast":      func() error { return p.Stop(Fast) },
		"immediate": func() error { return p.Stop(Immediate) },
		"kill":      func() error { p.Kill(); return nil },
	} {
		if err := end(); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if p.PID() != 0 {
			t.Fatalf("%s: the server has a process id though it is down", how)
		}
		if _, err := query[int](t, url, "SELECT n FROM kept"); err == nil {
			t.Fatalf("%s: the server answers though it is down", how)
		}
		if err := p.Start(); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if got := mustQuery[int](t, url, "SELECT n FROM kept"); got != 7 {
			t.Fatalf("%s: kept = %d, want 7", how, got)
		}
	}
	if p.URL() != url || p.PID() == first || p.PID() == 0 {
		t.Errorf("after restarts: URL %s, want %s; process id %d, was %d", p.URL(), url, p.PID(), first)
	}
	if err := p.Start(); err == nil {
		t.Error("a running server was started again")
	}
}

func TestPostgresIsDurableAndTakesSettings(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, "max_connections=50")
	if got := mustQuery[string](t, p.URL(), "SHOW fsync"); got != "on" {
		t.Errorf("fsync = %s, want on", got)
	}
	if got := mustQuery[string](t, p.URL(), "SHOW max_connections"); got != "50" {
		t.Errorf("max_connections = %s, want the given 50", got)
	}
}

func TestPostgresCountsTheTimeOfBackendsAlsoWhenTheyHaveEnded(t *testing.T) {
	t.Parallel()
	p := startPostgres(t)
	before, err := p.CPU()
	if err != nil {
		t.Skipf("needs /proc: %v", err)
	}
	mustQuery[int](t, p.URL(), "SELECT count(md5(n::text)) FROM generate_series(1, 1000000) n")
	// The connection is closed, yet its backend may live on for a moment: it counts in either state.
	during, err := p.CPU()
	if err != nil {
		t.Fatal(err)
	}
	if during-before < 30*time.Millisecond {
		t.Errorf("a million digests cost %s of CPU", during-before)
	}
	if err := p.Stop(Fast); err != nil {
		t.Fatal(err)
	}
	if _, err := p.CPU(); err == nil {
		t.Error("a server that is down has a CPU time")
	}
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	var urls [2]string
	t.Run("while they run", func(t *testing.T) {
		for i := range urls {
			urls[i] = Postgres(t)
			mustExecute(t, urls[i], "CREATE TABLE mine (n int)")
		}
	})
	for _, url := range urls {
		if url == "" {
			t.Skip("needs Postgres: run make test")
		}
		if _, err := query[int](t, url, "SELECT 1"); err == nil {
			t.Error("a database is still there after its test")
		}
	}
}

func TestATemplateIsPreparedOnceAndCopied(t *testing.T) {
	t.Parallel()
	name := "testenv_" + t.Name()
	service(t, PostgresEnv, "Postgres")
	var prepared atomic.Int32
	prepare := func(url string) error {
		prepared.Add(1)
		return execute(url, "CREATE TABLE seeded AS SELECT 3 AS n")
	}
	t.Run("tests", func(t *testing.T) {
		for range 6 {
			t.Run("copy", func(t *testing.T) {
				t.Parallel()
				url := PostgresTemplate(t, name, prepare)
				mustExecute(t, url, "UPDATE seeded SET n = n + 1")
				if got := mustQuery[int](t, url, "SELECT n FROM seeded"); got != 4 {
					t.Errorf("seeded = %d, want 4: the copy is not this test's own", got)
				}
			})
		}
	})
	if got := prepared.Load(); got != 1 {
		t.Errorf("the template was prepared %d times", got)
	}
	if err := execute(os.Getenv(PostgresEnv), "DROP DATABASE "+quote("template_"+name)); err != nil {
		t.Error(err)
	}
}

func TestAFailedTemplateIsPreparedAgain(t *testing.T) {
	t.Parallel()
	server := service(t, PostgresEnv, "Postgres")
	template := "template_testenv_" + t.Name()
	fails := func(url string) error {
		mustExecute(t, url, "CREATE TABLE half (n int)")
		return exec.ErrNotFound
	}
	if err := ensureTemplate(server, template, fails); err == nil {
		t.Fatal("the failure to prepare was not reported")
	}
	whole := func(url string) error { return execute(url, "CREATE TABLE half (n int)") }
	if err := ensureTemplate(server, template, whole); err != nil {
		t.Fatal(err)
	}
	if err := execute(server, "DROP DATABASE "+quote(template)); err != nil {
		t.Error(err)
	}
}
