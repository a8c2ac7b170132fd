package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace/noop"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"modernc.org/sqlite"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// collector is an OTLP receiver.
type collector struct {
	mu      sync.Mutex
	spans   []*spanpb.Span
	metrics []string
	raw     bytes.Buffer
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(raw)
	switch r.URL.Path {
	case "/v1/traces":
		var in tracepb.ExportTraceServiceRequest
		if err := proto.Unmarshal(raw, &in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, resource := range in.ResourceSpans {
			for _, of := range resource.ScopeSpans {
				c.spans = append(c.spans, of.Spans...)
			}
		}
	case "/v1/metrics":
		var in metricspb.ExportMetricsServiceRequest
		if err := proto.Unmarshal(raw, &in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, resource := range in.ResourceMetrics {
			for _, of := range resource.ScopeMetrics {
				for _, m := range of.Metrics {
					c.metrics = append(c.metrics, m.Name)
				}
			}
		}
	default:
		http.NotFound(w, r)
	}
}

func (c *collector) span(t *testing.T, name string) *spanpb.Span {
	t.Helper()
	for _, s := range c.spans {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no span %q among %v", name, c.spans)
	return nil
}

// memoryDB opens SQLite databases that live in memory.
type memoryDB struct{}

func (memoryDB) Connect(context.Context) (driver.Conn, error) {
	return new(sqlite.Driver).Open("file::memory:")
}
func (memoryDB) Driver() driver.Driver { return new(sqlite.Driver) }

func TestSpansAndMetricsReachACollector(t *testing.T) {
	clearOTLP(t)
	c := new(collector)
	server := httptest.NewServer(c)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	var log bytes.Buffer
	tel, err := start(t.Context(), Options{Version: "1.2.3", Instance: "pod-7", Out: &log}, new(sources))
	if err != nil {
		t.Fatal(err)
	}

	tenant := uuid.MustParse("0198a000-0000-7000-8000-000000000001")
	h := http.Header{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}
	ctx, done := tel.startRequest(tenancy.With(t.Context(), tenant), h, "POST", "/t/:slug/v1/login")
	ctx, end := tel.flow(ctx, "login")
	tel.Logger().InfoContext(ctx, "within")
	db := tel.openDB(memoryDB{}, "sqlite")
	defer db.Close()
	var n int
	if err := db.QueryRowContext(ctx, "SELECT length(?)", canary).Scan(&n); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(ctx, "INSERT INTO "+strings.ReplaceAll(canary, "-", "_")+" VALUES (?)", canary)
	if err == nil {
		t.Fatal("inserted into nothing")
	}
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	refused := error(fault.New(fault.InvalidCredentials).Because(err))
	end(&refused)
	done(401)
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	request, flow := c.span(t, "POST /t/:slug/v1/login"), c.span(t, "flow login")
	query := c.span(t, "sql.conn.query")
	if got := hex.EncodeToString(request.TraceId); got != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("the trace of the caller is not taken up: %s", got)
	}
	if !bytes.Equal(flow.ParentSpanId, request.SpanId) || !bytes.Equal(query.ParentSpanId, flow.SpanId) {
		t.Error("spans are not nested")
	}
	attributes := map[string]string{}
	for _, a := range flow.Attributes {
		attributes[a.Key] = a.Value.GetStringValue()
	}
	if attributes["outcome"] != "invalid_credentials" || attributes["tenant"] != tenant.String() {
		t.Errorf("flow span has %v", attributes)
	}
	if len(c.spans) != 5 {
		t.Errorf("%d spans, want request, flow, connect, query, exec, none without a parent: %v", len(c.spans), c.spans)
	}
	if !slices.Contains(c.metrics, "tenantgate_flow_total") {
		t.Errorf("metrics: %v", c.metrics)
	}
	for _, want := range []string{"pod-7", "1.2.3"} {
		if !bytes.Contains(c.raw.Bytes(), []byte(want)) {
			t.Errorf("the resource lacks %s", want)
		}
	}
	for _, secret := range []string{canary, "canary_4711", "INSERT", "SELECT"} {
		if bytes.Contains(c.raw.Bytes(), []byte(secret)) {
			t.Errorf("exported %s", secret)
		}
	}
	if !strings.Contains(log.String(), `"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"`) {
		t.Errorf("the log does not name the trace: %s", log.String())
	}
}

func TestTracingTakesOverTheProcess(t *testing.T) {
	clearOTLP(t)
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	c := new(collector)
	server := httptest.NewServer(c)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.URL+"/v1/traces")
	tel, err := Setup(t.Context(), Options{Out: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	if !Tracing() {
		t.Error("tracing is off")
	}
	_, end := Flow(t.Context(), "refresh")
	end(nil)
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.span(t, "flow refresh")
	if len(c.metrics) != 0 {
		t.Errorf("metrics were sent without an endpoint: %v", c.metrics)
	}
}

func BenchmarkStatement(b *testing.B) {
	run := func(b *testing.B, db *sql.DB) {
		defer db.Close()
		db.SetMaxOpenConns(1)
		stmt := "SELECT 1"
		var n int
		b.ReportAllocs()
		for b.Loop() {
			if err := db.QueryRowContext(b.Context(), stmt).Scan(&n); err != nil {
				b.Fatal(err)
			}
		}
	}
	tel := isolated(b, new(sources))
	b.Run("plain", func(b *testing.B) { run(b, tel.openDB(memoryDB{}, "sqlite")) })
	b.Run("wrapped", func(b *testing.B) { run(b, tracedDB(memoryDB{}, noop.NewTracerProvider(), "sqlite")) })
}
