package ephemeral

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
)

const (
	// callBudget is how long a request waits for the primary store.
	callBudget = 50 * time.Millisecond
	// mergedBuffer is how many messages wait for a reader behind both stores' own buffers.
	mergedBuffer = 16
)

// ResilientStore uses its primary store, and its local one whenever the primary fails or is slow. It never fails
// open: with the primary gone, every limit holds by itself on each replica.
type ResilientStore struct {
	primary, local Store
	onChange       func(degraded bool)
	now            clock.Clock

	degraded  atomic.Bool
	recovered atomic.Int64  // when the primary last came back, in Unix microseconds; 0 is never
	tripped   chan struct{} // tells watch that degraded was set

	stop    context.CancelFunc
	watched chan struct{} // closes when watch has ended
	close   func() error
}

// Resilient joins a primary store, shared by all replicas, with a local one of this process. onChange, which may be
// nil, is told of each change, in order and from one goroutine. Close the result, not its parts.
func Resilient(primary, local Store, onChange func(degraded bool)) *ResilientStore {
	if onChange == nil {
		onChange = func(bool) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &ResilientStore{
		primary:  primary,
		local:    local,
		onChange: onChange,
		now:      clock.Now,
		tripped:  make(chan struct{}, 1),
		stop:     stop,
		watched:  make(chan struct{}),
	}
	s.close = sync.OnceValue(func() error {
		stop()
		<-s.watched
		return errors.Join(primary.Close(), local.Close())
	})
	go s.watch(ctx)
	return s
}

// Take counts in the primary, waiting at most 50 ms for it, else in the local store.
func (s *ResilientStore) Take(ctx context.Context, key Key, l Limit) (time.Duration, error) {
	_, wait, err := s.TakeN(ctx, key, l, 1)
	return wait, err
}

// TakeN is Take for n events, all or none.
func (s *ResilientStore) TakeN(ctx context.Context, key Key, l Limit, n int) (int, time.Duration, error) {
	if err := CheckTake(ctx, key, l, n); err != nil {
		return 0, 0, err
	}
	if l.Off() {
		return MaxEvents, 0, nil
	}
	if s.degraded.Load() {
		return s.local.TakeN(ctx, key, l, n)
	}
	// A primary that has just come back may have lost its counters, or never saw what was counted here meanwhile:
	// for one period of the limit both must allow.
	both, room := s.justRecovered(l.Per), MaxEvents
	if both {
		left, wait, err := s.local.TakeN(ctx, key, l, n)
		if wait > 0 || err != nil {
			return left, wait, err
		}
		room = left
	}
	var left int
	var wait time.Duration
	err := s.try(ctx, func(ctx context.Context) (err error) {
		left, wait, err = s.primary.TakeN(ctx, key, l, n)
		return err
	})
	switch {
	case err == nil && wait == 0 && !both:
		// The local bucket is kept as full as this replica's share of the primary's, so that losing the primary
		// gives nobody a fresh allowance. Its verdict does not matter here.
		_, _, _ = s.local.TakeN(ctx, key, l, n)
		return left, 0, nil
	case err == nil:
		return min(left, room), wait, nil
	case ctx.Err() != nil:
		return 0, 0, err
	case both:
		return room, 0, nil
	}
	return s.local.TakeN(ctx, key, l, n)
}

// Give takes back from both, for Take has counted in both. It waits for the primary as Take does, and is content with
// the local store where the primary fails: that the primary keeps the event makes a limit narrower, never wider.
func (s *ResilientStore) Give(ctx context.Context, key Key, l Limit) error {
	return s.GiveN(ctx, key, l, 1)
}

// GiveN is Give for n events.
func (s *ResilientStore) GiveN(ctx context.Context, key Key, l Limit, n int) error {
	if err := CheckTake(ctx, key, l, n); err != nil || l.Off() {
		return err
	}
	if !s.degraded.Load() {
		err := s.try(ctx, func(ctx context.Context) error { return s.primary.GiveN(ctx, key, l, n) })
		if err != nil && ctx.Err() != nil {
			return err
		}
	}
	return s.local.GiveN(ctx, key, l, n)
}

func (s *ResilientStore) justRecovered(period time.Duration) bool {
	at := s.recovered.Load()
	return at != 0 && s.now().Sub(time.UnixMicro(at)) < period
}

// Publish sends through the primary, else to this process's subscribers only.
func (s *ResilientStore) Publish(ctx context.Context, topic string, msg []byte) error {
	if !s.degraded.Load() {
		err := s.try(ctx, func(ctx context.Context) error { return s.primary.Publish(ctx, topic, msg) })
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	return s.local.Publish(ctx, topic, msg)
}

// try calls the primary within the budget and gives it up for a while if it fails for a reason of its own.
func (s *ResilientStore) try(ctx context.Context, call func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	err := call(bounded)
	if err != nil && ctx.Err() == nil && s.degraded.CompareAndSwap(false, true) {
		s.tripped <- struct{}{} // Never blocks: watch empties it before it resets degraded.
	}
	return err
}

// Subscribe returns what comes through either store.
func (s *ResilientStore) Subscribe(ctx context.Context, topic string) (<-chan []byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	far, err := s.primary.Subscribe(ctx, topic)
	if err != nil {
		cancel()
		return nil, err
	}
	near, err := s.local.Subscribe(ctx, topic)
	if err != nil {
		cancel()
		return nil, err
	}
	merged := make(chan []byte, mergedBuffer)
	go func() {
		defer cancel()
		defer close(merged)
		merge(merged, far, near)
	}()
	return merged, nil
}

// merge forwards from both channels until both are closed, and drops what the reader has no room for.
func merge(to chan<- []byte, far, near <-chan []byte) {
	for far != nil || near != nil {
		var msg []byte
		var open bool
		select {
		case msg, open = <-far:
			if !open {
				far = nil
				continue
			}
		case msg, open = <-near:
			if !open {
				near = nil
				continue
			}
		}
		select {
		case to <- msg:
		default:
		}
	}
}

// Ping asks the primary, whatever Degraded says.
func (s *ResilientStore) Ping(ctx context.Context) error {
	return s.primary.Ping(ctx)
}

// Degraded reports whether the primary is given up at the moment, so that limits count per replica.
func (s *ResilientStore) Degraded() bool {
	return s.degraded.Load()
}

// Close closes both stores.
func (s *ResilientStore) Close() error {
	return s.close()
}
