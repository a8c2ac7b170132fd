package graph

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

const (
	// recheckEvery is how often a stream asks whether its caller may still read. No event is handed out on an older answer.
	recheckEvery = time.Second
	// outageLimit is how long a stream waits for that answer while the database is away, handing out nothing.
	outageLimit = 10 * time.Second
	// retryEvery is how often it then asks.
	retryEvery = 250 * time.Millisecond
	// stallLimit is how long a reader may leave an event lying.
	stallLimit = 10 * time.Second
)

// stream hands the events of one tenant to one subscriber, for as long as that may read them.
type stream struct {
	*Resolver
	scope     access.Scope
	tenant    *tenants.Tenant
	actor     *access.Actor // as it was at the beginning
	from      *events.Stream
	cursor    func(int64) string
	out       chan<- *model.Event
	confirmed time.Duration // when the last check that succeeded began, by clock.Elapsed
}

// follow begins a subscription for the actor of ctx, whom lookedUpAnew found a moment ago. The channel ends with it; why, is told
// by end.
func (r *Resolver) follow(ctx context.Context, tenant string, types []string, after *string) (<-chan *model.Event, error) {
	ctx, t, err := r.reach(ctx, model.KindTenant, tenant)
	if err != nil {
		return nil, err
	}
	only, err := eventTypes(types, "types")
	if err != nil {
		return nil, err
	}
	behind, err := r.behind(ctx, t.Tenant, after)
	if err != nil {
		return nil, err
	}
	cursor, err := r.streamCursor(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	actor := access.From(ctx)
	from, err := r.streams.Open(ctx, events.Reader{Tenant: t.ID, Home: actor.Home, Actor: actor.ID}, only, behind)
	if err != nil {
		return nil, err
	}
	out := make(chan *model.Event)
	unconfirmed := clock.Elapsed() - recheckEvery // nothing is handed out before the first check
	s := &stream{r, scopeOf(ctx), t.Tenant, actor, from, cursor, out, unconfirmed}
	go func() {
		defer close(out)
		defer from.Close()
		end(ctx, s.run(ctx))
	}()
	return out, nil
}

// behind reads the cursor that a subscription goes on from. The fault is invalid_input.
func (r *Resolver) behind(ctx context.Context, t *tenants.Tenant, after *string) (*int64, error) {
	if after == nil {
		return nil, nil
	}
	all, err := r.eventList(ctx, t.ID, nil, false)
	if err != nil {
		return nil, err
	}
	first := 1
	at, err := all.request(paging{first: &first, after: after}, false)
	if err != nil {
		return nil, err
	}
	return &at.Behind.Number, nil
}

// run hands out events until it must not or cannot go on. It returns why; nil where the subscriber has gone.
func (s *stream) run(ctx context.Context) error {
	for {
		if err := s.confirm(ctx); err != nil {
			return err
		}
		entries, err := s.from.Next(ctx, s.left())
		switch {
		case errors.Is(err, events.ErrSlow):
			return fault.New(fault.StreamEnded)
		case err != nil && ctx.Err() == nil && !errors.Is(err, events.ErrClosed):
			if err := sleep(ctx, retryEvery); err != nil {
				return err
			}
			continue // confirm decides how long that goes on
		case err != nil:
			return err
		}
		for _, event := range s.newEvents(s.tenant, entries, s.cursor) {
			if err := s.give(ctx, event); err != nil {
				return err
			}
		}
	}
}

// left is how long the last check still counts.
func (s *stream) left() time.Duration { return max(0, s.confirmed+recheckEvery-clock.Elapsed()) }

// give hands out one event, on a check that counts. A reader that leaves it lying is cut off.
func (s *stream) give(ctx context.Context, event *model.Event) error {
	until := clock.Elapsed() + stallLimit
	for clock.Elapsed() < until {
		if err := s.confirm(ctx); err != nil {
			return err
		}
		stale := time.NewTimer(min(s.left(), until-clock.Elapsed()))
		select {
		case s.out <- event:
			stale.Stop()
			return nil
		case <-stale.C:
		case <-s.streams.Closed():
			return events.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fault.New(fault.StreamEnded)
}

// confirm asks again who the credential belongs to and what it may do, unless that was asked a moment ago.
func (s *stream) confirm(ctx context.Context) error {
	for s.left() == 0 {
		began := clock.Elapsed()
		err := s.check(ctx)
		if err == nil {
			s.confirmed = began
			return nil
		}
		undecided := []fault.Code{fault.Unavailable, fault.Busy, fault.Internal}
		if !slices.Contains(undecided, fault.CodeOf(err)) || ctx.Err() != nil || clock.Elapsed()-s.confirmed > outageLimit {
			return err
		}
		if err := sleep(ctx, retryEvery); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) check(ctx context.Context) error {
	actor, err := s.Engine.Actor(ctx, s.Tenants, access.Presented(ctx))
	if err != nil {
		return err
	}
	if !actor.May(s.scope, s.tenant.ID) {
		return &lacking{scope: s.scope}
	}
	if _, err := s.Tenants.ByID(ctx, s.tenant.ID); fault.CodeOf(err) == fault.TenantNotFound {
		return fault.New(fault.NotFound)
	} else if err != nil {
		return err
	}
	// What an event shows beside itself is decided by the grants of the beginning.
	if actor.ID != s.actor.ID || !sameGrants(actor.Grants, s.actor.Grants) {
		return fault.New(fault.StreamEnded)
	}
	return nil
}

// sameGrants compares grants, whose order nobody promises.
func sameGrants(a, b []access.Grant) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(g access.Grant) bool {
		return !slices.ContainsFunc(b, func(other access.Grant) bool { return reflect.DeepEqual(g, other) })
	})
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// ending is where a transport learns why a subscription ended.
type ending struct {
	mu  sync.Mutex
	why *gqlerror.Error
}

func (e *ending) tell(why *gqlerror.Error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.why = why
}

func (e *ending) told() *gqlerror.Error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.why
}

type endingKey struct{}

// end tells the transport why a subscription ends, before its channel does. Nobody is told who has gone, or is cut off by a
// server that stops.
func end(ctx context.Context, why error) {
	if why == nil || ctx.Err() != nil || errors.Is(why, events.ErrClosed) {
		return
	}
	told := present(ctx, why)
	if e, ok := ctx.Value(endingKey{}).(*ending); ok {
		e.tell(told)
		return
	}
	transport.AddSubscriptionError(ctx, told)
}
