package authflows

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/grants"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/admingrant"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// isPlatform reports whether the users are the admins.
func (f *Flows) isPlatform() bool { return f.tenant.Slug == tenants.Reserved }

// guard comes first in a transaction that changes a user. A user of the reserved tenant it lets be changed only by who holds all
// that the user does. It holds that tenant, as all that changes admins does. The fault is forbidden.
func (d *Directory) guard(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	if !d.flows.isPlatform() {
		return nil
	}
	if err := tenants.Hold(ctx, tx, d.flows.tenant.ID, d.flows.now()); err != nil {
		return err
	}
	held, err := grants.Of(ctx, tx.Client(), user)
	if err != nil {
		return err
	}
	for _, g := range held {
		if err := covered(ctx, g.Role, g.Over); err != nil {
			return err
		}
	}
	return nil
}

// mayEnter returns the fault forbidden for who would get into an account of the reserved tenant that may be given more some day.
func (d *Directory) mayEnter(ctx context.Context) error {
	if d.flows.isPlatform() && !vouches(ctx) {
		return fault.New(fault.Forbidden)
	}
	return nil
}

// erase removes a user with all that it has, its grants first. fact is the event that tells of it.
func (f *Flows) erase(ctx context.Context, tx *ent.Tx, fact events.Event) error {
	user, err := existing(ctx, tx.User, fact.User)
	if err != nil {
		return err
	}
	if f.isPlatform() {
		if err := (&Admins{f}).takeAll(ctx, tx, user, fact.Actor); err != nil {
			return err
		}
	}
	if err := throttle.Forget(ctx, tx, user.ID); err != nil {
		return err
	}
	if err := accounts.Delete(ctx, tx, user.ID); err != nil {
		return err
	}
	return f.Events.Append(ctx, tx, fact)
}

// keepOwner refuses to lock out the last who owns every tenant and can sign in. It holds the reserved tenant, as all that changes
// admins does, and so comes first in its transaction. With other tenants it does nothing. The fault is last_owner.
func (f *Flows) keepOwner(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	if !f.isPlatform() {
		return nil
	}
	if err := tenants.Hold(ctx, tx, f.tenant.ID, f.now()); err != nil {
		return err
	}
	owners, err := f.owners(ctx, tx)
	if err != nil {
		return err
	}
	use, is := owners[user]
	if !is {
		return nil
	}
	for id, other := range owners {
		if id != user && other >= use { // one who cannot sign in may go where another is left who cannot either
			return nil
		}
	}
	return fault.New(fault.LastOwner)
}

// usable is how much an owner can do, in this order.
type usable int

const (
	ownerSuspended usable = iota
	ownerPending          // has nothing yet to sign in with
	ownerReady
)

// owners returns who owns every tenant.
func (f *Flows) owners(ctx context.Context, tx *ent.Tx) (map[uuid.UUID]usable, error) {
	rows, err := tx.AdminGrant.Query().
		Where(admingrant.Over(uuid.Nil), admingrant.Role(string(access.Owner))).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find owners: %w", err)
	}
	of := make([]uuid.UUID, 0, len(rows))
	for _, row := range rows {
		of = append(of, row.UserID)
	}
	users, err := accounts.ByIDs(ctx, tx.Client(), of)
	if err != nil {
		return nil, err
	}
	passwords, err := accounts.PasswordsOf(ctx, tx.Client(), of)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]usable{}
	for id, u := range users {
		_, password := passwords[id]
		switch {
		case u.Suspended:
			out[id] = ownerSuspended
		case password || slices.Contains(u.Factors, amr.Passkey):
			out[id] = ownerReady
		default:
			out[id] = ownerPending
		}
	}
	return out, nil
}
