package telemetry

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // a pool to look at

	"github.com/tenantgate/tenantgate/internal/fault"
)

// scrape returns what /metrics answers, line by line, comments included.
func scrape(t *testing.T, tel *Telemetry) []string {
	t.Helper()
	w := httptest.NewRecorder()
	tel.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return strings.Split(strings.TrimSpace(w.Body.String()), "\n")
}

// exposed reads types and label names out of a scrape, as a table like Metrics.
func exposed(lines []string) map[string]Metric {
	found := map[string]Metric{}
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, text, _ := strings.Cut(rest, " ")
			found[name] = Metric{Name: name, Meaning: text}
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(rest, " ")
			m := found[name]
			m.Kind = Kind(kind)
			found[name] = m
		}
	}
	for _, line := range lines {
		name, labels, _ := strings.Cut(line, "{")
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if m, ok := found[strings.TrimSuffix(name, suffix)]; ok && m.Kind == Histogram {
				name = m.Name
			}
		}
		m, ok := found[name]
		if !ok || m.Labels != nil {
			continue
		}
		labels, _, _ = strings.Cut(labels, "}")
		for _, l := range strings.Split(labels, ",") {
			if key, _, ok := strings.Cut(l, "="); ok && key != "le" {
				m.Labels = append(m.Labels, key)
			}
		}
		slices.Sort(m.Labels)
		found[name] = m
	}
	return found
}

// everything makes one of each metric happen.
func everything(t *testing.T, tel *Telemetry, s *sources) {
	ctx := t.Context()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(3)
	s.registerPool("writer", db)
	s.hits.Add(2)
	s.degraded.Store(true)
	s.queue.Store(&hashQueue{func() int64 { return 4 }, func() int64 { return 2 }})
	count := func() (int64, int64) { return 7, 1 }
	s.backlog.Store(&count)
	age := func() time.Duration { return 250 * time.Millisecond }
	s.feedAge.Store(&age)
	_, end := tel.flow(ctx, "login")
	end(nil)
	tel.observeRequest(ctx, "/me", "GET", 200, time.Millisecond)
	tel.observeSQL(ctx, "query", time.Millisecond, nil)
	tel.observeEphemeral("take", "ok")
	tel.jobDone(ctx, "mail", "ok", time.Millisecond)
	tel.mailSent(ctx, "ok")
}

func TestMetricsAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	s := new(sources)
	tel := isolated(t, s)
	everything(t, tel, s)
	got := exposed(scrape(t, tel))
	maps.DeleteFunc(got, func(name string, _ Metric) bool {
		return strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_")
	})
	want := map[string]Metric{}
	for _, m := range Metrics {
		if !strings.HasPrefix(m.Name, "tenantgate_") {
			t.Errorf("%s does not start with tenantgate_", m.Name)
		}
		m.Labels = slices.Sorted(slices.Values(m.Labels))
		want[m.Name] = m
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table and /metrics (-table +exposed):\n%s", diff)
	}
}

func TestAScrapeShowsWhatHappened(t *testing.T) {
	t.Parallel()
	s := new(sources)
	tel := isolated(t, s)
	everything(t, tel, s)
	lines := scrape(t, tel)
	for _, want := range []string{
		`tenantgate_build_info{version="1.2.3"} 1`,
		`tenantgate_flow_total{flow="login",outcome="ok"} 1`,
		`tenantgate_flow_duration_seconds_count{flow="login"} 1`,
		`tenantgate_http_requests_total{method="GET",route="/me",status="200"} 1`,
		`tenantgate_http_request_duration_seconds_bucket{method="GET",route="/me",le="0.001"} 1`,
		`tenantgate_hash_waiting 4`,
		`tenantgate_hash_running 2`,
		`tenantgate_sql_pool_max_connections{pool="writer"} 3`,
		`tenantgate_ephemeral_degraded 1`,
		`tenantgate_jobs_backlog{state="dead"} 1`,
		`tenantgate_jobs_backlog{state="ready"} 7`,
		`tenantgate_feed_age_seconds 0.25`,
		`tenantgate_session_cache_lookups_total{result="hit"} 2`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("missing %s", want)
		}
	}
	for _, prefix := range []string{"go_goroutine_count ", "go_memory_used_bytes{", "process_"} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, prefix) }) {
			t.Errorf("no metric %s", prefix)
		}
	}
}

func TestAFlowCountsWhatItReturns(t *testing.T) {
	t.Parallel()
	tel := isolated(t, new(sources))
	run := func(f func() error) (err error) {
		defer func() { recover() }()
		_, end := tel.flow(t.Context(), "login")
		defer end(&err)
		return f()
	}
	run(func() error { return nil })
	run(func() error { return errors.Join(errors.New("open session"), fault.New(fault.WrongCode)) })
	run(func() error { return errors.New("disk full") })
	run(func() error { panic("nil map") })
	lines := scrape(t, tel)
	for _, want := range []string{
		`tenantgate_flow_total{flow="login",outcome="ok"} 1`,
		`tenantgate_flow_total{flow="login",outcome="wrong_code"} 1`,
		`tenantgate_flow_total{flow="login",outcome="internal"} 2`,
		`tenantgate_flow_duration_seconds_count{flow="login"} 4`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("missing %s", want)
		}
	}
}

func TestAPanicInAFlowGoesOn(t *testing.T) {
	t.Parallel()
	tel := isolated(t, new(sources))
	defer func() {
		if r := recover(); r != "nil map" {
			t.Errorf("recovered %v", r)
		}
	}()
	_, end := tel.flow(t.Context(), "login")
	defer end(new(error))
	panic("nil map")
}

func TestWhatTheSenderChoosesIsNoLabel(t *testing.T) {
	t.Parallel()
	tel := isolated(t, new(sources))
	tel.observeRequest(t.Context(), "", "BREW", 999, time.Second)
	tel.observeSQL(t.Context(), "vacuum", time.Second, context.Canceled)
	tel.observeSQL(t.Context(), "query", time.Second, sql.ErrNoRows)
	tel.observeSQL(t.Context(), "query", time.Second, errors.New("syntax"))
	lines := scrape(t, tel)
	for _, want := range []string{
		`tenantgate_http_requests_total{method="other",route="unmatched",status="other"} 1`,
		`tenantgate_sql_statements_total{kind="other",outcome="canceled"} 1`,
		`tenantgate_sql_statements_total{kind="query",outcome="ok"} 1`,
		`tenantgate_sql_statements_total{kind="query",outcome="error"} 1`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("missing %s", want)
		}
	}
}

func TestLabelsAreBoundedThoughACallerMixesInOutsideText(t *testing.T) {
	t.Parallel()
	m := newMemo(3, func(string) string { return "spill" }, strings.ToUpper)
	for _, k := range []string{"a", "b", "c"} {
		if got, want := m.get(k), strings.ToUpper(k); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, k := range []string{"d", "e"} {
		if got := m.get(k); got != "SPILL" {
			t.Errorf("%s became %s", k, got)
		}
	}
	if got, n := m.get("a"), len(*m.known.Load()); got != "A" || n != 3 {
		t.Errorf("got %s with %d known", got, n)
	}
}

func TestAPoolLeavesWhenItIsTakenOff(t *testing.T) {
	t.Parallel()
	s := new(sources)
	first, second := new(sql.DB), new(sql.DB)
	removeFirst := s.registerPool("writer", first)
	removeSecond := s.registerPool("writer", second)
	removeFirst()
	if s.pools["writer"] != second {
		t.Error("the end of an old pool took off its successor")
	}
	removeSecond()
	if len(s.pools) != 0 {
		t.Errorf("left: %v", s.pools)
	}
}
