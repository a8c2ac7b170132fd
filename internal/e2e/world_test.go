package e2e

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
	"github.com/tenantgate/tenantgate/internal/testenv"
)

const (
	tenant    = "acme"
	publicURL = "http://localhost:8080" // of all replicas: what clients would see behind a balancer
	password  = "otter carries lanterns"
)

// world is one installation: a database, perhaps Redis, a mail server, and the replicas on them.
type world struct {
	t         testing.TB
	binary    string
	dir       string
	masterKey string
	database  string   // URL, as the test reaches it
	env       []string // of every process; later ones win
	sink      *mailtest.Sink
	mails     *inbox
}

// option changes a world before its schema is made.
type option func(*world)

// with sets an environment variable, NAME=value, of every process.
func with(env ...string) option { return func(w *world) { w.env = append(w.env, env...) } }

// onDatabase takes a database instead of a fresh one of the run's server. via, where given, is how replicas reach it.
func onDatabase(url, via string) option {
	return func(w *world) {
		w.database = url
		if via == "" {
			via = url
		}
		w.env = append(w.env, "TENANTGATE_DATABASE_URL="+via)
	}
}

func withTestClock(w *world) {
	w.t.Helper()
	w.binary = must(clockBinary())(w.t)
}

// newWorld makes the schema, and the tenant acme without limits by address: every test comes from the same one.
func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	w := &world{t: t, dir: t.TempDir(), masterKey: "k1:" + base64.StdEncoding.EncodeToString(key)}
	for _, o := range options {
		o(w)
	}
	if w.database == "" {
		onDatabase(testenv.Postgres(t), "")(w)
	}
	if w.binary == "" {
		w.binary = must(plainBinary())(t)
	}
	w.sink = mailtest.Start(t)
	w.mails = openInbox(t, w.sink)
	w.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir,
		"TENANTGATE_MASTER_KEYS=" + w.masterKey,
		"TENANTGATE_PUBLIC_URL=" + publicURL,
		"TENANTGATE_SMTP_URL=" + w.sink.URL(), "TENANTGATE_MAIL_FROM=Acme <no-reply@acme.test>",
		"TENANTGATE_DATA_DIR=" + filepath.Join(w.dir, "data"),
		"TENANTGATE_ADMIN_LISTEN=off", "TENANTGATE_LOG_FORMAT=json",
	}, w.env...)
	w.cli("migrate", "up")
	w.createTenant(tenant)
	return w
}

func (w *world) createTenant(slug string, settings ...string) {
	w.t.Helper()
	args := []string{"tenant", "create", slug, "--set", "abuse.address=0"}
	for _, s := range settings {
		args = append(args, "--set", s)
	}
	w.cli(args...)
}

// cli runs a command that must succeed.
func (w *world) cli(args ...string) string {
	w.t.Helper()
	out, err := w.try(args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// try runs a command beside the servers and returns what it printed. The error holds what it complained about.
func (w *world) try(args ...string) (string, error) {
	cmd := exec.Command(w.binary, args...)
	cmd.Env, cmd.Dir = w.env, w.dir
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("tenantgate %s: %w\n%s", strings.Join(args, " "), err, &complaint)
	}
	return out.String(), nil
}

// cliJSON runs a command and reads what it printed.
func cliJSON[T any](w *world, args ...string) T {
	w.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(w.cli(append(args, "--json")...)), &v); err != nil {
		w.t.Fatalf("read the output of %v: %v", args, err)
	}
	return v
}

// count asks the database for one number.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	db, err := sql.Open("pgx", w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// must returns v, and ends the test where there was an error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// ownPostgres starts a server that belongs to this test alone and survives crashes.
func ownPostgres(t testing.TB) *testenv.PostgresServer {
	t.Helper()
	server, err := testenv.StartPostgres(t.Context(), t.TempDir())
	lacking(t, err)
	t.Cleanup(server.Kill)
	return server
}

// ownRedis starts a server that belongs to this test alone.
func ownRedis(t testing.TB) *testenv.RedisServer {
	t.Helper()
	server, err := testenv.StartRedis(t.Context(), t.TempDir())
	lacking(t, err)
	t.Cleanup(server.Kill)
	return server
}

// lacking skips where a server is not installed, unless nothing may be skipped.
func lacking(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv(testenv.AllEnv) == "1":
		t.Fatal(err)
	case strings.Contains(err.Error(), "not installed"):
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}
