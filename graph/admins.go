package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
)

// platform returns the reserved tenant, whose users are the admins and whose keys reach every tenant.
func (r *Resolver) platform(ctx context.Context) (*tenants.Tenant, error) {
	return r.Tenants.BySlug(ctx, tenants.Reserved)
}

// reachOrAll is reach for a tenant that may be left out: then it is the reserved one, which stands for every tenant.
func (r *Resolver) reachOrAll(ctx context.Context, tenant *string) (context.Context, *target, error) {
	if tenant != nil {
		return r.reach(ctx, model.KindTenant, *tenant)
	}
	platform, err := r.platform(ctx)
	if err != nil {
		return ctx, nil, err
	}
	return r.reachObject(ctx, model.TenantID(platform.ID))
}

// reachToGive is reachOrAll for what is given over a tenant. Who may not give it over every tenant is asked for one.
func (r *Resolver) reachToGive(ctx context.Context, tenant *string) (context.Context, *target, error) {
	ctx, t, err := r.reachOrAll(ctx, tenant)
	if tenant == nil && fault.CodeOf(err) == fault.NotFound {
		err = fault.Invalid(fault.Field{Field: "tenant", Code: "required", Message: "Give a tenant over which you may do this."})
	}
	return ctx, t, err
}

// admins returns the admins of the platform for changes and lists.
func (r *Resolver) admins(ctx context.Context) (*authflows.Admins, *tenants.Tenant, error) {
	platform, err := r.platform(ctx)
	if err != nil {
		return nil, nil, err
	}
	return r.Engine.Admins(platform), platform, nil
}

// adminNode returns an admin that the actor may see.
func (r *Resolver) adminNode(ctx context.Context, g model.GlobalID) (*model.Admin, error) {
	ctx, t, err := r.reachObject(ctx, g)
	if err != nil {
		return nil, err
	}
	admins, platform, err := r.admins(ctx)
	if err != nil {
		return nil, err
	}
	a, err := admins.Get(ctx, t.ID, t.Object)
	if err != nil {
		return nil, err
	}
	return model.NewAdmin(a, platform.ID), nil
}

// createAdmin makes an admin, and tells where somebody new sets a password.
func (r *Resolver) createAdmin(ctx context.Context, input model.CreateAdminInput, p *model.CreateAdminPayload) error {
	ctx, t, err := r.reachToGive(ctx, input.Tenant)
	if err != nil {
		return err
	}
	admins, platform, err := r.admins(ctx)
	if err != nil {
		return err
	}
	made, link, err := admins.Create(ctx, authflows.NewAdmin{Email: input.Email, Role: input.Role.Access(), Over: t.ID})
	if err != nil {
		return err
	}
	p.Admin = model.NewAdmin(made, platform.ID)
	if link != nil {
		p.SetupURL = &link.URL
	}
	return nil
}

func (r *Resolver) updateAdminRole(ctx context.Context, input model.UpdateAdminRoleInput) (*model.Admin, error) {
	ctx, t, err := r.reach(ctx, model.KindAdmin, input.ID)
	if err != nil {
		return nil, err
	}
	admins, platform, err := r.admins(ctx)
	if err != nil {
		return nil, err
	}
	a, err := admins.ChangeRole(ctx, t.ID, t.Object, input.Role.Access())
	if err != nil {
		return nil, err
	}
	return model.NewAdmin(a, platform.ID), nil
}

func (r *Resolver) removeAdmin(ctx context.Context, id string) error {
	ctx, t, err := r.reach(ctx, model.KindAdmin, id)
	if err != nil {
		return err
	}
	admins, _, err := r.admins(ctx)
	if err != nil {
		return err
	}
	return admins.Remove(ctx, t.ID, t.Object)
}

// listAdmins returns a page of those admins that the actor may see.
func (r *Resolver) listAdmins(ctx context.Context, p paging, where *model.AdminWhere, desc bool) (*model.AdminConnection, error) {
	l, err := r.listOf(ctx, "admins", where, desc)
	if err != nil {
		return nil, err
	}
	at, err := l.request(p, desc)
	if err != nil {
		return nil, err
	}
	query, err := r.adminQuery(ctx, where)
	if err != nil {
		return nil, err
	}
	admins, platform, err := r.admins(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := admins.List(ctx, query, at)
	if err != nil {
		return nil, err
	}
	cursor := func(a *authflows.Admin) string { return l.seal(page.Mark{ID: a.ID}) }
	out := &model.AdminConnection{
		Edges: []*model.AdminEdge{}, Nodes: []*model.Admin{}, PageInfo: place(rows, cursor),
		Counter: func(ctx context.Context) (int, error) { return admins.Count(ctx, query) },
	}
	for _, a := range rows.Rows {
		node := model.NewAdmin(a, platform.ID)
		out.Nodes = append(out.Nodes, node)
		out.Edges = append(out.Edges, &model.AdminEdge{Cursor: cursor(a), Node: node})
	}
	return out, nil
}

// adminQuery narrows a list to what the actor may see. A tenant that it may not has no admins for it.
func (r *Resolver) adminQuery(ctx context.Context, where *model.AdminWhere) (authflows.AdminQuery, error) {
	q := authflows.AdminQuery{Over: []uuid.UUID{}}
	reached, every := access.From(ctx).Reach(scopeOf(ctx))
	if every {
		q.Over = nil
	} else {
		q.Over = append(q.Over, reached...)
	}
	if where == nil {
		return q, nil
	}
	if where.Role != nil {
		q.Role = where.Role.Access()
	}
	if where.Tenant == nil {
		return q, nil
	}
	_, t, err := r.reach(ctx, model.KindTenant, *where.Tenant)
	switch {
	case err == nil:
		q.Over = []uuid.UUID{t.ID}
	case fault.CodeOf(err) == fault.NotFound:
		q.Over, err = []uuid.UUID{}, nil
	}
	return q, err
}
