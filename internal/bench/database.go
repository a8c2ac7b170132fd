package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// database is a kind of database, and where new ones are made.
type database struct {
	name     string // sqlite, postgres
	dir      string
	postgres *testenv.PostgresServer
	redis    *testenv.RedisServer
}

// databases starts what is installed.
func (b *bench) databases(ctx context.Context) ([]*database, error) {
	out := []*database{{name: "sqlite", dir: b.dir}}
	dirs := [2]string{filepath.Join(b.dir, "postgres"), filepath.Join(b.dir, "redis")}
	for _, dir := range dirs {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make a folder: %w", err)
		}
	}
	d := &database{name: "postgres", dir: b.dir}
	var err1, err2 error
	d.postgres, err1 = testenv.StartPostgres(ctx, dirs[0])
	d.redis, err2 = testenv.StartRedis(ctx, dirs[1])
	if err := errors.Join(err1, err2); err != nil {
		d.stop()
		b.say("only SQLite is measured: %v", err)
		b.report.Notes = append(b.report.Notes, "Postgres and Redis were not measured: they could not be started.")
		return out, nil
	}
	return append(out, d), nil
}

func (d *database) stop() {
	if d.postgres != nil {
		d.postgres.Kill()
	}
	if d.redis != nil {
		d.redis.Kill()
	}
}

// create makes an empty database and returns its URL. A file of SQLite comes to be by itself.
func (d *database) create(ctx context.Context, name string) (string, error) {
	if d.postgres == nil {
		return "sqlite://" + filepath.Join(d.dir, name+".db"), nil
	}
	if err := execute(ctx, d.postgres.URL(), `CREATE DATABASE "`+name+`"`); err != nil {
		return "", err
	}
	return strings.Replace(d.postgres.URL(), "/postgres?", "/"+name+"?", 1), nil
}

// hasty is the URL for filling a database: what a crash would lose is not worth waiting for.
func (d *database) hasty(url string) string {
	if d.postgres == nil {
		return url
	}
	return url + "&synchronous_commit=off"
}

// settle leaves a filled database as it would be after a day: without dead rows, with statistics, its log written
// back.
func (d *database) settle(ctx context.Context, url string) error {
	if d.postgres == nil {
		return nil
	}
	return errors.Join(execute(ctx, url, "VACUUM ANALYZE"), execute(ctx, url, "CHECKPOINT"))
}

func execute(ctx context.Context, url, statement string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return fmt.Errorf("open a database: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("prepare a database: %w", err)
	}
	return nil
}

func (d *database) redisURL() string {
	if d.redis == nil {
		return ""
	}
	return d.redis.URL()
}

// groups are the processes beside the server.
func (d *database) groups() []group {
	if d.postgres == nil {
		return nil
	}
	return []group{
		{part: "postgres", pid: d.postgres.PID(), family: true},
		{part: "redis", pid: d.redis.PID()},
	}
}
