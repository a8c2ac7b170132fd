package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

const fromHere = "../../../" + root

func openDB(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// mustNotDrift works on a copy, so that a drift leaves no file behind.
func mustNotDrift(t *testing.T, dialect, dir string, db *sql.DB) {
	t.Helper()
	work := filepath.Join(t.TempDir(), dir)
	if err := os.CopyFS(work, os.DirFS(filepath.Join(fromHere, dir))); err != nil {
		t.Fatal(err)
	}
	err := writeDiff(t.Context(), dialect, db, work, "29990101000000", "drift")
	if errors.Is(err, errNoChange) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	missing, err := os.ReadFile(filepath.Join(work, "29990101000000_drift.sql"))
	if err != nil {
		t.Fatal(err)
	}
	t.Errorf("the schema has changed: run make migration NAME=…; what is missing:\n%s", missing)
}

func TestTheFilesLeadToTheSchemaInSQLite(t *testing.T) {
	t.Parallel()
	mustNotDrift(t, dialect.SQLite, "sqlite", openDB(t, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "replay.db"))))
}

func TestTheFilesLeadToTheSchemaInPostgres(t *testing.T) {
	t.Parallel()
	mustNotDrift(t, dialect.Postgres, "postgres", openDB(t, "pgx", testenv.Postgres(t)))
}

func TestTheChecksumsMatchTheFiles(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"sqlite", "postgres"} {
		files, err := sqltool.NewGooseDir(filepath.Join(fromHere, dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := migrate.Validate(files); err != nil {
			t.Errorf("%s: %v; after an edit by hand run newmigration -sum", dir, err)
		}
	}
}

func TestASchemaChangeIsWrittenForGoose(t *testing.T) {
	t.Parallel()
	work := t.TempDir() // no migrations yet: all of the schema is missing
	db := openDB(t, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "replay.db")))
	if err := writeDiff(t.Context(), dialect.SQLite, db, work, "20260101000000", "all"); err != nil {
		t.Fatal(err)
	}
	again := openDB(t, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "replay.db")))
	if err := writeDiff(t.Context(), dialect.SQLite, again, work, "20260101000001", "none"); !errors.Is(err, errNoChange) {
		t.Errorf("a second diff answers %v, want no change", err)
	}
	if err := writeSum(work); err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), "No Name"); err == nil {
		t.Error("a name with a space is taken")
	}
}
