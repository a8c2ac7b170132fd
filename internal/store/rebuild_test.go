package store_test

import (
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

// rebuild is a migration that makes every table of a SQLite database anew, as a diff does to change a column.
func rebuild(t *testing.T, s *store.Store) string {
	t.Helper()
	var out strings.Builder
	for _, table := range inspected(t, s) {
		create := one[string](t, s.DB(), "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = $1", table.Name)
		created := strings.Replace(create, table.Name, "new_"+table.Name, 1)
		fmt.Fprintf(&out, "%s;\nINSERT INTO `new_%[2]s` SELECT * FROM `%[2]s`;\nDROP TABLE `%[2]s`;\n"+
			"ALTER TABLE `new_%[2]s` RENAME TO `%[2]s`;\n", created, table.Name)
	}
	for _, index := range list(t, s.DB(), "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL") {
		out.WriteString(index + ";\n")
	}
	return out.String()
}

// alter is a migration that rewrites every table of a Postgres database.
func alter(t *testing.T, s *store.Store) string {
	t.Helper()
	var out strings.Builder
	for _, table := range inspected(t, s) {
		fmt.Fprintf(&out, "ALTER TABLE \"%s\" ADD COLUMN added_at timestamptz NOT NULL DEFAULT clock_timestamp();\n", table.Name)
	}
	return out.String()
}

func TestRebuildingEveryTableLosesNoRow(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s, all)
		fill(t, s, all)
		had := rowCounts(t, s)
		later := alter
		if s.Dialect() == dialect.SQLite {
			later = rebuild
		}
		if err := s.MigrateWith(t.Context(), with(t, s.Dialect(), laterFile, later(t, s))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(had, rowCounts(t, s)); diff != "" {
			t.Errorf("rows (-before +after):\n%s", diff)
		}
		if len(had) != len(all) {
			t.Errorf("%d tables were filled, want %d", len(had), len(all))
		}
		// References still end where they did.
		ctx, made := fill(t, s, all)
		if err := s.User.DeleteOneID(made["users"]).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if n := s.Session.Query().CountX(ctx); n != 0 {
			t.Errorf("%d sessions outlive their user", n)
		}
	})
}

func TestAMigrationThatBreaksReferencesIsUndone(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s, all)
		had := rowCounts(t, s)
		before, err := s.MigrationStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// Postgres enforces by itself; the SQLite handle that migrates does not.
		bad := "CREATE TABLE added (id integer);\nDELETE FROM tenants;\n"
		if err := s.MigrateWith(t.Context(), with(t, s.Dialect(), laterFile, bad)); err == nil {
			t.Error("a migration that leaves rows without their tenant passes")
		}
		if diff := cmp.Diff(had, rowCounts(t, s)); diff != "" {
			t.Errorf("rows (-before +after):\n%s", diff)
		}
		after, err := s.MigrationStatus(t.Context())
		if diff := cmp.Diff(before, after); err != nil || diff != "" {
			t.Errorf("status (-before +after), %v:\n%s", err, diff)
		}
	})
}
