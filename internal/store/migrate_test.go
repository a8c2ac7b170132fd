package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"entgo.io/ent/dialect"

	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/testenv"
)

// empty runs a test on a database that was never migrated: a SQLite path without a file, an empty Postgres database.
func empty(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite://"+filepath.Join(t.TempDir(), "data dir", "tenantgate?.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, testenv.Postgres(t))
	})
}

func openStore(t *testing.T, url string, options ...store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// firstFiles are the first n migrations of a database.
func firstFiles(t *testing.T, d string, n int) (files fstest.MapFS, all int) {
	t.Helper()
	names, err := fs.Glob(store.MigrationsOf(d), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	files = fstest.MapFS{}
	for _, name := range names[:min(n, len(names))] {
		content, err := fs.ReadFile(store.MigrationsOf(d), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: content}
	}
	return files, len(names)
}

// with returns all migrations and one more.
func with(t *testing.T, d, name, content string) fstest.MapFS {
	t.Helper()
	files, _ := firstFiles(t, d, 1<<20)
	files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + content)}
	return files
}

func TestTheStatusTellsWhatIsPending(t *testing.T) {
	t.Parallel()
	empty(t, func(t *testing.T, url string) {
		s := openStore(t, url)
		status, err := s.MigrationStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, all := firstFiles(t, s.Dialect(), 0)
		if status.Current != 0 || len(status.Pending) != all || status.Newer {
			t.Errorf("before: %+v, want all %d pending", status, all)
		}
		for range 2 { // the second time there is nothing to do
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if status, err = s.MigrationStatus(t.Context()); err != nil {
			t.Fatal(err)
		}
		if status.Current != status.Latest || len(status.Pending) > 0 || status.Newer {
			t.Errorf("after: %+v, want nothing pending", status)
		}
	})
}

func TestAskingForTheStatusMakesNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "tenantgate.db")
	s := openStore(t, "sqlite://"+path)
	if _, err := s.MigrationStatus(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("a database without a file answers")
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of the database: %v, want none", err)
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := openStore(t, "sqlite://"+filepath.Join(dir, "tenantgate.db"))
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, s, entities(t)[:1]) // so that there is a log beside the file
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v; want mode 0700", info, err)
	}
	found, err := os.ReadDir(dir)
	if err != nil || len(found) < 3 {
		t.Fatalf("%d files, %v", len(found), err)
	}
	for _, f := range found {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", f.Name(), info, err)
		}
	}
}

func TestWhatADeadProcessLeftHalfMadeIsMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tenantgate.db")
	for _, left := range []string{".new", ".new-wal", ".migrate-lock"} {
		if err := os.WriteFile(path+left, []byte("half of it"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := openStore(t, "sqlite://"+path)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, s, entities(t))
}

func TestARowSurvivesEveryMigration(t *testing.T) {
	t.Parallel()
	_, all := firstFiles(t, dialect.SQLite, 0)
	for n := 1; n <= max(all, 1); n++ {
		t.Run(fmt.Sprintf("to the file no. %d", n), func(t *testing.T) {
			t.Parallel()
			empty(t, func(t *testing.T, url string) {
				s := openStore(t, url)
				before, all := firstFiles(t, s.Dialect(), n-1)
				if n > all {
					t.Skip("this database has fewer files")
				}
				if n > 1 {
					if err := s.MigrateWith(t.Context(), before); err != nil {
						t.Fatal(err)
					}
				}
				had := map[string]int{}
				if n > 1 {
					had = fillRaw(t, s)
				}
				after, _ := firstFiles(t, s.Dialect(), n)
				if err := s.MigrateWith(t.Context(), after); err != nil {
					t.Fatal(err)
				}
				got := rowCounts(t, s)
				for table, rows := range had {
					if now, kept := got[table]; kept && now != rows {
						t.Errorf("%s had %d rows and has %d", table, rows, now)
					}
				}
				fillRaw(t, s) // and new ones are taken
			})
		})
	}
}

const laterFile = "29990101000000_later.sql"

func TestADatabaseOfANewerVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.MigrateWith(t.Context(), with(t, s.Dialect(), laterFile, "CREATE TABLE added (id integer);")); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(t.Context()); !errors.Is(err, store.ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		}
		status, err := s.MigrationStatus(t.Context())
		if err != nil || !status.Newer || len(status.Pending) > 0 {
			t.Errorf("status %+v, %v; want newer", status, err)
		}
	})
}

func TestAMigrationWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	empty(t, func(t *testing.T, url string) {
		s := openStore(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Migrate(ctx); err == nil {
			t.Error("a cancelled migration succeeds")
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Errorf("the next migration: %v", err)
		}
	})
}
