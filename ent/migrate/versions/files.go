// Package versions holds the versioned SQL that brings either database to the schema. It runs nothing; package store does.
package versions

import "embed"

// Files holds the migrations, a folder for each database: sqlite and postgres. `make migration NAME=add_x` adds to them; a
// migration that was released is never changed.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
