package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	apitrace "go.opentelemetry.io/otel/trace"
)

// scope names this package as the source of its metrics and spans.
const scope = "github.com/tenantgate/tenantgate/internal/telemetry"

// Options says who is observed and where the log goes.
type Options struct {
	Version  string // of the program, in tenantgate_build_info and in traces
	Instance string // tells replicas apart in logs and traces; may be empty

	LogLevel  slog.Level
	LogFormat string    // json, text, or auto: text where Out is a terminal, else json. Empty is auto
	Out       io.Writer // of the log; os.Stderr if nil
}

// Telemetry is what one Setup made.
type Telemetry struct {
	logger   *slog.Logger
	level    *slog.LevelVar
	metrics  http.Handler
	tracer   apitrace.Tracer         // nil without tracing
	provider apitrace.TracerProvider // nil without tracing
	*instruments
	stop []func(context.Context) error
}

// current is where the functions of the package record; nil before Setup.
var current atomic.Pointer[Telemetry]

// TraceContext alone: baggage would carry whatever a stranger sends on to Redis, webhooks and the like.
var propagator propagation.TextMapPropagator = propagation.TraceContext{}

// Setup starts the log, the metrics and, where an OTLP endpoint is set, traces, and makes them those of the whole
// process: the default of slog and the target of this package's functions. OTLP is spoken over HTTP with protobuf,
// configured by the OTEL_* variables alone; without an endpoint nothing runs in the background or is dialled.
// A later Setup replaces an earlier one.
func Setup(ctx context.Context, o Options) (*Telemetry, error) {
	t, err := start(ctx, o, &live)
	if err != nil {
		return nil, err
	}
	slog.SetDefault(t.logger)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("telemetry export", "error", err) }))
	if t.provider != nil {
		otel.SetTracerProvider(t.provider) // redisotel and its like read the global
		otel.SetTextMapPropagator(propagator)
	}
	current.Store(t)
	return t, nil
}

// start does what Setup says but leaves the process alone.
func start(ctx context.Context, o Options, from *sources) (_ *Telemetry, err error) {
	t := &Telemetry{level: new(slog.LevelVar)}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Shutdown(ctx))
		}
	}()
	if o.Out == nil {
		o.Out = os.Stderr
	}
	send, err := otlpFromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	if t.logger, err = newLogger(o, t.level, send.traces); err != nil {
		return nil, err
	}
	own, err := describe(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("describe the process to OpenTelemetry: %w", err)
	}

	if send.traces {
		traces, err := t.openTraces(ctx, own)
		if err != nil {
			return nil, err
		}
		t.provider, t.tracer = traces, traces.Tracer(scope)
	}
	meters, err := t.openMetrics(ctx, own, send)
	if err != nil {
		return nil, err
	}
	if t.instruments, err = newInstruments(meters.Meter(scope)); err != nil {
		return nil, err
	}
	if err := from.observe(meters.Meter(scope), o.Version); err != nil {
		return nil, err
	}
	if err := runtime.Start(runtime.WithMeterProvider(meters)); err != nil {
		return nil, fmt.Errorf("start Go runtime metrics: %w", err)
	}
	return t, nil
}

// openMetrics opens what Prometheus scrapes and, where it is wanted, what is sent to a collector.
func (t *Telemetry) openMetrics(ctx context.Context, r *resource.Resource, send otlp) (*metric.MeterProvider, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})); err != nil {
		return nil, fmt.Errorf("register process metrics: %w", err)
	}
	scraped, err := promexporter.New(promexporter.WithRegisterer(registry), promexporter.WithoutScopeInfo(),
		promexporter.WithoutTargetInfo(), promexporter.WithTranslationStrategy(translation))
	if err != nil {
		return nil, fmt.Errorf("open the Prometheus exporter: %w", err)
	}
	options := []metric.Option{
		metric.WithReader(scraped), metric.WithResource(r), metric.WithCardinalityLimit(2 * maxSeries),
	}
	if !send.traces {
		options = append(options, metric.WithExemplarFilter(exemplar.AlwaysOffFilter))
	}
	if send.metrics {
		exporter, err := otlpmetrichttp.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("open the OTLP metric exporter: %w", err)
		}
		options = append(options, metric.WithReader(metric.NewPeriodicReader(exporter)))
	}
	meters := metric.NewMeterProvider(options...)
	t.stop = append(t.stop, meters.Shutdown)
	t.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4,
		ErrorLog: slog.NewLogLogger(t.logger.Handler(), slog.LevelWarn),
	})
	return meters, nil
}

func (t *Telemetry) openTraces(ctx context.Context, r *resource.Resource) (*trace.TracerProvider, error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the OTLP trace exporter: %w", err)
	}
	traces := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(r))
	t.stop = append(t.stop, traces.Shutdown)
	return traces, nil
}

// Logger writes to the log; it is also the default of slog.
func (t *Telemetry) Logger() *slog.Logger { return t.logger }

// SetLevel changes what is logged from now on.
func (t *Telemetry) SetLevel(l slog.Level) { t.level.Set(l) }

// Handler answers Prometheus scrapes.
func (t *Telemetry) Handler() http.Handler { return t.metrics }

// Shutdown sends what is still held back and stops recording. Give it a deadline: it waits for an absent
// collector. The log stays open for last words.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	current.CompareAndSwap(t, nil)
	var errs []error
	for _, stop := range t.stop {
		if err := stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("flush telemetry: %w", err))
		}
	}
	t.stop = nil
	return errors.Join(errs...)
}

// Tracing reports whether spans are recorded. Instrumentation that costs something is worth installing only then.
func Tracing() bool {
	t := current.Load()
	return t != nil && t.tracer != nil
}
