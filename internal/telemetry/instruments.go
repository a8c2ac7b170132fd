package telemetry

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Bounds of the histograms, in seconds.
var (
	requestBounds = []float64{
		.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10,
	}
	statementBounds = []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5}
	jobBounds       = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
)

// instruments are what callers record to as things happen. What is read on demand is in sources.
type instruments struct {
	flows        metric.Int64Counter
	flowTime     metric.Float64Histogram
	flowPoints   *memo[pair, point]
	requests     metric.Int64Counter
	requestTime  metric.Float64Histogram
	httpPoints   *memo[httpKey, point]
	statements   metric.Int64Counter
	stmtTime     metric.Float64Histogram
	sqlPoints    *memo[pair, point]
	ephemeralOps metric.Int64Counter
	opPoints     *memo[pair, point]
	jobs         metric.Int64Counter
	jobTime      metric.Float64Histogram
	jobPoints    *memo[pair, point]
	mails        metric.Int64Counter
	mailPoints   *memo[string, point]
}

func newInstruments(meter metric.Meter) (*instruments, error) {
	m := maker{meter: meter}
	i := &instruments{
		flows:        m.counter("tenantgate_flow_total"),
		flowTime:     m.histogram("tenantgate_flow_duration_seconds", requestBounds),
		flowPoints:   pairs("flow", "outcome"),
		requests:     m.counter("tenantgate_http_requests_total"),
		requestTime:  m.histogram("tenantgate_http_request_duration_seconds", requestBounds),
		httpPoints:   newMemo(maxSeries, httpKey.spill, httpKey.point),
		statements:   m.counter("tenantgate_sql_statements_total"),
		stmtTime:     m.histogram("tenantgate_sql_duration_seconds", statementBounds),
		sqlPoints:    pairs("kind", "outcome"),
		ephemeralOps: m.counter("tenantgate_ephemeral_operations_total"),
		opPoints:     pairs("op", "outcome"),
		jobs:         m.counter("tenantgate_jobs_total"),
		jobTime:      m.histogram("tenantgate_job_duration_seconds", jobBounds),
		jobPoints:    pairs("kind", "outcome"),
		mails:        m.counter("tenantgate_mails_total"),
		mailPoints: newMemo(maxSeries, func(string) string { return "other" }, func(outcome string) point {
			return newPoint(0, attribute.String("outcome", outcome))
		}),
	}
	return i, m.err()
}

// maker makes instruments as the table of metrics describes them and collects what went wrong.
type maker struct {
	meter metric.Meter
	errs  []error
}

func (m *maker) err() error {
	if err := errors.Join(m.errs...); err != nil {
		return fmt.Errorf("make metrics: %w", err)
	}
	return nil
}

func made[I any](m *maker, i I, err error) I {
	if err != nil {
		m.errs = append(m.errs, err)
	}
	return i
}

func (m *maker) counter(name string) metric.Int64Counter {
	i, err := m.meter.Int64Counter(name, metric.WithDescription(meaning(name, Counter)))
	return made(m, i, err)
}

func (m *maker) histogram(name string, bounds []float64) metric.Float64Histogram {
	i, err := m.meter.Float64Histogram(name, metric.WithDescription(meaning(name, Histogram)), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(bounds...))
	return made(m, i, err)
}

func (m *maker) readCounter(name string) metric.Int64ObservableCounter {
	i, err := m.meter.Int64ObservableCounter(name, metric.WithDescription(meaning(name, Counter)))
	return made(m, i, err)
}

func (m *maker) readSeconds(name string) metric.Float64ObservableCounter {
	i, err := m.meter.Float64ObservableCounter(name, metric.WithDescription(meaning(name, Counter)),
		metric.WithUnit("s"))
	return made(m, i, err)
}

func (m *maker) readGauge(name string) metric.Int64ObservableGauge {
	i, err := m.meter.Int64ObservableGauge(name, metric.WithDescription(meaning(name, Gauge)))
	return made(m, i, err)
}

func (m *maker) readAge(name string) metric.Float64ObservableGauge {
	i, err := m.meter.Float64ObservableGauge(name, metric.WithDescription(meaning(name, Gauge)), metric.WithUnit("s"))
	return made(m, i, err)
}
