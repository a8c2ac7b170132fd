package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"time"

	"entgo.io/ent/dialect"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/tenantgate/tenantgate/ent/migrate/versions"
)

// ErrNewer is what Migrate answers for a database that holds migrations this binary does not know.
var ErrNewer = errors.New("database was migrated by a newer version of tenantgate")

// Status compares the schema of the database with what this binary knows.
type Status struct {
	Current int64    // version of the database, 0 before the first migration
	Latest  int64    // newest version that this binary knows
	Pending []string // files not applied yet, oldest first
	Newer   bool     // the database is at a version that this binary does not know
}

// Migrate brings the schema to the newest version. It is safe to run from several processes at once: one works, the
// others wait for it, at most lockPatience on Postgres. Each migration is a transaction of its own, so that a failure
// leaves the database at the version before it. On SQLite it makes the file (mode 0600), and its folder (0700), where
// they are missing.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.migrate(ctx, migrationsOf(s.dialect)); err != nil {
		return fmt.Errorf("migrate database: %w", asOutage(err))
	}
	return nil
}

// MigrationStatus compares without changing anything. A SQLite file that is not there is at version 0.
func (s *Store) MigrationStatus(ctx context.Context) (Status, error) {
	st, err := s.status(ctx, migrationsOf(s.dialect))
	if err != nil {
		return Status{}, fmt.Errorf("read migration status: %w", asOutage(err))
	}
	return st, nil
}

func migrationsOf(d string) fs.FS {
	dir := "postgres"
	if d == dialect.SQLite {
		dir = "sqlite"
	}
	files, err := fs.Sub(versions.Files, dir)
	if err != nil {
		panic(err) // the names above are valid
	}
	return files
}

func (s *Store) migrate(ctx context.Context, files fs.FS) error {
	st, err := s.status(ctx, files)
	switch {
	case err != nil:
		return err
	case st.Newer:
		return fmt.Errorf("%w: it is at %d, this binary knows %d", ErrNewer, st.Current, st.Latest)
	case len(st.Pending) == 0:
		return nil
	case s.dialect == dialect.SQLite:
		err = s.migrateSQLite(ctx, files)
	default:
		err = s.migratePostgres(ctx, files)
	}
	if err != nil {
		return err
	}
	// Of two binaries that waited for each other, the newer may have gone first.
	if st, err = s.status(ctx, files); err == nil && st.Newer {
		err = fmt.Errorf("%w: it is at %d, this binary knows %d", ErrNewer, st.Current, st.Latest)
	}
	return err
}

// A waiting process asks for the lock this often and this long; the lock of a process that died frees itself sooner.
const (
	lockEvery    = 250 * time.Millisecond
	lockPatience = 5 * time.Minute
)

// migratePostgres holds a lock that is a row: one of a session would not survive a pooler that changes sessions between
// transactions.
func (s *Store) migratePostgres(ctx context.Context, files fs.FS) error {
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableLockTimeout(lockEvery, uint64(lockPatience/lockEvery)),
		lock.WithTableRetryPolicy(func(err error) bool { return !isOutage(err) }),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)), // what matters is returned
	)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, s.writer, files, quietly(goose.WithLocker(locker))...)
	if err != nil {
		return err
	}
	return up(ctx, p)
}

func quietly(more ...goose.ProviderOption) []goose.ProviderOption {
	return append(more, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

func up(ctx context.Context, p *goose.Provider) error {
	applied, err := p.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		applied, err = partial.Applied, fmt.Errorf("%s: %w", path.Base(partial.Failed.Source.Path), partial.Err)
	}
	for _, a := range applied {
		slog.InfoContext(ctx, "schema migrated", "version", a.Source.Version, "took", a.Duration)
	}
	return err
}

// hasVersions asks whether a database was ever migrated; goose's table holds a row for each migration.
var hasVersions = map[string]string{
	dialect.SQLite:   "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version')",
	dialect.Postgres: "SELECT to_regclass('goose_db_version') IS NOT NULL",
}

func (s *Store) status(ctx context.Context, files fs.FS) (Status, error) {
	names, err := fs.Glob(files, "*.sql") // sorted, and so by version
	if err != nil {
		return Status{}, err
	}
	applied, err := s.appliedVersions(ctx)
	if err != nil {
		return Status{}, err
	}
	var st Status
	if len(applied) > 0 {
		st.Current = slices.Max(applied)
	}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return Status{}, fmt.Errorf("read name of migration %s: %w", name, err)
		}
		st.Latest = max(st.Latest, version)
		if !slices.Contains(applied, version) {
			st.Pending = append(st.Pending, name)
		}
	}
	st.Newer = st.Current > st.Latest
	return st, nil
}

func (s *Store) appliedVersions(ctx context.Context) ([]int64, error) {
	if s.dialect == dialect.SQLite && !fileExists(s.path) {
		return nil, nil
	}
	var migrated bool
	if err := s.reader.QueryRowContext(ctx, hasVersions[s.dialect]).Scan(&migrated); err != nil || !migrated {
		return nil, err
	}
	rows, err := s.reader.QueryContext(ctx, "SELECT version_id FROM goose_db_version WHERE is_applied")
	if err != nil {
		return nil, err
	}
	return scanVersions(rows)
}

func scanVersions(rows *sql.Rows) (versions []int64, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	return versions, rows.Err()
}
