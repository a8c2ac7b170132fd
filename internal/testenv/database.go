package testenv

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"testing"
	"time"
)

// databaseTimeout bounds what is done with one database; preparing a template is the caller's and has no bound.
const databaseTimeout = 60 * time.Second

// Postgres returns the URL of an empty database that belongs to this test and is dropped after it. Without a server the
// test is skipped, and fails where TENANTGATE_TEST_ALL=1.
func Postgres(t testing.TB) string {
	t.Helper()
	return createDatabase(t, service(t, PostgresEnv, "Postgres"), "template0")
}

// PostgresTemplate returns the URL of a database like Postgres does, with what prepare made in it. prepare runs once
// per server and name, whichever process comes first, and must close its connections. On a server that outlives the
// run a template stays: its name should change with its content.
func PostgresTemplate(t testing.TB, name string, prepare func(url string) error) string {
	t.Helper()
	server := service(t, PostgresEnv, "Postgres")
	template := "template_" + name
	if err := ensureTemplate(server, template, prepare); err != nil {
		t.Fatalf("prepare database template %s: %v", name, err)
	}
	return createDatabase(t, server, template)
}

func ensureTemplate(server, template string, prepare func(url string) error) (err error) {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	conn, err := db.Conn(ctx) // the lock belongs to one connection and ends with it
	if err != nil {
		return err
	}
	defer conn.Close()
	lock := fnv.New64a()
	_, _ = lock.Write([]byte(template))
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(lock.Sum64())); err != nil {
		return err
	}
	var ready bool
	const exists = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := conn.QueryRowContext(ctx, exists, template).Scan(&ready); err != nil || ready {
		return err
	}
	// Under another name until it is finished: what a dead process left half done is made anew.
	draft := template + "_draft"
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quote(draft) + " WITH (FORCE)",
		"CREATE DATABASE " + quote(draft) + " TEMPLATE template0",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	draftURL, err := withDatabase(server, draft)
	if err != nil {
		return err
	}
	if err := prepare(draftURL); err != nil {
		return err
	}
	for _, statement := range []string{
		"ALTER DATABASE " + quote(draft) + " ALLOW_CONNECTIONS false",
		"ALTER DATABASE " + quote(draft) + " RENAME TO " + quote(template),
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// createDatabase copies a template for the length of a test.
func createDatabase(t testing.TB, server, template string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	if err := execute(server, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template)); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	u, err := withDatabase(server, name)
	if err != nil {
		t.Fatalf("read %s: %v", PostgresEnv, err)
	}
	return u
}

// execute runs one statement on a connection of its own.
func execute(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

func withDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("read the server's URL: %w", err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// quote writes an identifier as SQL.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
