package store

import (
	"context"
	"database/sql"
	"io/fs"
)

// What tests of the package reach beyond its API.
var (
	AsOutage     = asOutage
	MigrationsOf = migrationsOf
)

// MigrateWith is Migrate with other files.
func (s *Store) MigrateWith(ctx context.Context, files fs.FS) error { return s.migrate(ctx, files) }

// StatusWith is MigrationStatus with other files.
func (s *Store) StatusWith(ctx context.Context, files fs.FS) (Status, error) {
	return s.status(ctx, files)
}

// DB is the pool that writes.
func (s *Store) DB() *sql.DB { return s.writer }

// Path is that of the SQLite file.
func (s *Store) Path() string { return s.path }

// Impatient lets nobody wait for a connection.
func Impatient() Option {
	return func(d *driver) { d.writing.longest, d.reading.longest = 0, 0 }
}

// Readers is the pool that reads.
func (s *Store) Readers() *sql.DB { return s.reader }
