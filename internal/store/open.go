package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"github.com/tenantgate/tenantgate/ent"
	_ "github.com/tenantgate/tenantgate/ent/runtime" // the mixin's hooks and interceptors
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// Store is an open database.
type Store struct {
	*ent.Client
	dialect        string
	writer, reader *sql.DB
	path           string // of the SQLite file
}

// Option changes how a store is opened.
type Option func(*driver)

// Watch calls seen before each statement, in and outside transactions.
func Watch(seen func(context.Context, Statement)) Option {
	return func(d *driver) { d.watch = seen }
}

// Connections to Postgres. Idle ones are kept: opening one costs a hundred statements.
const (
	postgresConnections = 20 // three replicas stay below Postgres's own default of 100
	sqliteReaders       = 8
)

// Open opens sqlite://path or postgres://…. It does not connect, and touches neither schema nor file: a SQLite database
// comes to be by Migrate.
func Open(rawURL string, options ...Option) (*Store, error) {
	s := &Store{}
	var err error
	switch scheme, rest, _ := strings.Cut(rawURL, "://"); scheme {
	case "sqlite":
		s.dialect, s.path = dialect.SQLite, rest
		err = s.openSQLite()
	case "postgres", "postgresql":
		s.dialect = dialect.Postgres
		err = s.openPostgres(rawURL)
	default:
		err = fmt.Errorf("scheme %q is none of sqlite, postgres", scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	longest := longestWait
	if s.dialect == dialect.SQLite {
		longest = longestSQLiteWait
	}
	d := &driver{writer: entsql.OpenDB(s.dialect, s.writer), writing: newGate(s.writer.Stats().MaxOpenConnections, longest)}
	d.reader, d.reading = d.writer, d.writing
	if s.reader != s.writer {
		d.reader = entsql.OpenDB(s.dialect, s.reader)
		d.reading = newGate(s.reader.Stats().MaxOpenConnections, longest)
	}
	for _, o := range options {
		o(d)
	}
	s.Client = ent.NewClient(ent.Driver(d))
	s.Use(refuseUpdateOne)
	d.closed = telemetry.RegisterPool("database", s.writer)
	return s, nil
}

func (s *Store) openPostgres(rawURL string) error {
	cfg, err := pgx.ParseConfig(rawURL)
	if err != nil {
		return fmt.Errorf("parse postgres URL: %w", err)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 3 * time.Second
	}
	cfg.RuntimeParams["timezone"] = "UTC"
	s.writer = telemetry.OpenDB(stdlib.GetConnector(*cfg), "postgresql")
	s.writer.SetMaxOpenConns(postgresConnections)
	s.writer.SetMaxIdleConns(postgresConnections)
	s.writer.SetConnMaxIdleTime(5 * time.Minute)
	s.reader = s.writer
	return nil
}

func (s *Store) openSQLite() error {
	var err error
	if s.writer, err = openSQLitePool(sqliteDSN(s.path, true, "_txlock=immediate")); err != nil {
		return err
	}
	// One writer: SQLite has one anyway, and a queue in the process beats its busy loop.
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = openSQLitePool(sqliteDSN(s.path, true, "_pragma=query_only(1)")); err != nil {
		return err
	}
	readers := min(sqliteReaders, 2*runtime.NumCPU())
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	return nil
}

func openSQLitePool(dsn string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return telemetry.OpenDB(connector, "sqlite"), nil
}

// sqliteDSN names a file that exists: only migrating makes one.
func sqliteDSN(path string, foreignKeys bool, extra string) string {
	fk := "foreign_keys(0)"
	if foreignKeys {
		fk = "foreign_keys(1)"
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?mode=rw&_pragma=busy_timeout(5000)&_pragma=" + fk +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_time_format=sqlite&_timezone=UTC&_dqs=0"
	if extra != "" {
		dsn += "&" + extra
	}
	return dsn
}

// Dialect returns sqlite3 or postgres.
func (s *Store) Dialect() string { return s.dialect }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return asOutage(s.writer.PingContext(ctx))
}

// nowMillis is the database's clock in milliseconds, as an expression.
var nowMillis = map[string]string{
	dialect.SQLite:   "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
	dialect.Postgres: "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
}

// NowMillis reads the database's clock, which leases and the change feed go by.
func (s *Store) NowMillis(ctx context.Context) (int64, error) {
	var ms int64
	if err := s.reader.QueryRowContext(ctx, "SELECT "+nowMillis[s.dialect]).Scan(&ms); err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", asOutage(err))
	}
	return ms, nil
}

// RecordedWithin narrows a query to rows whose database-clock column is at most d old, by the database's clock.
func (s *Store) RecordedWithin(column string, d time.Duration) func(*entsql.Selector) {
	now := nowMillis[s.dialect]
	return func(sel *entsql.Selector) {
		sel.Where(entsql.P(func(b *entsql.Builder) {
			b.Ident(sel.C(column)).WriteString(" > " + now + " - ").Arg(d.Milliseconds())
		}))
	}
}

// DueBy narrows a query to rows whose database-clock column has passed, by the database's clock.
func (s *Store) DueBy(column string) func(*entsql.Selector) {
	now := nowMillis[s.dialect]
	return func(sel *entsql.Selector) {
		sel.Where(entsql.P(func(b *entsql.Builder) {
			b.Ident(sel.C(column)).WriteString(" <= " + now)
		}))
	}
}
