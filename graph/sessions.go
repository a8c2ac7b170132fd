package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
)

// newSession returns one session of a tenant, nil for nil.
func (r *Resolver) newSession(t *tenants.Tenant, s *authflows.Session) *model.Session {
	if s == nil {
		return nil
	}
	return model.NewSession(t.ID, s, r.Engine.Directory(t).Live(s), r.sessionBatch(t, []*authflows.Session{s}))
}

// sessionNode returns a session that an id names, as it is now. The fault is not_found.
func (r *Resolver) sessionNode(ctx context.Context, g model.GlobalID) (*model.Session, error) {
	ctx, t, err := r.reachObject(ctx, g)
	if err != nil {
		return nil, err
	}
	s, err := r.Engine.Directory(t.Tenant).Session(ctx, t.Object)
	return r.newSession(t.Tenant, s), err
}

// sessionBatch loads what hangs on several sessions of a tenant.
func (r *Resolver) sessionBatch(t *tenants.Tenant, of []*authflows.Session) *model.SessionBatch {
	seen, users := map[uuid.UUID]bool{}, []uuid.UUID{}
	for _, s := range of {
		if !seen[s.UserID] {
			seen[s.UserID] = true
			users = append(users, s.UserID)
		}
	}
	return &model.SessionBatch{Users: r.usersOf(t, users)}
}

// sessionConnection renders a page of sessions.
func (r *Resolver) sessionConnection(
	t *tenants.Tenant, l list, found page.Of[*authflows.Session], batch *model.SessionBatch,
) *model.SessionConnection {
	d := r.Engine.Directory(t)
	out := &model.SessionConnection{Edges: []*model.SessionEdge{}, Nodes: []*model.Session{}}
	for _, s := range found.Rows {
		node := model.NewSession(t.ID, s, d.Live(s), batch)
		out.Edges = append(out.Edges, &model.SessionEdge{Cursor: l.seal(markOf(s)), Node: node})
		out.Nodes = append(out.Nodes, node)
	}
	out.PageInfo = place(found, func(s *authflows.Session) string { return l.seal(markOf(s)) })
	return out
}

// latestSessions loads the newest sessions of each of some users: one statement reads them, one more counts them where that is
// asked for. Their cursors are those of the root field sessions for the same user.
func (r *Resolver) latestSessions(
	ctx context.Context, t *tenants.Tenant, users []uuid.UUID, first int,
) (map[uuid.UUID]*model.SessionConnection, error) {
	d := r.Engine.Directory(t)
	at := page.Request{Limit: first, Desc: true}
	found, err := d.LatestSessions(ctx, users, at.Take())
	if err != nil {
		return nil, err
	}
	base, err := r.listOf(ctx, "sessions")
	if err != nil {
		return nil, err
	}
	counts := model.NewBatch(func(ctx context.Context) (map[uuid.UUID]int, error) { return d.CountSessionsOf(ctx, users) })
	owners := &model.SessionBatch{Users: r.usersOf(t, users)}
	out := map[uuid.UUID]*model.SessionConnection{}
	for _, id := range users {
		l, err := base.of("sessions", t.ID, authflows.SessionQuery{User: &id}, true)
		if err != nil {
			return nil, err
		}
		c := r.sessionConnection(t, l, page.Cut(found[id], at), owners)
		c.Counter = func(ctx context.Context) (int, error) { return counts.Of(ctx, id) }
		out[id] = c
	}
	return out, nil
}

// sessionAgain renders the session of a mutation that was done before.
func (r *Resolver) sessionAgain(into **model.Session) func(context.Context, events.Fact) error {
	return func(ctx context.Context, f events.Fact) (err error) {
		*into, err = r.sessionNode(ctx, model.SessionID(f.Tenant, f.Object))
		return err
	}
}
