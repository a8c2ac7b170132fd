package ephemeral

import (
	"context"
	"time"
)

const (
	// backOff is how long the primary is left alone after a failure, and between two probes of it.
	backOff = time.Second
	// dialBudget bounds the first half of a probe, which may have to open a connection.
	dialBudget = time.Second
)

// The probe takes, since a server that is read-only or out of memory still answers a ping. Its limit is so wide that
// it leaves nothing behind.
var (
	probeKey   = ServerKey("probe", "")
	probeLimit = Limit{Events: MaxEvents, Per: MinPer}
)

// watch waits for the primary to fail, then probes it until it is well again.
func (s *ResilientStore) watch(ctx context.Context) {
	defer close(s.watched)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.tripped:
		}
		s.onChange(true)
		if !s.awaitPrimary(ctx) {
			return
		}
		s.recovered.Store(s.now().UnixMicro())
		s.degraded.Store(false)
		s.onChange(false)
	}
}

// awaitPrimary reports false where ctx ends first.
func (s *ResilientStore) awaitPrimary(ctx context.Context) bool {
	pause := time.NewTicker(backOff)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-pause.C:
		}
		// The second answer must be as quick as a request needs it; the first may have to open a connection.
		if s.probe(ctx, dialBudget) && s.probe(ctx, callBudget) {
			return true
		}
	}
}

func (s *ResilientStore) probe(ctx context.Context, budget time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	_, _, err := s.primary.TakeN(ctx, probeKey, probeLimit, 1)
	return err == nil
}
