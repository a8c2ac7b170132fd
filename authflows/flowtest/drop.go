package flowtest

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the drivers that the store has too
	_ "modernc.org/sqlite"
)

// DropTable takes a table out of the database while the service runs.
func (env *Env) DropTable(t testing.TB, name string) {
	t.Helper()
	driver, source, statement := "pgx", env.shared.databaseURL, "DROP TABLE "+name+" CASCADE" //nolint:gosec // a test names the table
	if path, ok := strings.CutPrefix(source, "sqlite://"); ok {
		driver, source, statement = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)", "DROP TABLE "+name
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("drop %s: %v", name, err)
	}
}
