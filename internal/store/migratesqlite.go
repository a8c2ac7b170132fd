package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"entgo.io/ent/dialect"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

func (s *Store) migrateSQLite(ctx context.Context, files fs.FS) (err error) {
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	unlock, err := lockFile(ctx, s.path+".migrate-lock")
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if fileExists(s.path) {
		return migrateFile(ctx, s.path, files)
	}
	return createFile(ctx, s.path, files)
}

// createFile makes a migrated database under another name first: whoever sees the file sees all of it, and none of
// several processes that start at once meets the change to WAL mode, which waits for nobody.
func createFile(ctx context.Context, path string, files fs.FS) (err error) {
	draft := path + ".new"
	defer func() {
		if err != nil {
			err = errors.Join(err, removeDatabase(draft))
		}
	}()
	if err := removeDatabase(draft); err != nil { // left by a process that died
		return err
	}
	// SQLite gives its files beside it the same mode.
	f, err := os.OpenFile(filepath.Clean(draft), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := migrateFile(ctx, draft, files); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// migrateFile runs on a handle of its own that enforces no foreign keys: rebuilding a table drops the old one, which
// would take along all rows that refer to its rows.
func migrateFile(ctx context.Context, path string, files fs.FS) (err error) {
	db, err := sql.Open("sqlite", sqliteDSN(path, false, "_txlock=immediate"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	versions, err := database.NewStore(database.DialectSQLite3, goose.DefaultTablename)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectCustom, db, files, quietly(goose.WithStore(checkedVersions{versions}))...)
	if err != nil {
		return err
	}
	return up(ctx, p)
}

// checkedVersions records a version, which ends the migration's transaction, only where all rows still refer to rows.
type checkedVersions struct{ database.Store }

func (c checkedVersions) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	if err := checkForeignKeys(ctx, db); err != nil {
		return err
	}
	return c.Store.Insert(ctx, db, req)
}

// TableExists spares goose a query that fails.
func (checkedVersions) TableExists(ctx context.Context, db database.DBTxConn) (exists bool, err error) {
	err = db.QueryRowContext(ctx, hasVersions[dialect.SQLite]).Scan(&exists)
	return exists, err
}

func checkForeignKeys(ctx context.Context, db database.DBTxConn) error {
	var from, to string
	err := db.QueryRowContext(ctx, `SELECT "table", "parent" FROM pragma_foreign_key_check LIMIT 1`).Scan(&from, &to)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("check foreign keys: %w", err)
	}
	return fmt.Errorf("check foreign keys: rows of %s refer to none of %s", from, to)
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func removeDatabase(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncDir makes a rename survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
