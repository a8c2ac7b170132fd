package grants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/admingrant"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
)

// Held is a grant with what its holder's row says.
type Held struct {
	Grant
	Email   string // the primary address as typed
	Factors []string
}

// Query says which grants. All that is given must hold.
type Query struct {
	Over []uuid.UUID // over one of these; nil for any
	Role access.Role // empty for any
}

// Get returns a grant, or the fault not_found.
func Get(ctx context.Context, db *ent.Client, id uuid.UUID) (*Held, error) {
	row, err := db.AdminGrant.Query().Where(admingrant.ID(id)).WithUser().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read a grant: %w", err)
	}
	return newHeld(row), nil
}

// ByID returns grants by their ids, in two statements; those that do not exist are left out.
func ByID(ctx context.Context, db *ent.Client, ids []uuid.UUID) ([]*Held, error) {
	rows, err := db.AdminGrant.Query().Where(admingrant.IDIn(ids...)).WithUser().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	out := make([]*Held, 0, len(rows))
	for _, row := range rows {
		out = append(out, newHeld(row))
	}
	return out, nil
}

// List returns a page of the grants in the order in which they were given, in two statements.
func List(ctx context.Context, db *ent.Client, q Query, at page.Request) (page.Of[*Held], error) {
	query, order := q.of(db), ent.Asc(admingrant.FieldID)
	if at.Descending() {
		order = ent.Desc(admingrant.FieldID)
	}
	switch {
	case at.Behind != nil && at.Descending():
		query.Where(admingrant.IDLT(at.Behind.ID))
	case at.Behind != nil:
		query.Where(admingrant.IDGT(at.Behind.ID))
	}
	rows, err := query.Order(order).Limit(at.Take()).WithUser().All(ctx)
	if err != nil {
		return page.Of[*Held]{}, fmt.Errorf("list grants: %w", err)
	}
	return page.Map(page.Cut(rows, at), newHeld), nil
}

// Count counts grants.
func Count(ctx context.Context, db *ent.Client, q Query) (int, error) {
	n, err := q.of(db).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count grants: %w", err)
	}
	return n, nil
}

func (q Query) of(db *ent.Client) *ent.AdminGrantQuery {
	query := db.AdminGrant.Query()
	if q.Over != nil {
		query.Where(admingrant.OverIn(q.Over...))
	}
	if q.Role != "" {
		query.Where(admingrant.Role(string(q.Role)))
	}
	return query
}

func newHeld(row *ent.AdminGrant) *Held {
	h := &Held{Grant: *New(row)}
	if user := row.Edges.User; user != nil {
		h.Email, h.Factors = user.Email, user.Factors
	}
	return h
}
