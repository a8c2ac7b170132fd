// Package memory is the ephemeral store of a single process: for one node, for tests, and for the time in which Redis
// is down. What it holds is bounded and ends with the process.
package memory

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/fanout"
)

// DefaultKeys is a bound for New that suits a server: some 20 MB when full.
const DefaultKeys = 100_000

// sampled is how many buckets each new one looks at for drained ones to drop. Each new bucket may remove several, so
// drained ones stay a small part of what is held.
const sampled = 4

// Store implements ephemeral.Store.
type Store struct {
	now     clock.Clock
	maxKeys int
	hub     *fanout.Hub

	mu      sync.Mutex
	buckets map[ephemeral.Key]*list.Element
	used    *list.List // of *bucket, the one used last in front
	closed  bool
}

// bucket is drained at its time in Unix microseconds (the "theoretical arrival time" of the algorithm).
type bucket struct {
	key     ephemeral.Key
	drained int64
}

// New returns an empty store that keeps at most maxKeys buckets. Beyond that, the one unused for longest goes.
func New(now clock.Clock, maxKeys int) *Store {
	return &Store{
		now:     now,
		maxKeys: max(1, maxKeys),
		hub:     fanout.New(nil),
		buckets: map[ephemeral.Key]*list.Element{},
		used:    list.New(),
	}
}

// Take counts one event.
func (s *Store) Take(ctx context.Context, key ephemeral.Key, l ephemeral.Limit) (time.Duration, error) {
	_, wait, err := s.TakeN(ctx, key, l, 1)
	return wait, err
}

// TakeN counts n events, all or none.
func (s *Store) TakeN(ctx context.Context, key ephemeral.Key, l ephemeral.Limit, n int) (int, time.Duration, error) {
	if err := ephemeral.CheckTake(ctx, key, l, n); err != nil {
		return 0, 0, err
	}
	if l.Off() {
		return ephemeral.MaxEvents, 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, 0, ephemeral.ErrClosed
	}
	now, interval, burst := s.now().UnixMicro(), l.Interval().Microseconds(), l.Burst().Microseconds()
	drained := now
	element, known := s.buckets[key]
	if known {
		s.used.MoveToFront(element)
		// No bucket is fuller than full: the clock may have gone back, and the limit may have been narrowed.
		drained = min(max(element.Value.(*bucket).drained, now), now+burst)
	}
	left, wanted := (now+burst-drained)/interval, int64(n)*interval
	if wait := drained + wanted - burst - now; wait > 0 {
		return int(left), time.Duration(wait) * time.Microsecond, nil
	}
	if n == 0 {
		return int(left), 0, nil
	}
	if !known {
		s.makeRoom(now)
		element = s.used.PushFront(&bucket{key: key})
		s.buckets[key] = element
	}
	element.Value.(*bucket).drained = drained + wanted
	return int(left) - n, 0, nil
}

// Give takes one event back.
func (s *Store) Give(ctx context.Context, key ephemeral.Key, l ephemeral.Limit) error {
	return s.GiveN(ctx, key, l, 1)
}

// GiveN takes n events back. A bucket that is empty then is dropped.
func (s *Store) GiveN(ctx context.Context, key ephemeral.Key, l ephemeral.Limit, n int) error {
	if err := ephemeral.CheckTake(ctx, key, l, n); err != nil || l.Off() {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ephemeral.ErrClosed
	}
	element, known := s.buckets[key]
	if !known {
		return nil
	}
	now, b := s.now().UnixMicro(), element.Value.(*bucket)
	b.drained = min(b.drained, now+l.Burst().Microseconds()) - int64(n)*l.Interval().Microseconds()
	if b.drained <= now {
		s.drop(element)
	}
	return nil
}

// makeRoom drops a few drained buckets, which say as little as none, and the oldest one where the bound is reached.
func (s *Store) makeRoom(now int64) {
	looked := 0
	for _, element := range s.buckets { // starts anywhere
		if element.Value.(*bucket).drained <= now {
			s.drop(element)
		}
		if looked++; looked == sampled {
			break
		}
	}
	if len(s.buckets) >= s.maxKeys {
		s.drop(s.used.Back())
	}
}

func (s *Store) drop(element *list.Element) {
	delete(s.buckets, element.Value.(*bucket).key)
	s.used.Remove(element)
}

// Publish sends to the subscribers of this store.
func (s *Store) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.hub.Send(topic, msg)
}

// Subscribe returns what is published to topic from now on.
func (s *Store) Subscribe(ctx context.Context, topic string) (<-chan []byte, error) {
	return s.hub.Subscribe(ctx, topic)
}

// Ping fails only for an ended ctx or a closed store.
func (s *Store) Ping(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ephemeral.ErrClosed
	}
	return ctx.Err()
}

// Close forgets everything.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	clear(s.buckets)
	s.used.Init()
	s.hub.Close()
	return nil
}
