package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what a run has found.
type report struct {
	At       time.Time `json:"at"`
	Go       string    `json:"go"`
	CPU      string    `json:"cpu"`
	Cores    int       `json:"cores"`
	Run      string    `json:"run"`
	Busy     string    `json:"load_average"` // of the machine before the run: what others do is in the figures too
	Load     []loadRow `json:"load"`
	Promises []promise `json:"promises"`
	Notes    []string  `json:"notes"`
}

// loadRow is one thing at one number of clients. Times are medians over the rounds, in microseconds.
type loadRow struct {
	Database string  `json:"database"`
	What     string  `json:"what"`
	Clients  int     `json:"clients"`
	Rate     float64 `json:"per_second"`
	P50      float64 `json:"p50_us,omitempty"` // 0 for bare parts
	P99      float64 `json:"p99_us,omitempty"`
	CPU      float64 `json:"cpu_us"`
	Server   float64 `json:"cpu_server_us"`
	Postgres float64 `json:"cpu_postgres_us"`
	Redis    float64 `json:"cpu_redis_us"`
	Refused  int     `json:"refused,omitempty"`
}

// promise is a figure with its bar.
type promise struct {
	What  string  `json:"what"`
	Unit  string  `json:"unit,omitempty"`
	Value float64 `json:"value"`
	Most  float64 `json:"most"`
	Kept  bool    `json:"kept"`
}

func newReport(s sizes) *report {
	busy, _ := os.ReadFile("/proc/loadavg")
	return &report{
		At: time.Now().UTC(), Go: runtime.Version(), CPU: cpuModel(), Cores: runtime.NumCPU(), Run: s.Name,
		Busy: strings.TrimSpace(string(busy)), Load: []loadRow{}, Promises: []promise{}, Notes: []string{},
	}
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// exact is how far beyond a bar a figure may be for rounding's sake.
const exact = 0.005

func (r *report) atMost(what, unit string, value, most float64) {
	r.Promises = append(r.Promises, promise{what, unit, value, most, value <= most+exact})
}

func (r *report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

func (r *report) load(database string, all samples) {
	var rows []loadRow
	for key, some := range all {
		row := loadRow{
			Database: database, What: key.what, Clients: key.clients,
			CPU:      microseconds(all.cost(key.what, key.clients)),
			Server:   microseconds(all.share("server", key.what, key.clients)),
			Postgres: microseconds(all.share("postgres", key.what, key.clients)),
			Redis:    microseconds(all.share("redis", key.what, key.clients)),
			P50:      microseconds(medianOf(some, func(s sample) time.Duration { return s.percentile(50) })),
			P99:      microseconds(medianOf(some, func(s sample) time.Duration { return s.percentile(99) })),
		}
		var rates []float64
		for _, s := range some {
			rates = append(rates, float64(s.requests-s.refused)/s.took.Seconds())
			row.Refused += s.refused
		}
		row.Rate = median(rates)
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b loadRow) int {
		return cmp.Or(strings.Compare(a.What, b.What), cmp.Compare(a.Clients, b.Clients))
	})
	r.Load = append(r.Load, rows...)
}

// percentile is 0 where latencies were not taken.
func (s sample) percentile(p int) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.latencies[min(len(s.latencies)*p/100, len(s.latencies)-1)]
}

// print writes the report for people.
func (r *report) print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %s, %s run, load average before %s\n\n", r.CPU, r.Cores, r.Go, r.Run, r.Busy)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "database\twhat\tclients\tper second\tp50 µs\tp99 µs\tCPU µs\tserver\tpostgres\tredis\trefused\t")
	for _, l := range r.Load {
		fmt.Fprintf(table, "%s\t%s\t%d\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n", l.Database, l.What, l.Clients,
			l.Rate, l.P50, l.P99, l.CPU, l.Server, l.Postgres, l.Redis, l.Refused)
	}
	_ = table.Flush() // b keeps all in memory
	fmt.Fprintln(&b)
	table = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "promise\tmeasured\tat most\t")
	for _, p := range r.Promises {
		verdict := "ok"
		if !p.Kept {
			verdict = "missed"
		}
		fmt.Fprintf(table, "%s\t%.2f %s\t%.4g\t%s\n", p.What, p.Value, p.Unit, p.Most, verdict)
	}
	_ = table.Flush()
	fmt.Fprintln(&b)
	for _, note := range r.Notes {
		fmt.Fprintln(&b, note)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
