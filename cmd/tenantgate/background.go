package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"sync"
	"time"
)

const (
	// firstRound is when the rounds begin after the start, roundEvery how often they come. Both vary by half, so that
	// replicas that started together do not stay together.
	firstRound = 2 * time.Second
	roundEvery = time.Minute
	// roundLimit ends a round that hangs.
	roundLimit = 5 * time.Minute
)

// start runs what a server does beside HTTP until ctx ends. wait returns once all of it has: jobs in hand are finished.
func (s *service) start(ctx context.Context) (wait func()) {
	var running sync.WaitGroup
	running.Go(func() { s.feed.Run(ctx) })
	running.Go(func() { s.engine.RunLastSeen(ctx) })
	running.Go(func() { s.sequencer().Run(ctx) })
	running.Go(func() { nowAndThen(ctx, firstRound, roundEvery, s.round) })
	running.Go(func() { nowAndThen(ctx, firstRetention, retentionEvery, s.retain) })
	running.Go(func() { s.worker.Run(ctx) })
	return running.Wait
}

// nowAndThen does something until ctx ends. Several replicas may do the same at once.
func nowAndThen(ctx context.Context, first, every time.Duration, do func(context.Context)) {
	next := time.NewTimer(vary(first))
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			do(ctx)
			next.Reset(vary(every))
		}
	}
}

// round removes what is no longer needed and rotates the keys that are due.
func (s *service) round(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	sweep := func(ctx context.Context) error {
		_, err := s.engine.Sweep(ctx)
		return err
	}
	for _, do := range []func(context.Context) error{sweep, s.tenants.PurgeDeleted, s.tenants.RotateDue} {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "background round; the next one tries again", "error", err)
		}
	}
}

// vary returns d with up to a half more or less.
func vary(d time.Duration) time.Duration {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return d/2 + time.Duration(float64(d)*float64(binary.BigEndian.Uint32(b[:]))/(1<<32))
}
