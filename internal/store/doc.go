// Package store opens the database (SQLite or Postgres) behind one Ent client, keeps its schema, and runs
// transactions.
//
// It owns connections, keys, migrations and what counts as an outage. It does not own queries: each entity's home
// package writes its own.
package store
