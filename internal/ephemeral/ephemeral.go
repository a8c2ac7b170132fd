// Package ephemeral holds what may be forgotten at any moment: the counters of address- and tenant-wide rate limits,
// and messages that hasten cache invalidation and live events. Its stores live in memory and in Redis; Resilient
// joins the two, so that work goes on while Redis is down.
//
// It never holds a secret, a session or a try of a challenge: those are rows in SQL, and every message here only
// hastens what a poll of SQL finds anyway. Which limits exist and what a refusal looks like belong to the callers.
package ephemeral

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrClosed is what a store answers after Close.
var ErrClosed = errors.New("ephemeral: the store is closed")

// ErrNoKey is what Take and Give answer to the zero Key, which is what TenantKey makes without a tenant.
var ErrNoKey = errors.New("ephemeral: no key, or a tenant's key without a tenant")

// Store counts events and passes messages on. Its methods may be called from many goroutines. ephemeraltest.Run is
// the suite that every implementation passes.
type Store interface {
	// Take counts one event against l (generic cell rate algorithm: l.Events at once, then one every l.Interval())
	// and returns 0. Where the limit is reached nothing is counted, and it returns how long until one event would
	// be allowed. A limit that is off allows everything. Errors: an ended ctx, ErrNoKey, ErrClosed, a limit
	// outside its bounds, or a store that cannot be reached; then the event may or may not have been counted.
	Take(ctx context.Context, key Key, l Limit) (wait time.Duration, err error)

	// TakeN counts n events against l, all of them or none, and returns how many more would pass now. Where not all of
	// them pass, wait is how long until they would. Take is TakeN of one. n is 0 to l.Events: 0 only asks. Of a limit that
	// is off, MaxEvents are left.
	TakeN(ctx context.Context, key Key, l Limit, n int) (left int, wait time.Duration, err error)

	// Give takes back one event that Take counted against l, so that a success uses up nothing of what is meant for
	// failures. A bucket is never emptier than empty, and a key without one stays without. Errors are those of Take;
	// then the event may or may not have been taken back.
	Give(ctx context.Context, key Key, l Limit) error

	// GiveN is Give for n events, 0 to l.Events.
	GiveN(ctx context.Context, key Key, l Limit, n int) error

	// Publish sends msg to the present subscribers of topic, wherever they run. A message may be lost or come
	// twice: it is a hint. Publish never waits for a subscriber.
	Publish(ctx context.Context, topic string, msg []byte) error

	// Subscribe returns the messages of topic from now on. The channel closes when ctx ends or the store closes. A
	// reader that falls behind loses messages. Subscribing succeeds also while the store cannot be reached:
	// messages come once it can. Subscribers share a message and must not change it.
	Subscribe(ctx context.Context, topic string) (<-chan []byte, error)

	// Ping reports whether the store can be reached now.
	Ping(ctx context.Context) error

	// Close ends all subscriptions and frees what the store holds. A second call does nothing.
	Close() error
}

// CheckTake is what each store asks before it counts n events or takes them back: that ctx goes on, key exists, l is within
// its bounds and n within l.
func CheckTake(ctx context.Context, key Key, l Limit, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if key == (Key{}) {
		return ErrNoKey
	}
	if err := l.Validate(); err != nil {
		return err
	}
	if n < 0 || !l.Off() && n > l.Events {
		return fmt.Errorf("limit %s: %d events can never pass", l, n)
	}
	return nil
}
