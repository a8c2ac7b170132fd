package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// freshFor is how old an admin's last proof may be for what cannot be undone.
const freshFor = 10 * time.Minute

// owned is an object that knows whose it is.
type owned interface{ Owner() uuid.UUID }

// lacking is the fault forbidden, with the scope that was asked for.
type lacking struct {
	scope      access.Scope
	everywhere bool // over one tenant it does not do
}

func (l *lacking) Error() string { return l.Unwrap().Error() }

func (*lacking) Unwrap() error { return fault.New(fault.Forbidden) }

func (l *lacking) message() string {
	message := replies[fault.Forbidden].message + " It asks for " + string(model.ScopeOf(l.scope))
	if l.everywhere {
		message += " over every tenant"
	}
	return message + "."
}

type scopeKey struct{}

// scopeOf returns the scope that the field under way asks for. Where it asks for none, nobody holds it.
func scopeOf(ctx context.Context) access.Scope {
	s, _ := ctx.Value(scopeKey{}).(access.Scope)
	return s
}

func withScope(ctx context.Context, s access.Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// auth is the directive of the schema. At the roots it asks whether the actor holds the scope over any tenant; which one is
// for reach to ask, in the resolver. On an object it asks for the scope over the object's tenant.
func (r *Resolver) auth(ctx context.Context, obj any, next graphql.Resolver, scope *model.Scope, fresh bool) (any, error) {
	actor := access.From(ctx)
	if actor == nil {
		return nil, fault.New(fault.Unauthenticated)
	}
	if scope != nil {
		s := scope.Access()
		holds := actor.MaySomewhere(s)
		if o, ok := obj.(owned); ok {
			holds = actor.May(s, o.Owner())
		}
		if !holds {
			return nil, &lacking{scope: s}
		}
		ctx = withScope(ctx, s)
	}
	if fresh && actor.Kind == access.KindAdmin && r.Now().Sub(actor.ProvenAt) > freshFor {
		return nil, fault.New(fault.StepUpRequired)
	}
	return next(ctx)
}
