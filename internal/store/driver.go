package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// Statement is one statement as sent to the database, for tests that watch the SQL.
type Statement struct {
	Query string
	Args  []any
}

// driver routes statements to their pool, measures them, bounds how many wait, and tells an outage from an error.
// On Postgres both pools are one. On SQLite writes go to the only writer, and reads never wait for it.
type driver struct {
	writer, reader   dialect.Driver
	writing, reading *gate // of the two pools
	watch            func(context.Context, Statement)
	closed           func() // called once both pools are closed
}

func (d *driver) Dialect() string { return d.writer.Dialect() }

func (d *driver) Close() error {
	if d.closed != nil {
		defer d.closed()
	}
	err := d.writer.Close()
	if d.reader != d.writer {
		if readerErr := d.reader.Close(); err == nil {
			err = readerErr
		}
	}
	return err
}

func (d *driver) Exec(ctx context.Context, query string, args, v any) error {
	if err := d.writing.enter(ctx); err != nil {
		return err
	}
	defer d.writing.leave()
	return d.exec(ctx, d.writer, query, args, v)
}

func (d *driver) Query(ctx context.Context, query string, args, v any) error {
	pool, gate := d.writer, d.writing
	if strings.HasPrefix(query, "SELECT") {
		pool, gate = d.reader, d.reading
	}
	if err := gate.enter(ctx); err != nil {
		return err
	}
	defer gate.leave()
	return d.query(ctx, pool, query, args, v)
}

func (d *driver) Tx(ctx context.Context) (dialect.Tx, error) {
	if err := d.writing.enter(ctx); err != nil {
		return nil, err
	}
	var tx dialect.Tx
	err := d.measure(ctx, "begin", func() (err error) {
		tx, err = d.writer.Tx(ctx)
		return err
	})
	if err != nil {
		d.writing.leave()
		return nil, err
	}
	return &transaction{Tx: tx, driver: d, ctx: ctx, end: sync.OnceFunc(d.writing.leave)}, nil
}

// BeginTx lets Ent open a transaction with options; only the defaults are used.
func (d *driver) BeginTx(ctx context.Context, _ *sql.TxOptions) (dialect.Tx, error) { return d.Tx(ctx) }

func (d *driver) exec(ctx context.Context, on dialect.ExecQuerier, query string, args, v any) error {
	d.show(ctx, query, args)
	return d.measure(ctx, "exec", func() error { return on.Exec(ctx, query, args, v) })
}

func (d *driver) query(ctx context.Context, on dialect.ExecQuerier, query string, args, v any) error {
	d.show(ctx, query, args)
	err := d.measure(ctx, "query", func() error { return on.Query(ctx, query, args, v) })
	if r, ok := v.(*entsql.Rows); ok && err == nil {
		r.ColumnScanner = rows{r.ColumnScanner}
	}
	return err
}

func (d *driver) show(ctx context.Context, query string, args any) {
	if d.watch != nil {
		list, _ := args.([]any)
		d.watch(ctx, Statement{Query: query, Args: list})
	}
}

func (d *driver) measure(ctx context.Context, kind string, do func() error) error {
	began := clock.Elapsed()
	err := do()
	telemetry.ObserveSQL(ctx, kind, clock.Elapsed()-began, err)
	return asOutage(err)
}

// rows tells an outage that befalls a result half read.
type rows struct{ entsql.ColumnScanner }

func (r rows) Err() error { return asOutage(r.ColumnScanner.Err()) }

// transaction treats the statements of a transaction as those outside, except that they wait for no connection.
type transaction struct {
	dialect.Tx
	driver *driver
	ctx    context.Context // for measuring: commit and rollback take none
	end    func()          // gives the connection's slot back, once
}

func (t *transaction) Exec(ctx context.Context, query string, args, v any) error {
	return t.driver.exec(ctx, t.Tx, query, args, v)
}

func (t *transaction) Query(ctx context.Context, query string, args, v any) error {
	return t.driver.query(ctx, t.Tx, query, args, v)
}

func (t *transaction) Commit() error {
	defer t.end()
	return t.driver.measure(t.ctx, "commit", t.Tx.Commit)
}

func (t *transaction) Rollback() error {
	defer t.end()
	return t.driver.measure(t.ctx, "rollback", t.Tx.Rollback)
}
