package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/predicate"
)

// Decision is an event that recorded a decision on a sign-in.
type Decision struct {
	Event   uuid.UUID
	User    uuid.UUID // uuid.Nil for one who was about to be made
	At      time.Time
	Blocked bool
	Data    json.RawMessage
}

// decisionsPage is how many events are read at a time.
const decisionsPage = 1000

// outOfOrder is more than events' times can be out of the order of their positions: transactions end within seconds.
const outOfOrder = time.Minute

// Decisions returns the newest events since a time that may have recorded a decision, oldest first, at most so many. more
// reports whether there were others. It reads in pages, and ends with ctx.
func Decisions(ctx context.Context, db *ent.Client, since time.Time, most int) (out []Decision, more bool, err error) {
	for _, kind := range []Type{UserSignedIn, SignInBlocked} {
		read, cut, err := decisionsOf(ctx, db, kind, since, most)
		if err != nil {
			return nil, false, fmt.Errorf("read decisions: %w", err)
		}
		out, more = append(out, read...), more || cut
	}
	slices.SortFunc(out, func(a, b Decision) int {
		return cmp.Or(a.At.Compare(b.At), slices.Compare(a.Event[:], b.Event[:]))
	})
	if over := len(out) - most; over > 0 {
		out, more = out[over:], true
	}
	return out, more, nil
}

// decisionsOf reads those of one type. Events without a position come first: whatever gets one meanwhile is met again.
func decisionsOf(ctx context.Context, db *ent.Client, kind Type, since time.Time, most int) (out []Decision, more bool, err error) {
	seen := map[uuid.UUID]bool{}
	take := func(rows []*ent.Event) (old bool) {
		for _, row := range rows {
			old = old || row.At.Before(since.Add(-outOfOrder))
			if row.At.Before(since) || seen[row.ID] {
				continue
			}
			seen[row.ID] = true
			out = append(out, Decision{row.ID, orNil(row.UserID), row.At, kind == SignInBlocked, row.Data})
		}
		return old
	}
	fresh, err := read(ctx, db, kind, most+1, event.PositionIsNil(), event.AtGTE(since))
	if err != nil {
		return nil, false, err
	}
	take(fresh)
	where := event.PositionNotNil()
	for len(out) <= most {
		rows, err := read(ctx, db, kind, decisionsPage, where)
		if err != nil {
			return nil, false, err
		}
		if take(rows) || len(rows) < decisionsPage {
			return out, len(out) > most, nil
		}
		where = event.PositionLT(*rows[len(rows)-1].Position)
	}
	return out, true, nil
}

func read(ctx context.Context, db *ent.Client, kind Type, n int, where ...predicate.Event) ([]*ent.Event, error) {
	return db.Event.Query().
		Where(event.Type(string(kind))).
		Where(where...).
		Order(ent.Desc(event.FieldPosition), ent.Desc(event.FieldID)).
		Limit(n).
		Select(event.FieldUserID, event.FieldAt, event.FieldData, event.FieldPosition).
		All(ctx)
}
