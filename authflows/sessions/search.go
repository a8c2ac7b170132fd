package sessions

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Query says which sessions. All that is given must hold.
type Query struct {
	ID     *uuid.UUID
	User   *uuid.UUID
	Live   *bool // as LiveAt has it
	Client string
}

func (q Query) where(idle time.Duration, now time.Time) []predicate.Session {
	var out []predicate.Session
	if q.ID != nil {
		out = append(out, session.ID(*q.ID))
	}
	if q.User != nil {
		out = append(out, session.UserID(*q.User))
	}
	if q.Client != "" {
		out = append(out, session.Client(q.Client))
	}
	live := session.And(session.EndedAtIsNil(), session.ExpiresAtGT(now), session.LastSeenAtGT(now.Add(-idle)))
	if q.Live != nil && *q.Live {
		out = append(out, live)
	} else if q.Live != nil {
		out = append(out, session.Not(live))
	}
	return out
}

// Search returns a page of sessions in the order in which they were opened.
func Search(
	ctx context.Context, db *ent.Client, q Query, idle time.Duration, now time.Time, at page.Request,
) (page.Of[*Session], error) {
	query := db.Session.Query().Where(q.where(idle, now)...)
	if at.Behind != nil && at.Descending() {
		query.Where(session.IDLT(at.Behind.ID))
	} else if at.Behind != nil {
		query.Where(session.IDGT(at.Behind.ID))
	}
	order := ent.Asc(session.FieldID)
	if at.Descending() {
		order = ent.Desc(session.FieldID)
	}
	rows, err := query.Order(order).Limit(at.Take()).All(ctx)
	if err != nil {
		return page.Of[*Session]{}, fmt.Errorf("list sessions: %w", err)
	}
	return page.Map(page.Cut(rows, at), newSession), nil
}

// Count counts the sessions of a list.
func Count(ctx context.Context, db *ent.Client, q Query, idle time.Duration, now time.Time) (int, error) {
	n, err := db.Session.Query().Where(q.where(idle, now)...).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count sessions: %w", err)
	}
	return n, nil
}

// Latest returns the newest n sessions of each of some users, live or not, newest first, in one statement.
func Latest(ctx context.Context, db *ent.Client, users []uuid.UUID, n int) (map[uuid.UUID][]*Session, error) {
	tenant, _ := tenancy.From(ctx)
	rows, err := db.Session.Query().Where(newest(tenant, users, n)).Order(ent.Desc(session.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sessions of users: %w", err)
	}
	out := map[uuid.UUID][]*Session{}
	for _, row := range rows {
		out[row.UserID] = append(out[row.UserID], newSession(row))
	}
	return out, nil
}

// newest selects the newest n sessions of each of some users. The inner query names the tenant itself, for the mixin narrows the
// outer one only.
func newest(tenant uuid.UUID, users []uuid.UUID, n int) predicate.Session {
	of := make([]any, 0, len(users))
	for _, id := range users {
		of = append(of, id)
	}
	return func(s *sql.Selector) {
		d, t := sql.Dialect(s.Dialect()), sql.Table(session.Table)
		placed := d.Select(session.FieldID).
			AppendSelectExprAs(sql.RowNumber().PartitionBy(session.FieldUserID).OrderBy(sql.Desc(session.FieldID)), "place").
			From(t).
			Where(sql.And(sql.EQ(session.FieldTenantID, tenant), sql.In(session.FieldUserID, of...))).
			As("placed")
		s.Where(sql.In(s.C(session.FieldID), d.Select(session.FieldID).From(placed).Where(sql.LTE("place", n))))
	}
}

// CountOf counts the sessions of each of some users, in one statement.
func CountOf(ctx context.Context, db *ent.Client, users []uuid.UUID) (map[uuid.UUID]int, error) {
	var rows []struct {
		UserID uuid.UUID `json:"user_id"`
		Count  int       `json:"count"`
	}
	err := db.Session.Query().Where(session.UserIDIn(users...)).
		GroupBy(session.FieldUserID).Aggregate(ent.Count()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count sessions of users: %w", err)
	}
	out := map[uuid.UUID]int{}
	for _, row := range rows {
		out[row.UserID] = row.Count
	}
	return out, nil
}

// EndOfTenant ends all live sessions of the tenant in one statement, and returns how many.
func EndOfTenant(ctx context.Context, tx *ent.Tx, reason string, now time.Time) (int, error) {
	n, err := tx.Session.Update().
		Where(session.EndedAtIsNil(), session.ExpiresAtGT(now)).
		SetEndedAt(now).SetEndReason(reason).
		Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("end the tenant's sessions: %w", err)
	}
	return n, nil
}
