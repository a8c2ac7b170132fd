package events

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Latest returns the newest n events about each of some users that have a position, newest first, in one statement.
func Latest(ctx context.Context, db *ent.Client, users []uuid.UUID, n int) (map[uuid.UUID][]*Entry, error) {
	tenant, _ := tenancy.From(ctx)
	rows, err := db.Event.Query().Where(newest(tenant, users, n)).Order(ent.Desc(event.FieldPosition)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list events of users: %w", err)
	}
	out := map[uuid.UUID][]*Entry{}
	for _, row := range rows {
		e := NewEntry(row)
		out[e.User] = append(out[e.User], e)
	}
	return out, nil
}

// CountOf counts the events about each of some users that have a position, in one statement.
func CountOf(ctx context.Context, db *ent.Client, users []uuid.UUID) (map[uuid.UUID]int, error) {
	var rows []struct {
		UserID uuid.UUID `json:"user_id"`
		Count  int       `json:"count"`
	}
	err := db.Event.Query().Where(event.UserIDIn(users...), event.PositionNotNil()).
		GroupBy(event.FieldUserID).Aggregate(ent.Count()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count events of users: %w", err)
	}
	out := map[uuid.UUID]int{}
	for _, row := range rows {
		out[row.UserID] = row.Count
	}
	return out, nil
}

// newest selects the newest n events about each of some users. The inner query names the tenant itself, for the mixin narrows the
// outer one only.
func newest(tenant uuid.UUID, users []uuid.UUID, n int) predicate.Event {
	of := make([]any, 0, len(users))
	for _, id := range users {
		of = append(of, id)
	}
	return func(s *sql.Selector) {
		d, t := sql.Dialect(s.Dialect()), sql.Table(event.Table)
		placed := d.Select(event.FieldID).
			AppendSelectExprAs(sql.RowNumber().PartitionBy(event.FieldUserID).OrderBy(sql.Desc(event.FieldPosition)), "place").
			From(t).
			Where(sql.And(
				sql.EQ(event.FieldTenantID, tenant), sql.In(event.FieldUserID, of...), sql.NotNull(event.FieldPosition),
			)).
			As("placed")
		s.Where(sql.In(s.C(event.FieldID), d.Select(event.FieldID).From(placed).Where(sql.LTE("place", n))))
	}
}
