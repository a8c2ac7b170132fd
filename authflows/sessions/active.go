package sessions

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/session"
)

// CountUsersSeen counts the users of a tenant whose sessions were used since a time.
func CountUsersSeen(ctx context.Context, db *ent.Client, since time.Time) (int, error) {
	n, err := db.Session.Query().
		Where(session.LastSeenAtGTE(since)).
		Aggregate(func(s *sql.Selector) string { return sql.Count(sql.Distinct(s.C(session.FieldUserID))) }).
		Int(ctx)
	if err != nil {
		return 0, fmt.Errorf("count active users: %w", err)
	}
	return n, nil
}
