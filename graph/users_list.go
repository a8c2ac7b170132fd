package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/page"
)

// userList reads which users of a tenant are asked for, and in which order.
func userList(ctx context.Context, t *target, where *model.UserWhere, order *model.UserOrder) (q authflows.UserQuery, desc bool, err error) {
	if where == nil {
		where = &model.UserWhere{}
	}
	desc = true
	if order != nil {
		q.ByEmail, desc = order.Field == model.UserOrderFieldEmail, order.Direction == model.DirectionDesc
	} else if where.EmailPrefix != nil {
		q.ByEmail, desc = true, false
	}
	q.Identifier, q.Enrolled = where.Identifier, where.MfaEnrolled
	q.CreatedAfter, q.CreatedBefore = where.CreatedAfter, where.CreatedBefore
	if where.Status != nil {
		suspended := *where.Status == model.UserStatusSuspended
		q.Suspended = &suspended
	}
	// An order by what one must not see tells it.
	if (q.ByEmail || q.Identifier != nil || where.EmailPrefix != nil) && !access.From(ctx).May(access.UsersPII, t.ID) {
		return q, desc, &lacking{scope: access.UsersPII}
	}
	if where.UserID != nil {
		id, ok := ids.Parse(ids.User, *where.UserID)
		if !ok {
			return q, desc, wrongArgument("where.userId", "Give the id of a user, usr_….")
		}
		q.ID = &id
	}
	if where.EmailPrefix == nil {
		return q, desc, nil
	}
	var ok bool
	if q.EmailPrefix, ok = authflows.EmailPrefix(*where.EmailPrefix); !ok {
		return q, desc, wrongArgument("where.emailPrefix", "Give the beginning of an e-mail address, at least one character of it.")
	}
	if !q.ByEmail {
		return q, desc, wrongArgument("orderBy", "With emailPrefix users are ordered by EMAIL.")
	}
	return q, desc, nil
}

// userPage reads a page of users.
func (r *Resolver) userPage(ctx context.Context, t *target, q authflows.UserQuery, desc bool, p paging) (*model.UserConnection, error) {
	l, err := r.listOf(ctx, "users", t.ID, q, desc)
	if err != nil {
		return nil, err
	}
	at, err := l.request(p, desc)
	if err != nil {
		return nil, err
	}
	d := r.Engine.Directory(t.Tenant)
	found, err := d.Users(ctx, q, at)
	if err != nil {
		return nil, err
	}
	users := make([]uuid.UUID, 0, len(found.Rows))
	for _, u := range found.Rows {
		users = append(users, u.ID)
	}
	out, batch := &model.UserConnection{Edges: []*model.UserEdge{}, Nodes: []*model.User{}}, r.userBatch(t.Tenant, users)
	for _, u := range found.Rows {
		node := model.NewUser(t.ID, u.User, batch)
		out.Edges = append(out.Edges, &model.UserEdge{Cursor: l.seal(u.Mark), Node: node})
		out.Nodes = append(out.Nodes, node)
	}
	out.PageInfo = place(found, func(u *authflows.UserListed) string { return l.seal(u.Mark) })
	out.Counter = func(ctx context.Context) (int, error) { return d.CountUsers(ctx, q) }
	return out, nil
}

// sessionList reads which sessions of a tenant are asked for, and in which order. Of a user who is none of the tenant's there are
// none.
func sessionList(t *target, where *model.SessionWhere, order *model.SessionOrder) (q authflows.SessionQuery, desc bool, err error) {
	desc = order == nil || order.Direction == model.DirectionDesc
	if where == nil {
		return q, desc, nil
	}
	q.Live, q.Client = where.Live, given(where.Client)
	if where.User != nil {
		user, ok := model.ParseID(*where.User)
		if !ok || user.Kind != model.KindUser || user.Tenant != t.ID {
			user.Object = uuid.Nil
		}
		q.User = &user.Object
	}
	if where.SessionID != nil {
		id, ok := ids.Parse(ids.Session, *where.SessionID)
		if !ok {
			return q, desc, wrongArgument("where.sessionId", "Give the id of a session, ses_….")
		}
		q.ID = &id
	}
	return q, desc, nil
}

// sessionPage reads a page of sessions.
func (r *Resolver) sessionPage(
	ctx context.Context, t *target, q authflows.SessionQuery, desc bool, p paging,
) (*model.SessionConnection, error) {
	l, err := r.listOf(ctx, "sessions", t.ID, q, desc)
	if err != nil {
		return nil, err
	}
	at, err := l.request(p, desc)
	if err != nil {
		return nil, err
	}
	d := r.Engine.Directory(t.Tenant)
	found, err := d.Sessions(ctx, q, at)
	if err != nil {
		return nil, err
	}
	out := r.sessionConnection(t.Tenant, l, found, r.sessionBatch(t.Tenant, found.Rows))
	out.Counter = func(ctx context.Context) (int, error) { return d.CountSessions(ctx, q) }
	return out, nil
}

func markOf(s *authflows.Session) page.Mark { return page.Mark{ID: s.ID} }
