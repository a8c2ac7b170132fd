package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

const (
	// firstRetention is when old events are first looked for after the start, retentionEvery how often then; both vary by half.
	firstRetention = 5 * time.Minute
	retentionEvery = time.Hour
	// retentionLimit ends a look that hangs.
	retentionLimit = 30 * time.Minute
)

// sequencer returns what gives events their positions.
func (a *app) sequencer() *events.Sequencer {
	return events.NewSequencer(a.db, a.log, func(ctx context.Context) (uuid.UUID, error) {
		reserved, err := a.tenants.BySlug(ctx, tenants.Reserved)
		if err != nil {
			return uuid.Nil, err
		}
		return reserved.ID, nil
	})
}

// retain removes events that are older than their tenant keeps them.
func (s *service) retain(ctx context.Context) {
	if err := s.retainAll(ctx); err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "retention of events; the next round tries again", "error", err)
	}
}

// retainAll goes through all tenants, for those that decided how long events are kept.
func (s *service) retainAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, retentionLimit)
	defer cancel()
	for after := ""; ; {
		page, err := s.tenants.List(ctx, after, listPage)
		if err != nil {
			return err
		}
		for _, t := range page {
			after = t.Slug
			if keep := t.Settings.Events.Retention.Std(); keep > 0 {
				if _, err := events.Expire(tenancy.With(ctx, t.ID), s.db.Client, clock.Now(), keep); err != nil {
					return err
				}
			}
		}
		if len(page) < listPage {
			return nil
		}
	}
}
