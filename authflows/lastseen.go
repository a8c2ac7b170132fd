package authflows

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// lastSeen collects which sessions were used, to be written in batches: a session check writes nothing itself.
type lastSeen struct {
	mu    sync.Mutex
	marks map[uuid.UUID]map[uuid.UUID]struct{} // sessions by tenant
	count int
}

// maxMarks bounds what waits to be written; further marks are made again by the next use.
const maxMarks = 100_000

func newLastSeen() *lastSeen { return &lastSeen{marks: map[uuid.UUID]map[uuid.UUID]struct{}{}} }

func (l *lastSeen) mark(tenant, session uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= maxMarks {
		return
	}
	of := l.marks[tenant]
	if of == nil {
		of = map[uuid.UUID]struct{}{}
		l.marks[tenant] = of
	}
	if _, ok := of[session]; !ok {
		of[session] = struct{}{}
		l.count++
	}
}

func (l *lastSeen) take() map[uuid.UUID]map[uuid.UUID]struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.marks
	l.marks, l.count = map[uuid.UUID]map[uuid.UUID]struct{}{}, 0
	return out
}

// FlushEvery is how often RunLastSeen writes.
const FlushEvery = 15 * time.Second

// RunLastSeen writes which sessions were used until ctx ends, and once more then.
func (e *Engine) RunLastSeen(ctx context.Context) {
	tick := time.NewTicker(FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.FlushLastSeen(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			e.FlushLastSeen(last)
			return
		}
	}
}

// FlushLastSeen writes the marks collected so far. What cannot be written is lost: it is a hint, made again by the next
// use.
func (e *Engine) FlushLastSeen(ctx context.Context) {
	const batch = 500
	for tenant, marked := range e.seen.take() {
		ctx := tenancy.With(ctx, tenant)
		var some []uuid.UUID
		flush := func() {
			if len(some) == 0 {
				return
			}
			if err := sessions.Touch(ctx, e.DB.Client, some, e.Now()); err != nil {
				slog.WarnContext(ctx, "last use of sessions not written", "count", len(some), "error", err)
			}
			some = some[:0]
		}
		for id := range marked {
			if some = append(some, id); len(some) == batch {
				flush()
			}
		}
		flush()
	}
}
