package events

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
)

const (
	// LeastKept is how long every event is kept: readers that were cut off for a while find what they have missed.
	LeastKept = time.Hour
	// expireAtOnce is how many events are removed by one statement.
	expireAtOnce = 500
)

// Expire removes the events of the tenant of ctx that are older than keep, and than LeastKept, and returns how many. They go in
// the order of positions: what stays has no gap, and an event without a position stays.
func Expire(ctx context.Context, db *ent.Client, now time.Time, keep time.Duration) (int, error) {
	before := now.Add(-max(keep, LeastKept))
	total := 0
	for {
		rows, err := db.Event.Query().
			Where(event.PositionNotNil()).
			Order(ent.Asc(event.FieldPosition)).
			Limit(expireAtOnce).
			Select(event.FieldID, event.FieldAt).
			All(ctx)
		if err != nil {
			return total, fmt.Errorf("look for old events: %w", err)
		}
		var old []uuid.UUID
		for _, row := range rows {
			if !row.At.Before(before) {
				break
			}
			old = append(old, row.ID)
		}
		if len(old) == 0 {
			return total, nil
		}
		n, err := db.Event.Delete().Where(event.IDIn(old...), event.PositionNotNil()).Exec(ctx)
		total += n
		if err != nil {
			return total, fmt.Errorf("remove old events: %w", err)
		}
		if len(old) < expireAtOnce {
			return total, nil
		}
	}
}
