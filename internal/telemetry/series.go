package telemetry

import (
	"maps"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// maxSeries bounds the combinations of labels of one metric that are told apart, far above what correct callers
// produce. It keeps a caller that labels with outside text from filling the memory.
const maxSeries = 4000

// memo computes a value once per key and finds it again without a lock or an allocation.
type memo[K comparable, V any] struct {
	known atomic.Pointer[map[K]V]
	mu    sync.Mutex
	value func(K) V
	limit int
	spill func(K) K // stands in for keys that come after limit others
}

func newMemo[K comparable, V any](limit int, spill func(K) K, value func(K) V) *memo[K, V] {
	m := &memo[K, V]{value: value, limit: limit, spill: spill}
	m.known.Store(&map[K]V{})
	return m
}

func (m *memo[K, V]) get(k K) V {
	if v, ok := (*m.known.Load())[k]; ok {
		return v
	}
	return m.add(k)
}

func (m *memo[K, V]) add(k K) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := *m.known.Load()
	if v, ok := known[k]; ok {
		return v
	}
	if len(known) >= m.limit {
		return m.value(m.spill(k))
	}
	grown := make(map[K]V, len(known)+1)
	maps.Copy(grown, known)
	v := m.value(k)
	grown[k] = v
	m.known.Store(&grown)
	return v
}

// point is a place in a counter and in the histogram beside it, ready to be used.
type point struct {
	add    []metric.AddOption
	record []metric.RecordOption
}

// newPoint takes the labels of the counter; the histogram has the first few of them only, since each of its
// combinations costs a series per bucket.
func newPoint(histogram int, labels ...attribute.KeyValue) point {
	return point{
		add:    []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(labels...))},
		record: []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(labels[:histogram]...))},
	}
}

// pair is two labels.
type pair struct{ first, second string }

// pairs remembers points with two labels, the first of which the histogram has as well.
func pairs(first, second string) *memo[pair, point] {
	other := func(pair) pair { return pair{"other", "other"} }
	return newMemo(maxSeries, other, func(p pair) point {
		return newPoint(1, attribute.String(first, p.first), attribute.String(second, p.second))
	})
}
