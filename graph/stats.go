package graph

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/graph/model"
)

// day is the length of a bucket of days, UTC.
const day = 24 * time.Hour

// The longest windows of counts by the hour and by the day.
const (
	longestHourly = 31 * day
	longestDaily  = 366 * day
)

func (r *Resolver) stats(ctx context.Context, tenant string, from time.Time, until *time.Time, interval model.StatsInterval) (*model.Stats, error) {
	to := r.Now()
	if until != nil {
		to = *until
	}
	length, longest, words := time.Hour, longestHourly, "At most 31 days of hours can be asked for. Ask for DAY, or for less."
	if interval == model.StatsIntervalDay {
		length, longest, words = day, longestDaily, "At most 366 days can be asked for."
	}
	from = from.UTC().Truncate(length)
	switch {
	case !from.Before(to) && until == nil:
		return nil, wrongArgument("from", "Give a time that is not in the future.")
	case !from.Before(to):
		return nil, wrongArgument("to", "Give a time after from.")
	case to.Sub(from) > longest:
		return nil, wrongArgument("from", words)
	}
	_, t, err := r.reach(ctx, model.KindTenant, tenant)
	if err != nil {
		return nil, err
	}
	return model.NewStats(r.Engine.Stats(t.Tenant), from, to, interval), nil
}
