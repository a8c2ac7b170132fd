package store_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"

	"github.com/tenantgate/tenantgate/internal/store"
)

// inspected returns the tables of a database as they are, those that are referred to first. Ent's client knows only the
// newest schema.
func inspected(t *testing.T, s *store.Store) []*schema.Table {
	t.Helper()
	open := func() (migrate.Driver, error) { return postgres.Open(s.DB()) }
	if s.Dialect() == dialect.SQLite {
		open = func() (migrate.Driver, error) { return sqlite.Open(s.DB()) }
	}
	driver, err := open()
	if err != nil {
		t.Fatal(err)
	}
	found, err := driver.InspectSchema(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []*schema.Table
	var add func(*schema.Table)
	add = func(table *schema.Table) {
		for _, k := range table.ForeignKeys {
			if k.RefTable != table && !slices.Contains(out, k.RefTable) {
				add(k.RefTable)
			}
		}
		if !slices.Contains(out, table) && !strings.HasPrefix(table.Name, "goose_") {
			out = append(out, table)
		}
	}
	for _, table := range found.Tables {
		add(table)
	}
	return out
}

// fillRaw writes rows of two tenants into every table and returns how many rows each table has.
func fillRaw(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	tables := inspected(t, s)
	for range 2 {
		made := map[string]map[string]any{}
		for _, table := range tables {
			row := map[string]any{}
			for _, column := range table.Columns {
				row[column.Name] = example(column.Type.Type)
			}
			for _, k := range table.ForeignKeys {
				for i, column := range k.Columns {
					row[column.Name] = made[k.RefTable.Name][k.RefColumns[i].Name]
				}
			}
			insert(t, s, table, row)
			made[table.Name] = row
		}
	}
	return rowCounts(t, s)
}

func example(typ schema.Type) any {
	switch typ.(type) {
	case *schema.UUIDType: // which SQLite's is too
		return newID().String()
	case *schema.TimeType:
		return someTime
	case *schema.JSONType:
		return "{}"
	case *schema.BoolType:
		return true
	case *schema.IntegerType:
		return 1
	case *schema.FloatType:
		return 0.5
	case *schema.BinaryType:
		return []byte(newID().String())
	default:
		return newID().String()
	}
}

func insert(t *testing.T, s *store.Store, table *schema.Table, row map[string]any) {
	t.Helper()
	var names, marks []string
	var args []any
	for _, column := range table.Columns {
		args = append(args, row[column.Name])
		names = append(names, `"`+column.Name+`"`)
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	statement := fmt.Sprintf(`INSERT INTO "%s" (%s) VALUES (%s)`, table.Name, strings.Join(names, ","), strings.Join(marks, ","))
	if _, err := s.DB().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("fill %s: %v", table.Name, err)
	}
}

func rowCounts(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, table := range inspected(t, s) {
		out[table.Name] = one[int](t, s.DB(), `SELECT count(*) FROM "`+table.Name+`"`)
	}
	return out
}

func one[T any](t *testing.T, db *sql.DB, query string, args ...any) (value T) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}
