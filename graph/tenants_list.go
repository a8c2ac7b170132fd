package graph

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
)

// listTenants returns a page of the tenants that the actor may read.
func (r *Resolver) listTenants(ctx context.Context, p paging,
	where *model.TenantWhere, order *model.TenantOrder,
) (*model.TenantConnection, error) {
	if order == nil {
		order = &model.TenantOrder{Field: model.TenantOrderFieldSlug, Direction: model.DirectionAsc}
	}
	list, err := r.listOf(ctx, "tenants", where, order)
	if err != nil {
		return nil, err
	}
	at, err := list.request(p, order.Direction == model.DirectionDesc)
	if err != nil {
		return nil, err
	}
	query := tenantQuery(access.From(ctx), scopeOf(ctx), where)
	query.ByAge = order.Field == model.TenantOrderFieldCreatedAt
	found, err := r.Tenants.Search(ctx, query, at)
	if err != nil {
		return nil, err
	}
	cursor := func(t *tenants.Tenant) string { return list.seal(query.Mark(t)) }
	c := &model.TenantConnection{
		Edges: []*model.TenantEdge{}, Nodes: []*model.Tenant{}, PageInfo: place(found, cursor),
		Counter: func(ctx context.Context) (int, error) { return r.Tenants.CountTenants(ctx, query) },
	}
	with := r.tenantBatch(found.Rows)
	for _, t := range found.Rows {
		node := model.NewTenant(t, with)
		c.Nodes = append(c.Nodes, node)
		c.Edges = append(c.Edges, &model.TenantEdge{Cursor: cursor(t), Node: node})
	}
	return c, nil
}

// tenantQuery says which tenants an actor finds.
func tenantQuery(actor *access.Actor, scope access.Scope, where *model.TenantWhere) tenants.TenantQuery {
	var q tenants.TenantQuery
	if where != nil {
		q.SlugPrefix, q.NameContains = orEmpty(where.SlugPrefix), orEmpty(where.NameContains)
		if where.Status != nil {
			q.Status = tenants.Status(strings.ToLower(string(*where.Status)))
		}
	}
	only, every := actor.Reach(scope)
	if !every {
		q.Only = []uuid.UUID{}
		for _, id := range only {
			if actor.May(scope, id) {
				q.Only = append(q.Only, id)
			}
		}
	} else if !actor.May(scope, actor.Platform) {
		q.Except = actor.Platform
	}
	return q
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
