// Package storetest gives tests of other packages a migrated database of their own: SQLite always, Postgres where there
// is a server.
//
// It knows the schema through package store only; servers belong to package testenv.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/ent/migrate/versions"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/testenv"
)

// Each runs a test on SQLite and on Postgres, in parallel, as the subtests sqlite and postgres. The latter is skipped
// where there is no server.
func Each(t *testing.T, test func(*testing.T, *store.Store), options ...store.Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t, options...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t, options...))
	})
}

// SQLite opens a fresh, migrated file that goes with the test.
func SQLite(t testing.TB, options ...store.Option) *store.Store {
	t.Helper()
	return open(t, SQLiteURL(t), options)
}

// SQLiteURL names a fresh, migrated file that goes with the test, for tests that open it more than once.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	content, err := migratedFile()
	if err != nil {
		t.Fatalf("prepare a database file: %v", err)
	}
	path := filepath.Join(t.TempDir(), "tenantgate.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatalf("copy a database file: %v", err)
	}
	return "sqlite://" + path
}

// Postgres opens a fresh, migrated database that is dropped after the test. Without a server the test is skipped, and
// fails where TENANTGATE_TEST_ALL=1.
func Postgres(t testing.TB, options ...store.Option) *store.Store {
	t.Helper()
	return open(t, PostgresURL(t), options)
}

// PostgresURL names a fresh, migrated database that is dropped after the test, for tests that open it more than once.
func PostgresURL(t testing.TB) string {
	t.Helper()
	name, err := templateName()
	if err != nil {
		t.Fatalf("name a database template: %v", err)
	}
	return testenv.PostgresTemplate(t, name, migrateURL)
}

func open(t testing.TB, url string, options []store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return s
}

func migrateURL(url string) (err error) {
	s, err := store.Open(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Migrate(context.Background())
}

// migratedFile is the content of a migrated SQLite file: a process migrates once and copies it for each test.
var migratedFile = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "tenantgate-store-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "tenantgate.db")
	if err := migrateURL("sqlite://" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Clean(path))
})

// templateName changes with the migrations, for a template may outlive the run that made it.
var templateName = sync.OnceValues(func() (string, error) {
	names, err := fs.Glob(versions.Files, "postgres/*.sql")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		content, err := versions.Files.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content), content)
	}
	return "store_" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
})
