package events

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Change is what a feeding event says to caches.
type Change struct {
	Tenant, User, Session uuid.UUID
	Type                  Type
}

const (
	// pollEvery and freshFor bound how long a revoked session can still be honoured by a cache: within freshFor of the
	// last poll that succeeded.
	pollEvery = 500 * time.Millisecond
	freshFor  = time.Second
	// leastApart is how close hints may bring two polls.
	leastApart = 50 * time.Millisecond
	// window must exceed store.TxLimit, for an event recorded early in a transaction is seen only after its commit.
	window = 2 * store.TxLimit
	// longestGap is how far apart two polls may be for the second to see all that the first could not: older changes
	// have left its window.
	longestGap = window - store.TxLimit

	hintTopic = "changes"
)

// Feed tells caches what has changed, on this replica at once and on the others by polling the events. The ephemeral
// store only hastens the poll.
type Feed struct {
	db        *store.Store
	hints     ephemeral.Store
	listeners []func(Change)
	caches    []func() // each forgets all
	nudge     chan struct{}
	announce  chan struct{}

	// polled is clock.Elapsed at the start of the last poll that succeeded, in nanoseconds; long ago before the first.
	polled atomic.Int64
	// epoch counts changes heard, so that what was loaded before one is not kept after it. Caches hold keeping while they
	// compare it and store: what is stored under the old epoch is there when the change's listeners drop it.
	epoch   atomic.Uint64
	keeping sync.RWMutex

	mu   sync.Mutex
	seen map[uuid.UUID]bool
}

// NewFeed returns a feed over the events of db. hints may be nil.
func NewFeed(db *store.Store, hints ephemeral.Store) *Feed {
	f := &Feed{db: db, hints: hints, nudge: make(chan struct{}, 1), announce: make(chan struct{}, 1)}
	f.polled.Store(int64(clock.Elapsed() - time.Hour))
	telemetry.FeedAge(f.Age)
	return f
}

// Listen adds a listener. It is called before the feed runs, and its calls come from several goroutines.
func (f *Feed) Listen(listener func(Change)) { f.listeners = append(f.listeners, listener) }

// Age returns how long ago the last poll that succeeded began.
func (f *Feed) Age() time.Duration { return clock.Elapsed() - time.Duration(f.polled.Load()) }

// Fresh reports whether caches may be trusted.
func (f *Feed) Fresh() bool { return f.Age() <= freshFor }

// Epoch changes whenever a change was heard. A cache keeps what it loaded only if the epoch is still the one read
// before loading: else a change may have passed in between.
func (f *Feed) Epoch() uint64 { return f.epoch.Load() }

// Announce applies a committed change on this replica and hints the others to poll.
func (f *Feed) Announce(c Change) {
	f.apply(c)
	signal(f.announce)
}

func (f *Feed) apply(c Change) {
	f.nextEpoch()
	for _, listen := range f.listeners {
		listen(c)
	}
}

// Poll reads the changes of the last seconds and applies those not seen yet. Where the last poll was too long ago for
// that to be all, the caches forget everything.
func (f *Feed) Poll(ctx context.Context) error {
	began := clock.Elapsed()
	rows, err := f.db.Event.Query().
		Where(event.Feeds(true), f.db.RecordedWithin(event.FieldRecordedAt, window)).
		Select(event.FieldID, event.FieldTenantID, event.FieldType, event.FieldUserID, event.FieldSessionID).
		All(tenancy.Across(ctx, tenancy.ChangeFeed))
	if err != nil {
		return fmt.Errorf("poll the change feed: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// The end of this poll counts: the database looked at its clock at any time before.
	if clock.Elapsed()-time.Duration(f.polled.Load()) > longestGap {
		f.forget()
	}
	seen := make(map[uuid.UUID]bool, len(rows))
	for _, row := range rows {
		seen[row.ID] = true
		if f.seen[row.ID] {
			continue
		}
		c := Change{Tenant: row.TenantID, Type: Type(row.Type)}
		if row.UserID != nil {
			c.User = *row.UserID
		}
		if row.SessionID != nil {
			c.Session = *row.SessionID
		}
		f.apply(c)
	}
	f.seen = seen
	f.polled.Store(int64(began))
	return nil
}

// forget empties the caches: after an outage nobody can say what has changed.
func (f *Feed) forget() {
	f.nextEpoch()
	for _, forget := range f.caches {
		forget()
	}
}

func (f *Feed) nextEpoch() {
	f.keeping.Lock()
	defer f.keeping.Unlock()
	f.epoch.Add(1)
}

// Run polls until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	if f.hints != nil {
		go f.hear(ctx)
		go f.tell(ctx)
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing := false
	for {
		pollCtx, cancel := context.WithTimeout(ctx, store.TxLimit)
		err := f.Poll(pollCtx)
		cancel()
		if failing != (err != nil) && ctx.Err() == nil {
			failing = err != nil
			slog.WarnContext(ctx, "change feed", "confirmed", !failing, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-f.nudge:
			// However fast hints come, polls keep a distance.
			if f.Age() < leastApart {
				select {
				case <-ctx.Done():
				case <-time.After(leastApart):
				}
			}
		}
	}
}

// hear turns hints of other replicas into polls.
func (f *Feed) hear(ctx context.Context) {
	for ctx.Err() == nil {
		hints, err := f.hints.Subscribe(ctx, hintTopic)
		if err == nil {
			for range hints {
				signal(f.nudge)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// tell hints the other replicas, outside of any request.
func (f *Feed) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.announce:
			_ = f.hints.Publish(ctx, hintTopic, nil) // only a hint: the others poll anyway
		}
	}
}

// signal leaves a token unless one is there.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
