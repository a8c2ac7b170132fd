package store_test

import (
	"database/sql"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/store/tables"
)

// Queries of the catalogs. Each answers names of columns in their order: of the primary key, of unique indexes by name,
// of foreign keys by the table they refer to; and the columns that take no null.
var catalog = map[string]struct{ tables, primary, unique, foreign, notNull string }{
	dialect.SQLite: {
		tables:  `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'`,
		primary: `SELECT '', name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`,
		unique: `SELECT l.name, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE l."unique"
			ORDER BY l.name, i.seqno`,
		foreign: `SELECT id || ' ' || "table", "from" FROM pragma_foreign_key_list(?) ORDER BY id, seq`,
		notNull: `SELECT '', name FROM pragma_table_info(?) WHERE "notnull"`,
	},
	dialect.Postgres: {
		tables: `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE 'goose_%'`,
		primary: `SELECT '', a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(num, at), pg_attribute a
			WHERE i.indrelid = $1::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.num
			ORDER BY k.at`,
		unique: `SELECT i.indexrelid::regclass::text, a.attname
			FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(num, at), pg_attribute a
			WHERE i.indrelid = $1::regclass AND i.indisunique AND a.attrelid = i.indrelid AND a.attnum = k.num
			ORDER BY 1, k.at`,
		foreign: `SELECT c.oid || ' ' || c.confrelid::regclass::text, a.attname
			FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY k(num, at), pg_attribute a
			WHERE c.conrelid = $1::regclass AND c.contype = 'f' AND a.attrelid = c.conrelid AND a.attnum = k.num
			ORDER BY c.oid, k.at`,
		notNull: `SELECT '', attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attnotnull`,
	},
}

// grouped reads rows of (name, column) as columns by name.
func grouped(t *testing.T, db *sql.DB, query string, args ...any) map[string][]string {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	out := map[string][]string{}
	for found.Next() {
		var name, column string
		if err := found.Scan(&name, &column); err != nil {
			t.Fatal(err)
		}
		out[name] = append(out[name], column)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func list(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	return grouped(t, db, "SELECT '', x.* FROM ("+query+") x")[""]
}

func TestTheTenantLeadsEveryKeyInTheCatalog(t *testing.T) {
	t.Parallel()
	// What the whole service shares: a slug names one tenant, and so does a host that is verified.
	shared := map[string][]string{"tenants": {"tenants_slug_key"}, "tenant_domains": {"tenantdomain_serves"}}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ask := catalog[s.Dialect()]
		var want []string
		for _, table := range tables.All() {
			want = append(want, table.Name)
		}
		found := list(t, s.DB(), ask.tables)
		slices.Sort(found)
		slices.Sort(want)
		if diff := cmp.Diff(want, found); diff != "" {
			t.Fatalf("tables of the database (-want +got):\n%s", diff)
		}
		for _, table := range tables.All() {
			if _, owned := table.Column("tenant_id"); !owned && table.Name != "tenants" {
				t.Errorf("%s belongs to no tenant", table.Name)
			}
			lead := "tenant_id"
			if table.Name == "tenants" {
				lead = "id"
			}
			primary := grouped(t, s.DB(), ask.primary, table.Name)[""]
			if primary[0] != lead {
				t.Errorf("%s: primary key %v", table.Name, primary)
			}
			for index, columns := range grouped(t, s.DB(), ask.unique, table.Name) {
				if columns[0] != lead && !slices.Contains(shared[table.Name], index) {
					t.Errorf("%s: unique index %s on %v", table.Name, index, columns)
				}
			}
			foreign := grouped(t, s.DB(), ask.foreign, table.Name)
			if len(foreign) != len(table.ForeignKeys) {
				t.Errorf("%s: foreign keys %v, the schema has %d", table.Name, foreign, len(table.ForeignKeys))
			}
			for to, columns := range foreign {
				if columns[0] != "tenant_id" || len(columns) == 1 && to[len(to)-len("tenants"):] != "tenants" {
					t.Errorf("%s: foreign key to %s by %v", table.Name, to, columns)
				}
			}
			notNull := grouped(t, s.DB(), ask.notNull, table.Name)[""]
			for _, column := range table.Columns {
				if !column.Nullable && !slices.Contains(notNull, column.Name) {
					t.Errorf("%s.%s takes null", table.Name, column.Name)
				}
			}
		}
	})
}

func TestDeletingAUserTakesItsRowsAlong(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, made := fill(t, s, all)
		other, _ := fill(t, s, all)
		if err := s.User.DeleteOneID(made["users"]).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		gone := 0
		for _, e := range all {
			want := 1
			if e.table.Name == "users" || e.refersTo() > 0 {
				want, gone = 0, gone+1
			}
			if n, err := e.reads(s.Client)["Query.Count"](ctx); e.owned && (n != want || err != nil) {
				t.Errorf("%s: %d rows, %v; want %d", e.name, n, err, want)
			}
			if n, err := e.reads(s.Client)["Query.Count"](other); e.owned && (n != 1 || err != nil) {
				t.Errorf("%s: the other tenant has %d rows, %v; want 1", e.name, n, err)
			}
		}
		if gone < 2 {
			t.Error("nothing refers to users")
		}
	})
}

func TestTheDatabaseFillsItsOwnClock(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		before, err := s.NowMillis(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, _ := fill(t, s, all[:1])
		event := s.Event.Create().SetID(newID()).SetType("x").SetActor("system").SetAt(someTime)
		job := s.Job.Create().SetID(newID()).SetKind("x").SetPayload([]byte{1}).SetCreatedAt(someTime)
		if err := event.Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if err := job.Exec(ctx); err != nil {
			t.Fatal(err)
		}
		after, err := s.NowMillis(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		recorded, due := s.Event.Query().OnlyX(ctx).RecordedAt, s.Job.Query().OnlyX(ctx).DueAt
		for what, at := range map[string]int64{"recorded_at": recorded, "due_at": due} {
			if at < before || at > after {
				t.Errorf("%s is %d, not within %d and %d", what, at, before, after)
			}
		}
	})
}
