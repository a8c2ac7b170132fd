package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"sync"
)

// Event is the one line that a request leaves in the log: everything that happens to it adds attributes, and
// whoever made it writes the line at the end. It may be used by several goroutines.
type Event struct {
	mu    sync.Mutex
	attrs []slog.Attr
	room  [12]slog.Attr // saves the first allocations
}

type eventKey struct{}

// WithEvent gives ctx an event of its own.
func WithEvent(ctx context.Context) (context.Context, *Event) {
	e := new(Event)
	e.attrs = e.room[:0]
	return context.WithValue(ctx, eventKey{}, e), e
}

// Note adds to the event of the request at hand. A key noted again replaces its value, so that a line has each once.
// Without an event it does nothing.
func Note(ctx context.Context, attrs ...slog.Attr) {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		e.note(attrs)
	}
}

func (e *Event) note(attrs []slog.Attr) {
	e.mu.Lock()
	defer e.mu.Unlock()
next:
	for _, a := range attrs {
		for i := range e.attrs {
			if e.attrs[i].Key == a.Key {
				e.attrs[i].Value = a.Value
				continue next
			}
		}
		e.attrs = append(e.attrs, a)
	}
}

// Attrs returns what was noted so far, in order of first mention.
func (e *Event) Attrs() []slog.Attr {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.attrs)
}
