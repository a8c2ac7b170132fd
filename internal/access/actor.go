package access

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/ids"
)

// Kind of actor, as events name it.
type Kind string

// The kinds of actors that hold grants.
const (
	KindAdmin  Kind = "admin"
	KindAPIKey Kind = "api_key"
)

// Grant lets its holder do what its scopes say, to one tenant or to every one.
type Grant struct {
	Role   Role
	Over   uuid.UUID // uuid.Nil reaches every tenant
	Scopes []Scope   // of the role's; all of them where nil
}

// has reports whether the grant holds a scope.
func (g Grant) has(s Scope) bool {
	return slices.Contains(bundles[g.Role], s) && (g.Scopes == nil || slices.Contains(g.Scopes, s))
}

// Actor is who asks for an administrative act. It is never changed.
type Actor struct {
	Kind Kind
	ID   uuid.UUID // the user of the reserved tenant, or the API key
	Home uuid.UUID // the tenant that ID belongs to
	// Platform is the reserved tenant: whoever changes its users and settings could make itself anybody.
	Platform uuid.UUID
	Grants   []Grant

	Session  uuid.UUID // of an admin
	ProvenAt time.Time // when an admin gave its last proof; zero for keys
}

// PublicID returns usr_… or key_…, empty for nobody.
func (a *Actor) PublicID() string {
	if a == nil {
		return ""
	}
	if a.Kind == KindAPIKey {
		return ids.Format(ids.APIKey, a.ID)
	}
	return ids.Format(ids.User, a.ID)
}

// May reports whether the actor holds a scope over a tenant. Over the reserved tenant only who may make admins changes
// anything, and only who may see admins reads: its users are the admins. Its settings, policy and keys are changed only by who
// holds everything, for whoever receives its mails can become anybody.
func (a *Actor) May(s Scope, tenant uuid.UUID) bool {
	if a == nil || tenant == uuid.Nil {
		return false
	}
	if tenant == a.Platform && !a.mayOverPlatform(s) {
		return false
	}
	return slices.ContainsFunc(a.Grants, func(g Grant) bool {
		return (g.Over == uuid.Nil || g.Over == tenant) && g.has(s)
	})
}

// mayOverPlatform reports whether the actor holds what must be held beside s over the reserved tenant.
func (a *Actor) mayOverPlatform(s Scope) bool {
	switch s {
	case TenantsRead, KeysRead, UsersRead, UsersPII, SessionsRead, EventsRead, StatsRead, AdminsRead, APIKeysRead:
		return a.MayEverywhere(AdminsRead)
	case TenantsWrite, PolicyWrite, KeysRotate:
		return a.Covers(Grant{Role: Owner})
	}
	return a.MayEverywhere(AdminsWrite)
}

// MayEverywhere reports whether the actor holds a scope over every tenant.
func (a *Actor) MayEverywhere(s Scope) bool {
	return a != nil && slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Over == uuid.Nil && g.has(s) })
}

// MaySomewhere reports whether the actor holds a scope over any tenant.
func (a *Actor) MaySomewhere(s Scope) bool {
	return a != nil && slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.has(s) })
}

// Reach returns the tenants over which the actor holds a scope; every reports that it is all of them, the reserved one only
// where May says so.
func (a *Actor) Reach(s Scope) (tenants []uuid.UUID, every bool) {
	if a.MayEverywhere(s) {
		return nil, true
	}
	for _, g := range a.Grants {
		if g.Over != uuid.Nil && g.has(s) && !slices.Contains(tenants, g.Over) {
			tenants = append(tenants, g.Over)
		}
	}
	return tenants, false
}

// Covers reports whether the actor holds all that a grant would give: nobody gives more than it has.
func (a *Actor) Covers(g Grant) bool {
	scopes := g.Scopes
	if scopes == nil {
		scopes = g.Role.Scopes()
	}
	return !slices.ContainsFunc(scopes, func(s Scope) bool {
		if g.Over == uuid.Nil {
			return !a.MayEverywhere(s)
		}
		return !a.May(s, g.Over)
	})
}

type actorKey struct{}

// With puts the actor into ctx: events of what is done with it name it.
func With(ctx context.Context, a *Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// From returns the actor of ctx, nil where there is none: the command line, the people of a tenant.
func From(ctx context.Context) *Actor {
	a, _ := ctx.Value(actorKey{}).(*Actor)
	return a
}
