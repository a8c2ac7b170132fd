package events

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/page"
)

// Entry is an event as readers of the audit log see it.
type Entry struct {
	ID, Tenant            uuid.UUID
	Type                  Type
	Actor                 Actor
	ActorID               uuid.UUID // the admin or API key; uuid.Nil for others
	User, Session, Target uuid.UUID // uuid.Nil for none
	Data                  json.RawMessage
	Personal              json.RawMessage // for those who may see personal values
	At                    time.Time
	Position              int64 // 0 as long as it has none
}

// PublicID returns evt_….
func (e *Entry) PublicID() string { return ids.Format(ids.Event, e.ID) }

// NewEntry returns the entry of a row.
func NewEntry(row *ent.Event) *Entry {
	e := &Entry{
		ID: row.ID, Tenant: row.TenantID, Type: Type(row.Type), Actor: Actor(row.Actor), At: row.At,
		ActorID: orNil(row.ActorID), User: orNil(row.UserID), Session: orNil(row.SessionID), Target: orNil(row.TargetID),
	}
	e.Data, e.Personal = split(row.Data)
	if row.Position != nil {
		e.Position = *row.Position
	}
	return e
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// split takes the personal member out of an event's data. What is no object is shown to nobody as anything but personal.
func split(data json.RawMessage) (open, personal json.RawMessage) {
	if len(data) == 0 {
		return nil, nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil, data
	}
	personal, ok := members[Personal]
	if !ok {
		return data, nil
	}
	delete(members, Personal)
	if len(members) == 0 {
		return nil, personal
	}
	open, _ = json.Marshal(members)
	return open, personal
}

// Query says which events of a tenant. All that is given must hold; the zero Query is all of them.
type Query struct {
	Types                       []Type
	ActorID                     uuid.UUID
	User, Session, Target       uuid.UUID
	From, To                    time.Time // from this time on, before that time
	AfterPosition, UpToPosition int64     // behind the one, and up to the other where that is not 0
	Nothing                     bool      // of what does not exist there are no events
}

func (q Query) narrow(query *ent.EventQuery) *ent.EventQuery {
	query.Where(event.PositionNotNil())
	if len(q.Types) > 0 {
		names := make([]string, 0, len(q.Types))
		for _, t := range q.Types {
			names = append(names, string(t))
		}
		query.Where(event.TypeIn(names...))
	}
	if q.ActorID != uuid.Nil {
		query.Where(event.ActorID(q.ActorID))
	}
	if q.User != uuid.Nil {
		query.Where(event.UserID(q.User))
	}
	if q.Session != uuid.Nil {
		query.Where(event.SessionID(q.Session))
	}
	if q.Target != uuid.Nil {
		query.Where(event.TargetID(q.Target))
	}
	if !q.From.IsZero() {
		query.Where(event.AtGTE(q.From))
	}
	if !q.To.IsZero() {
		query.Where(event.AtLT(q.To))
	}
	if q.AfterPosition > 0 {
		query.Where(event.PositionGT(q.AfterPosition))
	}
	if q.UpToPosition > 0 {
		query.Where(event.PositionLTE(q.UpToPosition))
	}
	return query
}

// Search returns a page of the events of the tenant of ctx that have a position, in the order of positions. Marks hold the
// position as their number.
func Search(ctx context.Context, db *ent.Client, q Query, at page.Request) (page.Of[*Entry], error) {
	if q.Nothing {
		return page.Of[*Entry]{}, nil
	}
	query := q.narrow(db.Event.Query())
	order := ent.Asc(event.FieldPosition)
	if at.Descending() {
		order = ent.Desc(event.FieldPosition)
	}
	if at.Behind != nil && at.Descending() {
		query.Where(event.PositionLT(at.Behind.Number))
	} else if at.Behind != nil {
		query.Where(event.PositionGT(at.Behind.Number))
	}
	rows, err := query.Order(order).Limit(at.Take()).All(ctx)
	if err != nil {
		return page.Of[*Entry]{}, fmt.Errorf("search events: %w", err)
	}
	return page.Map(page.Cut(rows, at), NewEntry), nil
}

// Count counts the events that Search finds.
func Count(ctx context.Context, db *ent.Client, q Query) (int, error) {
	if q.Nothing {
		return 0, nil
	}
	n, err := q.narrow(db.Event.Query()).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count events: %w", err)
	}
	return n, nil
}

// ByID returns events of the tenant of ctx by their ids, also those without a position yet, in one statement; those that do not
// exist are left out.
func ByID(ctx context.Context, db *ent.Client, ids []uuid.UUID) ([]*Entry, error) {
	rows, err := db.Event.Query().Where(event.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read events by their ids: %w", err)
	}
	out := make([]*Entry, 0, len(rows))
	for _, row := range rows {
		out = append(out, NewEntry(row))
	}
	return out, nil
}

// following reads the next events of the tenant of ctx by position, at most limit.
func following(ctx context.Context, db *ent.Client, q Query, limit int) ([]*Entry, error) {
	rows, err := q.narrow(db.Event.Query()).Order(ent.Asc(event.FieldPosition)).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]*Entry, 0, len(rows))
	for _, row := range rows {
		out = append(out, NewEntry(row))
	}
	return out, nil
}
