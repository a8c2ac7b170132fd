package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
)

// newUser returns one user of a tenant, nil for nil.
func (r *Resolver) newUser(t *tenants.Tenant, u *authflows.User) *model.User {
	if u == nil {
		return nil
	}
	return model.NewUser(t.ID, u, r.userBatch(t, []uuid.UUID{u.ID}))
}

// userNode returns a user that an id names, as it is now. The fault is not_found.
func (r *Resolver) userNode(ctx context.Context, g model.GlobalID) (*model.User, error) {
	ctx, t, err := r.reachObject(ctx, g)
	if err != nil {
		return nil, err
	}
	u, err := r.Engine.Directory(t.Tenant).User(ctx, t.Object)
	return r.newUser(t.Tenant, u), err
}

// usersByID returns users of a tenant by their ids, in one statement; those that are gone are left out.
func (r *Resolver) usersByID(ctx context.Context, t *tenants.Tenant, users []uuid.UUID) (map[uuid.UUID]*model.User, error) {
	found, err := r.Engine.Directory(t).UsersByID(ctx, users)
	if err != nil {
		return nil, err
	}
	out, batch := map[uuid.UUID]*model.User{}, r.userBatch(t, users)
	for id, u := range found {
		out[id] = model.NewUser(t.ID, u, batch)
	}
	return out, nil
}

// usersOf is usersByID where somebody asks for it.
func (r *Resolver) usersOf(t *tenants.Tenant, users []uuid.UUID) *model.Batch[*model.User] {
	return model.NewBatch(func(ctx context.Context) (map[uuid.UUID]*model.User, error) { return r.usersByID(ctx, t, users) })
}

// userBatch loads what hangs on several users of a tenant: each kind of it in one statement.
func (r *Resolver) userBatch(t *tenants.Tenant, users []uuid.UUID) *model.UserBatch {
	d := r.Engine.Directory(t)
	return &model.UserBatch{
		Identifiers: model.NewBatch(func(ctx context.Context) (map[uuid.UUID][]*model.Identifier, error) {
			found, err := d.Identifiers(ctx, users)
			return eachList(found, newIdentifier), err
		}),
		Factors: model.NewBatch(func(ctx context.Context) (map[uuid.UUID][]*model.Factor, error) {
			found, err := d.Factors(ctx, users)
			return eachList(found, newFactor), err
		}),
		Sessions: model.NewNewest(func(ctx context.Context, first int) (map[uuid.UUID]*model.SessionConnection, error) {
			return r.latestSessions(ctx, t, users, first)
		}),
		Events: model.NewNewest(func(ctx context.Context, first int) (map[uuid.UUID]*model.EventConnection, error) {
			return r.latestEvents(ctx, t, users, first)
		}),
	}
}

func newIdentifier(i *authflows.Identifier) *model.Identifier {
	return &model.Identifier{
		IdentifierID: i.PublicID(), Kind: string(i.Kind), Value: i.Value, Primary: i.Primary, VerifiedAt: i.VerifiedAt,
	}
}

func newFactor(f *authflows.FactorShown) *model.Factor {
	out := &model.Factor{
		Kind: string(f.Kind), FactorID: textOrNull(f.PublicID()), Name: textOrNull(f.Name),
		CreatedAt: &f.CreatedAt, LastUsedAt: f.LastUsedAt,
	}
	if f.Kind == amr.RecoveryCode {
		out.Remaining = &f.Left
	}
	return out
}

// changeUser runs a mutation of one user.
func (r *Resolver) changeUser(
	ctx context.Context, input any, id string, key *string,
	do func(*authflows.Directory, context.Context, uuid.UUID) (*authflows.User, error),
) (*model.UserPayload, error) {
	p := &model.UserPayload{}
	return p, r.change(ctx, outcome{&p.UserErrors, &p.EventID}, input, key, func(ctx context.Context) error {
		ctx, t, err := r.reach(ctx, model.KindUser, id)
		if err != nil {
			return err
		}
		user, err := do(r.Engine.Directory(t.Tenant), ctx, t.Object)
		p.User = r.newUser(t.Tenant, user)
		return err
	}, r.userAgain(&p.User))
}

// userAgain renders the user of a mutation that was done before.
func (r *Resolver) userAgain(into **model.User) func(context.Context, events.Fact) error {
	return func(ctx context.Context, f events.Fact) (err error) {
		*into, err = r.userNode(ctx, model.UserID(f.Tenant, f.Object))
		return err
	}
}

func newUserOf(in model.CreateUserInput) authflows.NewUser {
	return authflows.NewUser{
		Email: given(in.Email), Username: given(in.Username), Phone: given(in.Phone), EmailVerified: in.EmailVerified,
		Name: given(in.Name), Profile: profileOf(in.Profile), Password: given(in.Password), Roles: in.Roles,
	}
}

// changeOf reads what to change: what is null is to go, what is left out stays.
func changeOf(in model.UpdateUserInput) (out authflows.UserChange) {
	if v, ok := in.Name.ValueOK(); ok {
		name := given(v)
		out.Name = &name
	}
	if v, ok := in.Profile.ValueOK(); ok {
		profile := profileOf(v)
		out.Profile = &profile
	}
	if v, ok := in.Roles.ValueOK(); ok {
		out.Roles = &v
	}
	return out
}

// profileOf is the profile of an input, nothing for null.
func profileOf(v model.JSON) model.JSON {
	if string(v) == "null" {
		return nil
	}
	return v
}

// given is a text of an input, the empty one where it was left out.
func given(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// textOrNull is a text of an answer, null where it is empty.
func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// latestEvents loads the newest events about each of some users: one statement reads them, one more counts them where that is
// asked for. Their cursors are those of the root field events for the same target.
func (r *Resolver) latestEvents(
	ctx context.Context, t *tenants.Tenant, users []uuid.UUID, first int,
) (map[uuid.UUID]*model.EventConnection, error) {
	d := r.Engine.Directory(t)
	at := page.Request{Limit: first, Desc: true}
	found, err := d.LatestEvents(ctx, users, at.Take())
	if err != nil {
		return nil, err
	}
	stream, err := r.streamCursor(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	base, err := r.eventList(ctx, t.ID, nil, true)
	if err != nil {
		return nil, err
	}
	counts := model.NewBatch(func(ctx context.Context) (map[uuid.UUID]int, error) { return d.CountEventsOf(ctx, users) })
	out, all := map[uuid.UUID]*model.EventConnection{}, []*events.Entry{}
	for _, id := range users {
		target := model.UserID(t.ID, id).String()
		l, err := base.of("events", t.ID, model.EventWhere{Target: &target}, true)
		if err != nil {
			return nil, err
		}
		cut := page.Cut(found[id], at)
		all = append(all, cut.Rows...)
		c := &model.EventConnection{Edges: []*model.EventEdge{}, Nodes: []*model.Event{}}
		for _, e := range cut.Rows {
			c.Edges = append(c.Edges, &model.EventEdge{Cursor: l.seal(page.Mark{Number: e.Position})})
		}
		c.PageInfo = place(cut, func(e *events.Entry) string { return l.seal(page.Mark{Number: e.Position}) })
		c.Counter = func(ctx context.Context) (int, error) { return counts.Of(ctx, id) }
		out[id] = c
	}
	nodes := r.newEvents(t, all, stream) // all at once: their users are one statement
	for _, id := range users {
		for _, edge := range out[id].Edges {
			edge.Node, nodes = nodes[0], nodes[1:]
			out[id].Nodes = append(out[id].Nodes, edge.Node)
		}
	}
	return out, nil
}
