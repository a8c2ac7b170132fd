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

// longestWait is how long a statement may wait for a connection.
const longestWait = time.Second

func newGate(connections int) *gate {
	return &gate{slots: make(chan struct{}, connections), longest: longestWait}
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
