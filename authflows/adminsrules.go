package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/grants"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// takeable returns a grant that the actor may take away or change.
func (a *Admins) takeable(ctx context.Context, tx *ent.Tx, over, id uuid.UUID) (*grants.Held, error) {
	grant, err := grants.Get(ctx, tx.Client(), id)
	if err != nil {
		return nil, err
	}
	if grant.Over != over {
		return nil, fault.New(fault.NotFound)
	}
	return grant, covered(ctx, grant.Role, grant.Over)
}

// raisable refuses to give somebody more whose address was never proven: whoever made the account may sit in it.
func (a *Admins) raisable(ctx context.Context, tx *ent.Tx, g *grants.Grant, role access.Role) error {
	before := access.Actor{Grants: []access.Grant{{Role: g.Role}}}
	if before.Covers(access.Grant{Role: role}) {
		return nil
	}
	user, err := accounts.Get(ctx, tx.User, g.UserID)
	if err == nil && (user == nil || !user.EmailVerified) {
		err = fault.New(fault.AddressUnverified)
	}
	return err
}

// ownerStays refuses to take away the last grant by which somebody who can sign in owns every tenant.
func (a *Admins) ownerStays(ctx context.Context, tx *ent.Tx, g *grants.Grant) error {
	if g.Role != access.Owner || g.Over != uuid.Nil {
		return nil
	}
	return a.flows.keepOwner(ctx, tx, g.UserID)
}

// covered returns the fault forbidden where the actor does not hold what a grant gives.
func covered(ctx context.Context, role access.Role, over uuid.UUID) error {
	if actor := access.From(ctx); actor != nil && !actor.Covers(access.Grant{Role: role, Over: over}) {
		return fault.New(fault.Forbidden)
	}
	return nil
}

// vouches reports whether the actor holds all that there is, so that an account that it can enter gives it nothing.
func vouches(ctx context.Context) bool { return covered(ctx, access.Owner, uuid.Nil) == nil }

// over is how a grant names what it reaches.
func (a *Admins) over(tenant uuid.UUID) uuid.UUID {
	if tenant == a.flows.tenant.ID {
		return uuid.Nil
	}
	return tenant
}

// home is the tenant whose audit tells of a grant.
func (a *Admins) home(over uuid.UUID) uuid.UUID {
	if over == uuid.Nil {
		return a.flows.tenant.ID
	}
	return over
}

func (a *Admins) append(
	ctx context.Context, tx *ent.Tx, fact events.Type, by events.Actor, g *grants.Grant, data map[string]any,
) error {
	e := events.Event{Type: fact, Actor: by, Target: g.ID, Data: data}
	if g.Over == uuid.Nil {
		e.User = g.UserID // who is a user of the reserved tenant and of no other
	}
	return a.flows.Events.Append(tenancy.With(ctx, a.home(g.Over)), tx, e)
}

// change runs a transaction that holds the reserved tenant, and the one that a grant reaches: it must not go meanwhile.
func change[T any](ctx context.Context, a *Admins, over uuid.UUID, do func(context.Context, *ent.Tx) (T, error)) (T, error) {
	return store.InTx(ctx, a.flows.DB.Client, func(ctx context.Context, tx *ent.Tx) (none T, _ error) {
		if err := tenants.Hold(ctx, tx, a.flows.tenant.ID, a.flows.now()); err != nil {
			return none, err
		}
		if over != uuid.Nil {
			if err := tenants.Hold(ctx, tx, over, a.flows.now()); err != nil {
				return none, err
			}
		}
		return do(ctx, tx)
	})
}

func unknownRole() error {
	return fault.Invalid(fault.Field{Field: "role", Code: "invalid", Message: "Use owner, admin, support or auditor."})
}
