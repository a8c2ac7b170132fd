package events

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

// freshNow makes a feed fresh as a poll would.
func (f *Feed) freshNow() { f.polled.Store(int64(clock.Elapsed())) }

// loads counts how often a cache had to load.
type loads struct{ n int }

func (l *loads) load(context.Context) (int, error) {
	l.n++
	return l.n, nil
}

func TestACacheIsBypassedWhileTheFeedIsNotFresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		feed := NewFeed(nil, nil)
		cache, from := NewCache[string, int](feed, 10), &loads{}
		get := func() int {
			v, err := cache.Get(t.Context(), "key", from.load)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if first, second := get(), get(); first != 1 || second != 2 {
			t.Error("answered from the cache before the first poll")
		}
		feed.freshNow()
		if first, second := get(), get(); first != 2 || second != 2 {
			t.Error("what was loaded before the poll, and not changed since, is not used")
		}
		time.Sleep(freshFor + 1)
		if _, ok := cache.Peek("key"); ok || get() != 3 {
			t.Error("answered from the cache a second after the last poll")
		}
		feed.freshNow()
		if get() != 3 {
			t.Error("a fresh feed does not confirm what is kept")
		}
	})
}

func TestAChangeBetweenLoadAndKeepLeavesNoStaleEntry(t *testing.T) {
	t.Parallel()
	feed := NewFeed(nil, nil)
	cache := NewCache[string, int](feed, 10)
	feed.Listen(func(Change) { cache.Drop("key") })
	feed.freshNow()
	v, err := cache.Get(t.Context(), "key", func(context.Context) (int, error) {
		feed.Announce(Change{Type: TenantChanged})
		return 1, nil
	})
	if v != 1 || err != nil {
		t.Fatal(v, err)
	}
	feed.freshNow()
	if v, ok := cache.Peek("key"); ok {
		t.Errorf("kept %d, which a change may have made stale", v)
	}
	if _, err := cache.Get(t.Context(), "key", func(context.Context) (int, error) { return 0, errors.New("outage") }); err == nil {
		t.Error("the error of loading is lost")
	}
}

func TestNoStaleEntryIsSeenAfterAChangeWasAnnounced(t *testing.T) {
	t.Parallel()
	feed := NewFeed(nil, nil)
	cache := NewCache[string, int64](feed, 10)
	feed.Listen(func(Change) { cache.Drop("key") })
	var truth atomic.Int64
	load := func(context.Context) (int64, error) { return truth.Load(), nil }
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				before := truth.Load() - 1 // the change under way may not be announced yet
				if v, _ := cache.Get(context.Background(), "key", load); v < before {
					t.Errorf("read %d when %d was announced", v, before)
					return
				}
			}
		})
	}
	for i := range int64(3_000) {
		feed.freshNow()
		truth.Store(i + 1)
		feed.Announce(Change{Type: TenantChanged})
		if v, _ := cache.Get(context.Background(), "key", load); v != i+1 {
			t.Errorf("read %d after %d was announced", v, i+1)
			break
		}
	}
	close(done)
	readers.Wait()
}

func TestAfterAGapTooLongForTheWindowTheCachesForgetAll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		feed := NewFeed(db, nil)
		cache, other := NewCache[string, int](feed, 10), NewCache[int, string](feed, 10)
		fill := func() uint64 {
			poll(t, feed)
			cache.Keep("key", 1, feed.Epoch())
			other.Keep(1, "one", feed.Epoch())
			return feed.Epoch()
		}
		epoch := fill()
		feed.polled.Store(int64(clock.Elapsed() - longestGap + 2*time.Second))
		poll(t, feed)
		if _, ok := cache.Peek("key"); !ok || feed.Epoch() != epoch {
			t.Error("a gap that the window covers emptied the cache")
		}
		feed.polled.Store(int64(clock.Elapsed() - longestGap))
		poll(t, feed)
		_, ok := cache.Peek("key")
		_, otherOK := other.Peek(1)
		if ok || otherOK || feed.Epoch() == epoch {
			t.Error("entries outlived a gap in which changes may have gone by unheard")
		}
		cache.Keep("key", 1, epoch)
		if _, ok := cache.Peek("key"); ok {
			t.Error("what was loaded before the gap was kept after it")
		}
	})
}
