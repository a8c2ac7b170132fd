package telemetry

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// sources are what is read when somebody scrapes. They outlive a Setup, so that parts may register before it.
type sources struct {
	hits, misses, rejected atomic.Int64
	streams                atomic.Int64
	degraded               atomic.Bool
	queue                  atomic.Pointer[hashQueue]
	backlog                atomic.Pointer[func() (ready, dead int64)]
	feedAge                atomic.Pointer[func() time.Duration]

	mu    sync.Mutex
	pools map[string]*sql.DB
}

type hashQueue struct{ waiting, running func() int64 }

// live are the sources of the process.
var live sources

// CacheLookup counts a lookup in the cache of verified tokens.
func CacheLookup(hit bool) {
	if hit {
		live.hits.Add(1)
	} else {
		live.misses.Add(1)
	}
}

// StreamOpened counts a stream of events that somebody follows, until StreamClosed.
func StreamOpened() { live.streams.Add(1) }

// StreamClosed is said once for each StreamOpened.
func StreamClosed() { live.streams.Add(-1) }

// EphemeralDegraded tells whether the ephemeral store does without Redis though it has one.
func EphemeralDegraded(yes bool) { live.degraded.Store(yes) }

// HashQueue registers how to ask for the hashes that wait and those that run. The last one registered counts.
func HashQueue(waiting, running func() int64) { live.queue.Store(&hashQueue{waiting, running}) }

// HashRejected counts a hash that was given up because its turn would have come too late.
func HashRejected(context.Context) { live.rejected.Add(1) }

// JobsBacklog registers how to ask for the jobs that are ready and those that are dead. It is called at each scrape.
func JobsBacklog(count func() (ready, dead int64)) { live.backlog.Store(&count) }

// FeedAge registers how to ask for the time since the last successful poll of the change feed.
func FeedAge(age func() time.Duration) { live.feedAge.Store(&age) }

// RegisterPool shows the statistics of a connection pool under a name, such as writer. A later pool of the same name
// takes its place. The returned function takes it off again.
func RegisterPool(name string, db *sql.DB) (remove func()) { return live.registerPool(name, db) }

func (s *sources) registerPool(name string, db *sql.DB) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pools == nil {
		s.pools = map[string]*sql.DB{}
	}
	s.pools[name] = db
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.pools[name] == db {
			delete(s.pools, name)
		}
	}
}

func label(key, value string) metric.ObserveOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
}

// observe has meter read s whenever somebody scrapes. What nobody registered is not shown.
func (s *sources) observe(meter metric.Meter, version string) error {
	m := maker{meter: meter}
	info := m.readGauge("tenantgate_build_info")
	lookups := m.readCounter("tenantgate_session_cache_lookups_total")
	degraded := m.readGauge("tenantgate_ephemeral_degraded")
	waiting, running := m.readGauge("tenantgate_hash_waiting"), m.readGauge("tenantgate_hash_running")
	rejected := m.readCounter("tenantgate_hash_rejected_total")
	backlog := m.readGauge("tenantgate_jobs_backlog")
	age := m.readAge("tenantgate_feed_age_seconds")
	streams := m.readGauge("tenantgate_event_streams")
	pools := newPoolGauges(&m)
	if err := m.err(); err != nil {
		return err
	}
	build, hit, miss := label("version", version), label("result", "hit"), label("result", "miss")
	ready, dead := label("state", "ready"), label("state", "dead")

	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(info, 1, build)
		o.ObserveInt64(lookups, s.hits.Load(), hit)
		o.ObserveInt64(lookups, s.misses.Load(), miss)
		o.ObserveInt64(degraded, oneIf(s.degraded.Load()))
		o.ObserveInt64(streams, s.streams.Load())
		o.ObserveInt64(rejected, s.rejected.Load())
		if q := s.queue.Load(); q != nil {
			o.ObserveInt64(waiting, q.waiting())
			o.ObserveInt64(running, q.running())
		}
		if count := s.backlog.Load(); count != nil {
			r, d := (*count)()
			o.ObserveInt64(backlog, r, ready)
			o.ObserveInt64(backlog, d, dead)
		}
		if f := s.feedAge.Load(); f != nil {
			o.ObserveFloat64(age, (*f)().Seconds())
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for name, db := range s.pools {
			pools.observe(o, name, db.Stats())
		}
		return nil
	}, append(pools.all(), info, lookups, degraded, streams, rejected, waiting, running, backlog, age)...)
	if err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}

func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
