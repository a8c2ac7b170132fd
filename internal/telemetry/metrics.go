package telemetry

import "github.com/prometheus/otlptranslator"

// Kind is the type of a metric, in Prometheus' words.
type Kind string

// The kinds.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Metric is one row of the table of metrics.
type Metric struct {
	Name    string
	Kind    Kind
	Labels  []string // without le
	Meaning string
}

// Metrics is every metric of the product. Beside them /metrics holds those of the Go runtime (go_…) and of the
// process (process_…).
var Metrics = []Metric{
	{"tenantgate_build_info", Gauge, []string{"version"}, "Always 1; the label tells which version runs"},

	{
		"tenantgate_flow_total", Counter,
		[]string{"flow", "outcome"},
		"Flows that ended, such as login; the outcome is ok or the code of the fault",
	},
	{"tenantgate_flow_duration_seconds", Histogram, []string{"flow"}, "How long flows took"},

	{
		"tenantgate_http_requests_total", Counter,
		[]string{"route", "method", "status"},
		"HTTP requests answered; the route is a pattern, or unmatched",
	},
	{"tenantgate_http_request_duration_seconds", Histogram, []string{"route", "method"}, "How long requests took"},

	{"tenantgate_event_streams", Gauge, nil, "Streams of events that are followed over WebSocket or SSE"},

	{"tenantgate_hash_waiting", Gauge, nil, "Password hashes that wait for a core"},
	{"tenantgate_hash_running", Gauge, nil, "Password hashes being computed"},
	{"tenantgate_hash_rejected_total", Counter, nil, "Password hashes given up because the queue was too long"},

	{
		"tenantgate_sql_statements_total", Counter,
		[]string{"kind", "outcome"},
		"SQL statements; the kind is query, exec, begin, commit, rollback or other, the outcome ok, error or canceled",
	},
	{"tenantgate_sql_duration_seconds", Histogram, []string{"kind"}, "How long SQL statements took"},
	{"tenantgate_sql_pool_connections", Gauge, []string{"pool", "state"}, "Open database connections, used or idle"},
	{"tenantgate_sql_pool_max_connections", Gauge, []string{"pool"}, "Most connections a pool opens; 0 is no limit"},
	{"tenantgate_sql_pool_waits_total", Counter, []string{"pool"}, "Times work waited for a database connection"},
	{"tenantgate_sql_pool_wait_seconds_total", Counter, []string{"pool"}, "Time spent waiting for a connection"},

	{"tenantgate_ephemeral_degraded", Gauge, nil, "1 while Redis is away and its work is done in the process or in SQL"},
	{"tenantgate_ephemeral_operations_total", Counter, []string{"op", "outcome"}, "Operations on the ephemeral store"},

	{"tenantgate_jobs_total", Counter, []string{"kind", "outcome"}, "Jobs tried, by how the try ended"},
	{"tenantgate_job_duration_seconds", Histogram, []string{"kind"}, "How long tries of jobs took"},
	{"tenantgate_jobs_backlog", Gauge, []string{"state"}, "Jobs that are ready to run, or dead after their last try"},
	{"tenantgate_mails_total", Counter, []string{"outcome"}, "Mails handed to the mail server, by how that ended"},

	{
		"tenantgate_feed_age_seconds", Gauge, nil,
		"Time since the last successful poll of the change feed; beyond 1 s caches are bypassed",
	},
	{
		"tenantgate_session_cache_lookups_total", Counter,
		[]string{"result"},
		"Lookups in the cache of verified tokens, hit or miss",
	},
}

// translation keeps names as the table has them and gives those of the Go runtime their units.
var translation = otlptranslator.UnderscoreEscapingWithSuffixes

// meaning returns what the table says of a metric. A metric outside it is a mistake of the programmer.
func meaning(name string, kind Kind) string {
	for _, m := range Metrics {
		if m.Name == name && m.Kind == kind {
			return m.Meaning
		}
	}
	panic("telemetry: no " + string(kind) + " named " + name + " in Metrics")
}
