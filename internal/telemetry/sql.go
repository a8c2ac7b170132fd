package telemetry

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// OpenDB opens a pool whose statements are spans where there is tracing, and the plain pool where there is none: the
// instrumented driver costs more per statement than ObserveSQL, which counts in both cases. The system is what
// OpenTelemetry calls the database: postgresql, sqlite. Spans hold neither text nor arguments nor error texts, and
// exist only below another span, so that pollers leave no traces. Call it after Setup.
//
// In a traced pool, sql.Conn.Raw hands out the wrapper of otelsql, whose Raw method gives the driver's connection.
func OpenDB(c driver.Connector, system string) *sql.DB { return current.Load().openDB(c, system) }

func (t *Telemetry) openDB(c driver.Connector, system string) *sql.DB {
	if t == nil || t.tracer == nil {
		return sql.OpenDB(c)
	}
	return tracedDB(c, t.provider, system)
}

func tracedDB(c driver.Connector, p trace.TracerProvider, system string) *sql.DB {
	return otelsql.OpenDB(c, otelsql.WithTracerProvider(p), otelsql.WithMeterProvider(noop.NewMeterProvider()),
		otelsql.WithAttributes(attribute.String("db.system.name", system)),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			DisableQuery:         true,
			OmitConnResetSession: true,
			OmitConnPrepare:      true,
			OmitRows:             true,
			// The text of a database error may quote what a user typed.
			RecordError: func(error) bool { return false },
			SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
				return trace.SpanContextFromContext(ctx).IsValid()
			},
		}),
		otelsql.WithSpanErrorAttributesGetter(func(err error) []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String("outcome", sqlOutcome(err))}
		}))
}

// ObserveSQL counts a statement. The kind is query, exec, begin, commit or rollback; others count as other.
func ObserveSQL(ctx context.Context, kind string, d time.Duration, err error) {
	current.Load().observeSQL(ctx, kind, d, err)
}

func (t *Telemetry) observeSQL(ctx context.Context, kind string, d time.Duration, err error) {
	if t == nil {
		return
	}
	switch kind {
	case "query", "exec", "begin", "commit", "rollback":
	default:
		kind = "other"
	}
	p := t.sqlPoints.get(pair{kind, sqlOutcome(err)})
	t.statements.Add(ctx, 1, p.add...)
	t.stmtTime.Record(ctx, d.Seconds(), p.record...)
}

func sqlOutcome(err error) string {
	switch {
	case err == nil, errors.Is(err, sql.ErrNoRows), errors.Is(err, driver.ErrSkip):
		return "ok"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "canceled"
	}
	return "error"
}

// poolGauges show sql.DBStats.
type poolGauges struct {
	open, limit metric.Int64ObservableGauge
	waits       metric.Int64ObservableCounter
	waited      metric.Float64ObservableCounter
}

func newPoolGauges(m *maker) poolGauges {
	return poolGauges{
		open:   m.readGauge("tenantgate_sql_pool_connections"),
		limit:  m.readGauge("tenantgate_sql_pool_max_connections"),
		waits:  m.readCounter("tenantgate_sql_pool_waits_total"),
		waited: m.readSeconds("tenantgate_sql_pool_wait_seconds_total"),
	}
}

func (g poolGauges) all() []metric.Observable {
	return []metric.Observable{g.open, g.limit, g.waits, g.waited}
}

func (g poolGauges) observe(o metric.Observer, name string, s sql.DBStats) {
	pool := attribute.String("pool", name)
	only := metric.WithAttributes(pool)
	o.ObserveInt64(g.open, int64(s.InUse), metric.WithAttributes(pool, attribute.String("state", "used")))
	o.ObserveInt64(g.open, int64(s.Idle), metric.WithAttributes(pool, attribute.String("state", "idle")))
	o.ObserveInt64(g.limit, int64(s.MaxOpenConnections), only)
	o.ObserveInt64(g.waits, s.WaitCount, only)
	o.ObserveFloat64(g.waited, s.WaitDuration.Seconds(), only)
}
