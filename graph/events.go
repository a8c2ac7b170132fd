package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// maxEventTypes is how many types may be named at once.
const maxEventTypes = 50

// newEvents returns events of one tenant, with their users loaded at once where they are asked for.
func (r *Resolver) newEvents(t *tenants.Tenant, entries []*events.Entry, cursor func(int64) string) []*model.Event {
	users := []uuid.UUID{}
	seen := map[uuid.UUID]bool{}
	for _, e := range entries {
		if e.User != uuid.Nil && !seen[e.User] {
			seen[e.User] = true
			users = append(users, e.User)
		}
	}
	batch := &model.EventBatch{Cursor: cursor, Users: model.NewBatch(func(ctx context.Context) (map[uuid.UUID]*model.User, error) {
		return r.usersByID(tenancy.With(ctx, t.ID), t, users)
	})}
	out := make([]*model.Event, 0, len(entries))
	for _, e := range entries {
		out = append(out, model.NewEvent(e, batch))
	}
	return out
}

// eventList names a list of a tenant's events. That of all in ascending order is the one in which a stream goes on.
func (r *Resolver) eventList(ctx context.Context, tenant uuid.UUID, where *model.EventWhere, desc bool) (list, error) {
	if where == nil {
		where = &model.EventWhere{}
	}
	return r.listOf(ctx, "events", tenant, *where, desc)
}

// streamCursor returns what writes the cursor of an event.
func (r *Resolver) streamCursor(ctx context.Context, tenant uuid.UUID) (func(int64) string, error) {
	all, err := r.eventList(ctx, tenant, nil, false)
	return func(position int64) string { return all.seal(page.Mark{Number: position}) }, err
}

// eventConnection renders a page of a list of events.
func (r *Resolver) eventConnection(ctx context.Context, l list, t *tenants.Tenant, p page.Of[*events.Entry], count model.Counter,
) (*model.EventConnection, error) {
	cursor, err := r.streamCursor(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	inList := func(e *events.Entry) string { return l.seal(page.Mark{Number: e.Position}) }
	c := &model.EventConnection{
		Nodes: r.newEvents(t, p.Rows, cursor), Edges: []*model.EventEdge{}, PageInfo: place(p, inList), Counter: count,
	}
	for i, node := range c.Nodes {
		c.Edges = append(c.Edges, &model.EventEdge{Cursor: inList(p.Rows[i]), Node: node})
	}
	return c, nil
}

// events answers the root field.
func (r *Resolver) events(ctx context.Context, tenant string, p paging, where *model.EventWhere, order *model.EventOrder,
) (*model.EventConnection, error) {
	ctx, t, err := r.reach(ctx, model.KindTenant, tenant)
	if err != nil {
		return nil, err
	}
	desc := order == nil || order.Direction == model.DirectionDesc
	l, err := r.eventList(ctx, t.ID, where, desc)
	if err != nil {
		return nil, err
	}
	at, err := l.request(p, desc)
	if err != nil {
		return nil, err
	}
	q, err := eventQuery(t.ID, where)
	if err != nil {
		return nil, err
	}
	found, err := events.Search(ctx, r.Engine.DB.Client, q, at)
	if err != nil {
		return nil, err
	}
	return r.eventConnection(ctx, l, t.Tenant, found, func(ctx context.Context) (int, error) {
		return events.Count(tenancy.With(ctx, t.ID), r.Engine.DB.Client, q)
	})
}

// eventQuery reads a filter. A target of another tenant is as unknown as one that does not exist. The fault is invalid_input.
func eventQuery(tenant uuid.UUID, where *model.EventWhere) (events.Query, error) {
	var q events.Query
	if where == nil {
		return q, nil
	}
	var err error
	if q.Types, err = eventTypes(where.Types, "where.types"); err != nil {
		return q, err
	}
	if where.ActorID != nil {
		id, ok := ids.Parse(ids.APIKey, *where.ActorID)
		if !ok {
			id, ok = ids.Parse(ids.User, *where.ActorID)
		}
		if !ok {
			return q, wrongArgument("where.actorId", "Give the id of an admin, usr_…, or of an API key, key_….")
		}
		q.ActorID = id
	}
	if where.Target != nil {
		narrowTo(&q, tenant, *where.Target)
	}
	if where.From != nil {
		q.From = *where.From
	}
	if where.To != nil {
		q.To = *where.To
	}
	if where.From != nil && where.To != nil && !where.From.Before(*where.To) {
		return q, wrongArgument("where.to", "Give a time after from.")
	}
	return q, nil
}

// narrowTo narrows a query to what an id names.
func narrowTo(q *events.Query, tenant uuid.UUID, id string) {
	g, ok := model.ParseID(id)
	switch {
	case !ok || g.Tenant != tenant:
		q.Nothing = true
	case g.Kind == model.KindUser:
		q.User = g.Object
	case g.Kind == model.KindSession:
		q.Session = g.Object
	default:
		q.Target = g.Object
	}
}

func eventTypes(names []string, field string) ([]events.Type, error) {
	if len(names) > maxEventTypes {
		return nil, wrongArgument(field, "Name at most 50 types, or leave them out for all.")
	}
	var out []events.Type
	for _, name := range names {
		if !events.Known(events.Type(name)) {
			return nil, wrongArgument(field, "There is no such type of events. Events show theirs as `type`.")
		}
		out = append(out, events.Type(name))
	}
	return out, nil
}
