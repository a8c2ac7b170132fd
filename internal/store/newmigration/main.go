// Command newmigration writes the migration from what the files in ent/migrate/versions lead to, to what the schema says now,
// for both databases:
//
//	newmigration NAME
//
// It runs in the root of the module and needs an installed Postgres, of which it starts a private server. A schema that
// the files lead to already gets no file. What it writes is to be read before it is committed: a diff knows neither
// renames nor what fills a column of old rows. After an edit by hand, `newmigration -sum` brings the checksums up to
// date.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"entgo.io/ent/dialect"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// root holds a folder of migrations for each database.
const root = "ent/migrate/versions"

var nameForm = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)

func main() {
	sumOnly := flag.Bool("sum", false, "write the checksums of the files there are, and no migration")
	flag.Parse()
	err := errors.New("usage: newmigration NAME, or newmigration -sum")
	switch {
	case *sumOnly && flag.NArg() == 0:
		err = errors.Join(writeSum(filepath.Join(root, "sqlite")), writeSum(filepath.Join(root, "postgres")))
	case !*sumOnly && flag.NArg() == 1:
		err = run(context.Background(), flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "newmigration:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string) (err error) {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("name %q is not of the form add_x", name)
	}
	scratch, err := os.MkdirTemp("", "tenantgate-migration-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	cluster := filepath.Join(scratch, "postgres")
	if err := os.Mkdir(cluster, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	server, err := testenv.StartPostgres(ctx, cluster, "fsync=off")
	if err != nil {
		return err
	}
	defer server.Kill()

	version := time.Now().UTC().Format("20060102150405") // one for both, so that they can be compared
	for _, target := range []struct{ dialect, driver, dsn, dir string }{
		{dialect.SQLite, "sqlite", sqliteDSN(filepath.Join(scratch, "replay.db")), "sqlite"},
		{dialect.Postgres, "pgx", server.URL(), "postgres"},
	} {
		db, err := sql.Open(target.driver, target.dsn)
		if err != nil {
			return err
		}
		err = writeDiff(ctx, target.dialect, db, filepath.Join(root, target.dir), version, name)
		switch err = errors.Join(err, db.Close()); {
		case errors.Is(err, errNoChange):
			fmt.Println(target.dir + ": no change")
		case err != nil:
			return fmt.Errorf("%s: %w", target.dir, err)
		default:
			fmt.Println(filepath.Join(root, target.dir, version+"_"+name+".sql"))
		}
	}
	return nil
}

func sqliteDSN(path string) string { return "file:" + path + "?_pragma=foreign_keys(1)" }
