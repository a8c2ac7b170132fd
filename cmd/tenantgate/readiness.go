package main

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/web"
)

const (
	// readyFor is how long an answer is given again: whoever asks often costs the database nothing.
	readyFor = 500 * time.Millisecond
	// readyLimit bounds one look at the database.
	readyLimit = 2 * time.Second
)

// readiness says whether requests can be served.
type readiness struct {
	service *service

	mu    sync.Mutex
	known bool
	at    time.Duration
	last  web.Readiness
}

// check returns what is so now, or was a moment ago. Its caller may change the result.
func (r *readiness) check(ctx context.Context) web.Readiness {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known || clock.Elapsed()-r.at >= readyFor {
		// Another prober shares the answer, so that one who hangs up does not spoil it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyLimit)
		defer cancel()
		r.last, r.known, r.at = r.service.look(ctx), true, clock.Elapsed()
	}
	out := r.last
	out.Checks = maps.Clone(out.Checks)
	return out
}

// look asks the database. A schema newer than this binary is no reason to stop: during an upgrade the old replicas go on
// until the new ones have taken over.
func (s *service) look(ctx context.Context) web.Readiness {
	r := web.Readiness{Ready: true, Checks: map[string]string{"database": "ok", "migrations": "ok"}}
	status, err := s.db.MigrationStatus(ctx)
	switch {
	case err != nil:
		r.Ready = false
		r.Checks["database"], r.Checks["migrations"] = "unavailable", "unknown"
	case len(status.Pending) > 0:
		r.Ready = false
		r.Checks["migrations"] = "pending"
	}
	if s.shared != nil {
		r.Checks["redis"] = "ok"
		if s.shared.Degraded() {
			r.Degraded = true
			r.Checks["redis"] = "degraded"
		}
	}
	return r
}
