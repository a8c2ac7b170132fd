package store

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// gate lets in as many statements and transactions as their pool has connections. The others wait for a while, and are then
// refused: under more load than the database bears, a fast 503 serves everybody better than a late answer.
type gate struct {
	slots   chan struct{}
	longest time.Duration
}

// How long a statement may wait for a connection. The only writer of SQLite serves one after the other, which is the normal
// course there and no sign of overload.
const (
	longestWait       = time.Second
	longestSQLiteWait = 5 * time.Second
)

func newGate(connections int, longest time.Duration) *gate {
	return &gate{slots: make(chan struct{}, connections), longest: longest}
}

// enter waits for a slot. Whoever got one calls leave.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(g.longest)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return fault.New(fault.Unavailable).After(time.Second)
	case <-ctx.Done():
		return asOutage(ctx.Err())
	}
}

func (g *gate) leave() { <-g.slots }
