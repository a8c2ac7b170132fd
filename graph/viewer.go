package graph

import (
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ids"
)

func newViewer(a *access.Actor) *model.Viewer {
	v := &model.Viewer{Kind: string(a.Kind), ActorID: actorID(string(a.Kind), a.ID), Grants: []*model.ViewerGrant{}}
	for _, g := range a.Grants {
		scopes := g.Scopes
		if scopes == nil {
			scopes = g.Role.Scopes()
		}
		v.Grants = append(v.Grants, &model.ViewerGrant{Role: model.RoleOf(g.Role), TenantID: overID(g.Over), Scopes: model.ScopesOf(scopes)})
	}
	return v
}

// actorID is an actor's id as events show it.
func actorID(kind string, id uuid.UUID) string {
	if kind == string(access.KindAPIKey) {
		return ids.Format(ids.APIKey, id)
	}
	return ids.Format(ids.User, id)
}

// overID is the global id of the tenant that a grant reaches, nil for every tenant.
func overID(over uuid.UUID) *string {
	if over == uuid.Nil {
		return nil
	}
	id := model.TenantID(over).String()
	return &id
}
