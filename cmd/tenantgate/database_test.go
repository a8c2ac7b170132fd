package main

import (
	"database/sql"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // scripts change a database behind tenantgate's back
)

// setMigration pretends that a newer version has migrated a database: setmigration FILE.
func setMigration(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(args[0])+"?mode=rw")
	ts.Check(err)
	defer func() { _ = db.Close() }()
	_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, 1)")
	ts.Check(err)
}
