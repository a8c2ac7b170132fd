package main

import (
	"database/sql"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // scripts change a database behind tenantgate's back
)

// setMigration pretends that a newer version has migrated a database: setmigration FILE.
func setMigration(ts *testscript.TestScript, _ bool, args []string) {
	change(ts, args[0], "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, 1)")
}

// setDeleting pretends that another server has begun to delete a tenant: setdeleting FILE SLUG.
func setDeleting(ts *testscript.TestScript, _ bool, args []string) {
	change(ts, args[0], "UPDATE tenants SET status = 'deleting', slug = NULL WHERE slug = ?", args[1])
}

func change(ts *testscript.TestScript, file, statement string, args ...any) {
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(file)+"?mode=rw")
	ts.Check(err)
	defer func() { _ = db.Close() }()
	_, err = db.Exec(statement, args...)
	ts.Check(err)
}
