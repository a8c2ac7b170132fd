package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// streamEvery is how often a tenant with readers is looked at: one statement, however many read.
	streamEvery = 250 * time.Millisecond
	// streamKeeps is how many events of a tenant are in memory for those who read live. Who falls behind that is cut off.
	streamKeeps = 1000
	// streamAtOnce is how many events one look or one reader gets at a time.
	streamAtOnce = 200

	// The most streams of a replica, of all actors that belong to one tenant, and of one actor over one tenant.
	maxStreams      = 500
	maxHomeStreams  = 100
	maxActorStreams = 20
)

// ErrSlow is what a reader meets who has read live and fell behind what is kept. It can go on from its last event.
var ErrSlow = errors.New("events: the reader is too slow")

// ErrClosed is what readers meet when the server stops.
var ErrClosed = errors.New("events: the streams are closed")

// Streams hands the events of tenants to those who read them live on this replica. A tenant is looked at only while somebody
// reads it.
type Streams struct {
	db *store.Store

	mu      sync.Mutex
	closed  chan struct{}
	tenants map[uuid.UUID]*channel
	readers map[Reader]int // by actor and tenant; Home goes with Actor
	homes   map[uuid.UUID]int
	all     int
}

// Reader is an actor that reads a tenant's events.
type Reader struct {
	Tenant uuid.UUID
	Home   uuid.UUID // the tenant that the actor belongs to
	Actor  uuid.UUID
}

// channel is what is kept of a tenant for its readers. Its fields but id are the Streams' mutex'.
type channel struct {
	id      uuid.UUID
	readers int
	stop    context.CancelFunc

	base    int64    // the position before the first of recent
	recent  []*Entry // without a gap
	changed chan struct{}
}

// NewStreams returns the streams of a replica.
func NewStreams(db *store.Store) *Streams {
	return &Streams{
		db: db, closed: make(chan struct{}), tenants: map[uuid.UUID]*channel{}, readers: map[Reader]int{}, homes: map[uuid.UUID]int{},
	}
}

// Close ends all streams, and those that are opened from now on at once.
func (s *Streams) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
}

// Closed is closed when the streams are.
func (s *Streams) Closed() <-chan struct{} { return s.closed }

// Stream is one reader's way through the events of a tenant. It is for one goroutine.
type Stream struct {
	of    *Streams
	on    *channel
	who   Reader
	types []Type
	at    int64 // the position it has come to
	live  bool  // it has come to the end once
}

// Open begins a stream behind a position, or from now on where after is nil. An actor has at most 20 of a tenant, and all actors of
// one home 100, so that none takes them all: the fault limit_reached; a replica has at most 500: busy. Whoever opened it closes it.
func (s *Streams) Open(ctx context.Context, who Reader, types []Type, after *int64) (*Stream, error) {
	last, err := Last(tenancy.With(ctx, who.Tenant), s.db.Client)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.readers[who] >= maxActorStreams || s.homes[who.Home] >= maxHomeStreams:
		return nil, fault.New(fault.LimitReached)
	case s.all >= maxStreams:
		return nil, fault.New(fault.Busy).After(time.Minute)
	}
	on := s.tenants[who.Tenant]
	if on == nil {
		looking, stop := context.WithCancel(tenancy.With(context.Background(), who.Tenant))
		on = &channel{id: who.Tenant, stop: stop, base: last, changed: make(chan struct{})}
		s.tenants[who.Tenant] = on
		go s.look(looking, on)
	}
	on.readers++
	s.readers[who]++
	s.homes[who.Home]++
	s.all++
	telemetry.StreamOpened()
	stream := &Stream{of: s, on: on, who: who, types: types, at: last}
	if after != nil {
		stream.at = *after
	}
	return stream, nil
}

// Close ends a stream. The last of a tenant ends what looks for its events.
func (r *Stream) Close() {
	s := r.of
	s.mu.Lock()
	defer s.mu.Unlock()
	telemetry.StreamClosed()
	s.all--
	if s.readers[r.who]--; s.readers[r.who] == 0 {
		delete(s.readers, r.who)
	}
	if s.homes[r.who.Home]--; s.homes[r.who.Home] == 0 {
		delete(s.homes, r.who.Home)
	}
	if r.on.readers--; r.on.readers == 0 {
		r.on.stop()
		delete(s.tenants, r.who.Tenant)
	}
}

// Next returns the next events of the types that were asked for, each once and in the order of positions, as soon as there are
// any, and none once wait is over. Errors: ErrSlow, ErrClosed, those of the database and of ctx.
func (r *Stream) Next(ctx context.Context, wait time.Duration) ([]*Entry, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		out, changed, err := r.read(ctx)
		if err != nil || len(out) > 0 {
			return out, err
		}
		if changed == nil { // it has moved on, and there is more
			continue
		}
		select {
		case <-changed:
		case <-timer.C:
			return nil, nil
		case <-r.of.closed:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// read moves the stream on. At the end it returns what is closed when there is more.
func (r *Stream) read(ctx context.Context) ([]*Entry, <-chan struct{}, error) {
	r.of.mu.Lock()
	base, recent, changed := r.on.base, r.on.recent, r.on.changed
	r.of.mu.Unlock()
	select {
	case <-r.of.closed:
		return nil, nil, ErrClosed
	default:
	}
	if r.at < base {
		if r.live {
			return nil, nil, ErrSlow
		}
		out, err := r.catchUp(ctx, base)
		return out, nil, err
	}
	r.live = true
	var out []*Entry
	from := int(r.at - base)
	for _, e := range recent[min(from, len(recent)):] {
		r.at = e.Position
		if r.wants(e) {
			out = append(out, e)
		}
		if len(out) == streamAtOnce {
			break
		}
	}
	return out, changed, nil
}

func (r *Stream) wants(e *Entry) bool {
	for _, t := range r.types {
		if t == e.Type {
			return true
		}
	}
	return len(r.types) == 0
}

// catchUp reads what is not kept any more from the database, for who has not read live yet. What retention has removed is gone.
func (r *Stream) catchUp(ctx context.Context, base int64) ([]*Entry, error) {
	q := Query{Types: r.types, AfterPosition: r.at, UpToPosition: base}
	out, err := following(tenancy.With(ctx, r.who.Tenant), r.of.db.Client, q, streamAtOnce)
	if err != nil {
		return nil, err
	}
	if len(out) == streamAtOnce {
		r.at = out[len(out)-1].Position
	} else {
		r.at = base
	}
	return out, nil
}

// look reads what is new of a tenant until ctx ends.
func (s *Streams) look(ctx context.Context, on *channel) {
	tick := time.NewTicker(streamEvery)
	defer tick.Stop()
	for {
		full, err := s.lookOnce(ctx, on)
		if err == nil && full {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.closed:
			return
		case <-tick.C:
		}
	}
}

// lookOnce reads one portion and reports whether there may be more. Where it fails, readers wait: their own checks tell them of
// an outage.
func (s *Streams) lookOnce(ctx context.Context, on *channel) (bool, error) {
	s.mu.Lock()
	head := on.base + int64(len(on.recent))
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, store.TxLimit)
	defer cancel()
	fresh, err := following(ctx, s.db.Client, Query{AfterPosition: head}, streamAtOnce)
	if err != nil || len(fresh) == 0 {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	on.keep(fresh, head)
	close(on.changed)
	on.changed = make(chan struct{})
	return len(fresh) == streamAtOnce, nil
}

// keep adds events to those that are kept. Only retention makes a gap, of events that everybody would have read long ago: then
// what is kept begins anew behind it. Readers hold on to the old slice, which is never written to again.
func (c *channel) keep(fresh []*Entry, head int64) {
	if fresh[0].Position != head+1 {
		c.base, c.recent = fresh[0].Position-1, nil
	}
	kept := make([]*Entry, 0, len(c.recent)+len(fresh))
	kept = append(append(kept, c.recent...), fresh...)
	if over := len(kept) - streamKeeps; over > 0 {
		c.base += int64(over)
		kept = kept[over:]
	}
	c.recent = kept
}
