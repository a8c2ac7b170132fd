package events

import (
	"context"

	"github.com/maypok86/otter/v2"

	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// Cache keeps what was read from the database for as long as the feed confirms it. While the feed is not fresh, it
// answers nothing and every read goes to the database.
type Cache[K comparable, V any] struct {
	feed    *Feed
	entries *otter.Cache[K, V]
}

// NewCache returns a cache of at most size entries. It is called before the feed runs. Its owner listens to the feed and
// drops what changed.
func NewCache[K comparable, V any](feed *Feed, size int) *Cache[K, V] {
	c := &Cache[K, V]{feed: feed, entries: otter.Must(&otter.Options[K, V]{MaximumSize: size})}
	feed.caches = append(feed.caches, c.Clear)
	return c
}

// Peek returns an entry if it is there and confirmed.
func (c *Cache[K, V]) Peek(key K) (V, bool) {
	if !c.feed.Fresh() {
		var none V
		return none, false
	}
	return c.entries.GetIfPresent(key)
}

// Get returns the entry, or loads and keeps it.
func (c *Cache[K, V]) Get(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	v, ok := c.Peek(key)
	telemetry.CacheLookup(ok)
	if ok {
		return v, nil
	}
	epoch := c.feed.Epoch()
	v, err := load(ctx)
	if err != nil {
		return v, err
	}
	c.Keep(key, v, epoch)
	return v, nil
}

// Keep stores what was loaded after epoch was read from the feed, unless a change was heard since.
func (c *Cache[K, V]) Keep(key K, v V, epoch uint64) {
	c.feed.keeping.RLock()
	defer c.feed.keeping.RUnlock()
	if c.feed.Epoch() == epoch {
		c.entries.Set(key, v)
	}
}

// Drop forgets an entry.
func (c *Cache[K, V]) Drop(key K) { c.entries.Invalidate(key) }

// Clear forgets all.
func (c *Cache[K, V]) Clear() { c.entries.InvalidateAll() }
