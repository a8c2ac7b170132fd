package graph

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
)

// newAPIKey returns a key as it is now.
func (r *Resolver) newAPIKey(ctx context.Context, k *tenants.APIKey, err error) (*model.APIKey, error) {
	if err != nil {
		return nil, err
	}
	platform, err := r.platform(ctx)
	if err != nil {
		return nil, err
	}
	return model.NewAPIKey(k, platform.ID, r.Now()), nil
}

// apiKeyNode returns a key that the actor may see.
func (r *Resolver) apiKeyNode(ctx context.Context, g model.GlobalID) (*model.APIKey, error) {
	ctx, t, err := r.reachObject(ctx, g)
	if err != nil {
		return nil, err
	}
	k, err := r.Tenants.APIKey(ctx, t.Tenant, t.Object)
	return r.newAPIKey(ctx, k, err)
}

// createAPIKey makes a key and shows its secret.
func (r *Resolver) createAPIKey(ctx context.Context, input model.CreateAPIKeyInput, p *model.CreateAPIKeyPayload) error {
	ctx, t, err := r.reachToGive(ctx, input.Tenant)
	if err != nil {
		return err
	}
	in := tenants.NewAPIKey{Name: input.Name, Role: input.Role.Access()}
	if input.Scopes != nil {
		in.Scopes = []access.Scope{}
	}
	for _, s := range input.Scopes {
		in.Scopes = append(in.Scopes, s.Access())
	}
	if input.ExpiresIn != nil {
		if in.Life = input.ExpiresIn.Std(); in.Life <= 0 {
			return wrongArgument("expiresIn", "Give more than nothing and at most ten years, or leave it out for a key without an end.")
		}
	}
	k, secret, err := r.Tenants.CreateAPIKey(ctx, t.Tenant, in)
	if p.APIKey, err = r.newAPIKey(ctx, k, inEnum(err)); err == nil {
		p.Secret = &secret
	}
	return err
}

// inEnum writes the scopes in what is wrong with a key as the schema names them.
func inEnum(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.InvalidInput {
		return err
	}
	var names []string
	for _, s := range access.Scopes() {
		names = append(names, string(s), string(model.ScopeOf(s)))
	}
	named := *f
	named.Fields = slices.Clone(f.Fields)
	for i, wrong := range f.Fields {
		if wrong.Field == "scopes" {
			named.Fields[i].Message = strings.NewReplacer(names...).Replace(wrong.Message)
		}
	}
	return &named
}

func (r *Resolver) revokeAPIKey(ctx context.Context, id string) (*model.APIKey, error) {
	ctx, t, err := r.reach(ctx, model.KindAPIKey, id)
	if err != nil {
		return nil, err
	}
	k, err := r.Tenants.RevokeAPIKey(ctx, t.Tenant, t.Object)
	return r.newAPIKey(ctx, k, err)
}

// listAPIKeys returns a page of the keys over a tenant, or over every tenant.
func (r *Resolver) listAPIKeys(ctx context.Context, tenant *string, p paging, where *model.APIKeyWhere, desc bool) (*model.APIKeyConnection, error) {
	ctx, t, err := r.reachOrAll(ctx, tenant)
	if err != nil {
		return nil, err
	}
	platform, err := r.platform(ctx)
	if err != nil {
		return nil, err
	}
	l, err := r.listOf(ctx, "apiKeys", t.ID, where, desc)
	if err != nil {
		return nil, err
	}
	at, err := l.request(p, desc)
	if err != nil {
		return nil, err
	}
	query := tenants.APIKeyQuery{}
	if where != nil {
		query.Active = where.Active
	}
	rows, err := r.Tenants.APIKeys(ctx, t.Tenant, query, at)
	if err != nil {
		return nil, err
	}
	cursor := func(k *tenants.APIKey) string { return l.seal(page.Mark{ID: k.ID}) }
	out := &model.APIKeyConnection{
		Edges: []*model.APIKeyEdge{}, Nodes: []*model.APIKey{}, PageInfo: place(rows, cursor),
		Counter: func(ctx context.Context) (int, error) { return r.Tenants.CountAPIKeys(ctx, t.Tenant, query) },
	}
	for _, k := range rows.Rows {
		node := model.NewAPIKey(k, platform.ID, r.Now())
		out.Nodes = append(out.Nodes, node)
		out.Edges = append(out.Edges, &model.APIKeyEdge{Cursor: cursor(k), Node: node})
	}
	return out, nil
}
