package flowtest

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/tables"
)

// Rows looks at the rows of a tenant in the database by itself, past all that limits others to a tenant.
type Rows struct {
	db      *sql.DB
	tenant  uuid.UUID
	sqlite  bool
	version int64
	read    map[string]string
}

// Rows returns the rows of a tenant as they are whenever it is asked.
func (env *Env) Rows(t testing.TB, tenant uuid.UUID) *Rows {
	t.Helper()
	driver, dsn := "pgx", env.shared.databaseURL
	path, isSQLite := strings.CutPrefix(dsn, "sqlite://")
	if isSQLite {
		driver, dsn = "sqlite", "file:"+path+"?mode=ro"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	db.SetMaxOpenConns(1) // what SQLite says of changes is said to one connection
	t.Cleanup(func() { _ = db.Close() })
	return &Rows{db: db, tenant: tenant, sqlite: isSQLite}
}

// Digests returns a digest of the rows of each table that belong to the tenant, and of the tenant's own row. They are read again
// only where the database says that anything was written since.
func (r *Rows) Digests(t testing.TB) map[string]string {
	t.Helper()
	if r.sqlite {
		var version int64
		if err := r.db.QueryRowContext(t.Context(), "PRAGMA data_version").Scan(&version); err != nil {
			t.Fatalf("ask for changes: %v", err)
		}
		if r.read != nil && version == r.version {
			return r.read
		}
		r.version = version // of before the rows are read: what is written meanwhile is seen the next time
	}
	r.read = map[string]string{}
	for _, table := range tables.All() {
		column := "id"
		if _, owned := table.Column("tenant_id"); owned {
			column = "tenant_id"
		}
		r.read[table.Name] = digestRows(t, r.db, fmt.Sprintf(`SELECT * FROM %q WHERE %s = '%s'`, table.Name, column, r.tenant))
	}
	return r.read
}

// Plan is how SQLite would answer a statement.
func (env *Env) Plan(t testing.TB, s store.Statement) string {
	t.Helper()
	path, ok := strings.CutPrefix(env.shared.databaseURL, "sqlite://")
	if !ok {
		t.Fatal("only SQLite is asked for its plan")
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+s.Query, s.Args...)
	if err != nil {
		t.Fatalf("%s: %v", s.Query, err)
	}
	defer func() { _ = rows.Close() }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatalf("%s: %v", s.Query, err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", s.Query, err)
	}
	return strings.Join(steps, "\n")
}

func digestRows(t testing.TB, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var lines []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		lines = append(lines, fmt.Sprintf("%v", values))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return fmt.Sprintf("%d rows, %s", len(lines), hex.EncodeToString(sum[:8]))
}
