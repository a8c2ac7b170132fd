package store_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/testenv"
)

func TestWhatCountsAsAnOutage(t *testing.T) {
	t.Parallel()
	pg := func(code string) error { return fmt.Errorf("query: %w", &pgconn.PgError{Code: code}) }
	for name, test := range map[string]struct {
		err    error
		outage bool
	}{
		"no error":                         {nil, false},
		"no rows":                          {sql.ErrNoRows, false},
		"some error":                       {errors.New("x"), false},
		"an error's own code":              {fault.New(fault.NotFound), false},
		"postgres: connection failure":     {pg("08006"), true},
		"postgres: too many connections":   {pg("53300"), true},
		"postgres: disk full":              {pg("53100"), true},
		"postgres: shutdown":               {pg("57P01"), true},
		"postgres: starting up":            {pg("57P03"), true},
		"postgres: query cancelled":        {pg("57014"), true},
		"postgres: I/O error":              {pg("58030"), true},
		"postgres: serialization failure":  {pg("40001"), true},
		"postgres: deadlock":               {pg("40P01"), true},
		"postgres: read-only standby":      {pg("25006"), true},
		"postgres: in failed transaction":  {pg("25P02"), false},
		"postgres: unique violation":       {pg("23505"), false},
		"postgres: foreign key violation":  {pg("23503"), false},
		"postgres: undefined table":        {pg("42P01"), false},
		"postgres: bad text":               {pg("22021"), false},
		"postgres: no code":                {pg(""), false},
		"connection is bad":                {sqldriver.ErrBadConn, true},
		"connection is done":               {sql.ErrConnDone, true},
		"transaction is done":              {sql.ErrTxDone, true},
		"end of file":                      {io.EOF, true},
		"end in the middle":                {io.ErrUnexpectedEOF, true},
		"network is closed":                {net.ErrClosed, true},
		"network refuses":                  {&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		"name is unknown":                  {&net.DNSError{Name: "db"}, true},
		"too late":                         {context.DeadlineExceeded, true},
		"given up":                         {fmt.Errorf("x: %w", context.Canceled), true},
		"outage already known stays as is": {fault.New(fault.Unavailable), false},
	} {
		got := store.AsOutage(test.err)
		if !test.outage {
			if got != test.err { //nolint:errorlint // the very same
				t.Errorf("%s: became %v", name, got)
			}
			continue
		}
		isUnavailable(t, name, got)
		if !errors.Is(got, test.err) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
}

func isUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.Unavailable || f.RetryAfter <= 0 {
		t.Errorf("%s: got %v, want the fault unavailable and when to try again", what, err)
	}
}

func TestWhatCountsAsAnOutageOfSQLite(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, pragmas string) *sql.DB {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "a.db")+"?"+pragmas)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	exec := func(db *sql.DB, statements ...string) (err error) {
		for _, s := range statements {
			if _, err = db.ExecContext(t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	}
	for name, test := range map[string]struct {
		fail   func(t *testing.T) error
		outage bool
	}{
		"full": {func(t *testing.T) error {
			return exec(open(t, "_pragma=max_page_count(2)"), "CREATE TABLE a (x)", "INSERT INTO a VALUES (randomblob(90000))")
		}, true},
		"no file": {func(t *testing.T) error { return exec(open(t, "mode=ro"), "SELECT 1 FROM sqlite_master") }, true},
		"busy": {func(t *testing.T) error {
			path := filepath.Join(t.TempDir(), "b.db")
			one, err := sql.Open("sqlite", "file:"+path)
			if err != nil {
				t.Fatal(err)
			}
			defer one.Close()
			one.SetMaxOpenConns(1)
			if err := exec(one, "CREATE TABLE a (x)", "BEGIN EXCLUSIVE"); err != nil {
				t.Fatal(err)
			}
			two, err := sql.Open("sqlite", "file:"+path)
			if err != nil {
				t.Fatal(err)
			}
			defer two.Close()
			return exec(two, "INSERT INTO a VALUES (1)")
		}, true},
		"unique key": {func(t *testing.T) error {
			return exec(open(t, ""), "CREATE TABLE a (x UNIQUE)", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (1)")
		}, false},
		"no table": {func(t *testing.T) error { return exec(open(t, ""), "SELECT 1 FROM a") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.fail(t)
			switch {
			case err == nil:
				t.Error("it did not fail")
			case test.outage:
				isUnavailable(t, name, store.AsOutage(err))
			case store.AsOutage(err) != err: //nolint:errorlint // the very same
				t.Errorf("%v became an outage", err)
			}
		})
	}
}

func TestAPostgresThatIsDownIsUnavailableUntilItIsBack(t *testing.T) { // OPS-03
	t.Parallel()
	testenv.Postgres(t) // skips where no server can be started
	server, err := testenv.StartPostgres(t.Context(), t.TempDir(), "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	s := openStore(t, server.URL())
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, _ := fill(t, s, entities(t))
	if err := server.Stop(testenv.Fast); err != nil {
		t.Fatal(err)
	}
	for what, try := range map[string]func() error{
		"read":      func() error { _, err := s.User.Query().Only(ctx); return err },
		"write":     func() error { return s.User.Update().SetName("x").Exec(ctx) },
		"ping":      func() error { return s.Ping(ctx) },
		"clock":     func() error { _, err := s.NowMillis(ctx); return err },
		"status":    func() error { _, err := s.MigrationStatus(ctx); return err },
		"migration": func() error { return s.Migrate(ctx) },
		"transaction": func() error {
			_, err := store.InTx(ctx, s.Client, countUsers)
			return err
		},
	} {
		isUnavailable(t, what, try())
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if n, err := s.User.Query().Count(ctx); n != 1 || err != nil {
		t.Errorf("once it is back: %d users, %v", n, err)
	}
}

func TestAMissedDeadlineIsAnOutageAndNotAnEmptyAnswer(t *testing.T) { // OPS-04
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, _ := fill(t, s, entities(t))
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := s.User.Query().Only(ctx)
		isUnavailable(t, "read", err)
		isUnavailable(t, "write", s.User.Update().SetName("x").Exec(ctx))
	})
}
