package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/grants"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
)

// Admins are the users of the reserved tenant who hold grants. Whoever changes them must hold all that it gives or takes away;
// the command line, which is no actor, may do anything. All changes hold the reserved tenant, so they come one after the other.
//
// What happens to a grant over one tenant is an event of that tenant, for its own audit; of a grant over every tenant, one of the
// reserved tenant.
type Admins struct {
	flows *Flows
}

// Admins returns the admins of the platform, which is the reserved tenant.
func (e *Engine) Admins(platform *tenants.Tenant) *Admins {
	return &Admins{&Flows{e, platform, native}}
}

// NewLink issues another link for an admin who has lost the first one, or the password. Only who vouches may: the account may be
// given more later. Faults: invalid_input, not_found, forbidden, method_disabled.
func (a *Admins) NewLink(ctx context.Context, address string) (*RecoveryLink, error) {
	ctx = a.flows.limit(ctx)
	if !vouches(ctx) {
		return nil, fault.New(fault.Forbidden)
	}
	return change(ctx, a, uuid.Nil, func(ctx context.Context, tx *ent.Tx) (*RecoveryLink, error) {
		user, _, err := a.holder(ctx, tx.Client(), address)
		if err != nil {
			return nil, err
		}
		link, err := a.flows.recoveryLink(ctx, tx, user)
		if err != nil {
			return nil, err
		}
		return link, a.flows.Events.Append(ctx, tx, events.Event{
			Type: events.RecoveryLinkIssued, Actor: events.ActorOperator, User: user.ID,
		})
	})
}

// ChangeRole gives a grant over a tenant another role. The same role again changes nothing. Somebody whose address was never
// proven gets no more than it has, for the reason of Create. Faults: not_found, forbidden, address_unverified, last_owner,
// invalid_input.
func (a *Admins) ChangeRole(ctx context.Context, over, id uuid.UUID, role access.Role) (*Admin, error) {
	ctx, over = a.flows.limit(ctx), a.over(over)
	if !role.Exists() {
		return nil, unknownRole()
	}
	grant, err := change(ctx, a, over, func(ctx context.Context, tx *ent.Tx) (*grants.Held, error) {
		grant, err := a.takeable(ctx, tx, over, id)
		if err != nil || grant.Role == role {
			return grant, err
		}
		if err := covered(ctx, role, over); err != nil {
			return nil, err
		}
		if err := a.raisable(ctx, tx, &grant.Grant, role); err != nil {
			return nil, err
		}
		if role != access.Owner {
			if err := a.ownerStays(ctx, tx, &grant.Grant); err != nil {
				return nil, err
			}
		}
		before := grant.Role
		if err := grants.SetRole(ctx, tx, id, role); err != nil {
			return nil, err
		}
		grant.Role = role
		return grant, a.append(ctx, tx, events.AdminChanged, events.ActorOperator, &grant.Grant, map[string]any{
			events.Before: map[string]any{"role": before}, events.After: map[string]any{"role": role},
		})
	})
	if err != nil {
		return nil, err
	}
	return newAdmin(grant), nil
}

// Remove takes a grant over a tenant away. With the last one of its user go the user's sessions, and the user where its address
// was never proven: it would stand in the way of whoever has the address. Faults: not_found, forbidden, last_owner.
func (a *Admins) Remove(ctx context.Context, over, id uuid.UUID) error {
	ctx, over = a.flows.limit(ctx), a.over(over)
	_, err := change(ctx, a, over, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		grant, err := a.takeable(ctx, tx, over, id)
		if err != nil {
			return none, err
		}
		if err := a.ownerStays(ctx, tx, &grant.Grant); err != nil {
			return none, err
		}
		if err := a.take(ctx, tx, grant, events.ActorOperator); err != nil {
			return none, err
		}
		return none, a.endLast(ctx, tx, grant.UserID)
	})
	return err
}

// take takes a grant away and tells of it.
func (a *Admins) take(ctx context.Context, tx *ent.Tx, grant *grants.Held, by events.Actor) error {
	if err := grants.Remove(ctx, tx, grant.ID); err != nil {
		return err
	}
	return a.append(ctx, tx, events.AdminRemoved, by, &grant.Grant, map[string]any{
		events.Before:   map[string]any{"role": grant.Role, "user_id": ids.Format(ids.User, grant.UserID)},
		events.Personal: map[string]any{events.Before: map[string]any{"email": grant.Email}},
	})
}

// takeAll takes all grants of a user away who goes. It holds the reserved tenant already.
func (a *Admins) takeAll(ctx context.Context, tx *ent.Tx, user *accounts.User, by events.Actor) error {
	held, err := grants.Of(ctx, tx.Client(), user.ID)
	if err != nil {
		return err
	}
	for _, g := range held {
		if g.Over != uuid.Nil {
			err := tenants.Hold(ctx, tx, g.Over, a.flows.now())
			if fault.CodeOf(err) == fault.TenantNotFound {
				continue // it goes, and so do its admins and its audit
			}
			if err != nil {
				return err
			}
		}
		if err := a.take(ctx, tx, &grants.Held{Grant: *g, Email: user.Email}, by); err != nil {
			return err
		}
	}
	return nil
}

// endLast ends the sessions of a user who holds no grant any more.
func (a *Admins) endLast(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	held, err := grants.Of(ctx, tx.Client(), id)
	if err != nil || len(held) > 0 {
		return err
	}
	user, err := accounts.Held(ctx, tx, id, a.flows.now())
	if err != nil {
		return err
	}
	n, err := sessions.EndOfUser(ctx, tx, id, uuid.Nil, roleRemoved, a.flows.now())
	if err != nil {
		return err
	}
	if n > 0 {
		err = a.flows.Events.Append(ctx, tx, events.Event{
			Type: events.SessionsEnded, Actor: events.ActorOperator, User: id,
			Data: map[string]any{"reason": roleRemoved, "count": n},
		})
	}
	if err != nil || user.EmailVerified {
		return err
	}
	return a.flows.erase(ctx, tx, events.Event{
		Type: events.UserDeleted, Actor: events.ActorOperator, User: id, Data: map[string]any{"reason": roleRemoved},
	})
}

// roleRemoved is why the sessions of somebody end who is no admin any more.
const roleRemoved = "role_removed"
