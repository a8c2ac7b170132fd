package authflows

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/grants"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/page"
)

// Admin is a grant of a user of the reserved tenant.
type Admin struct {
	ID          uuid.UUID // of the grant
	User        uuid.UUID
	Email       string
	Role        access.Role
	Over        uuid.UUID // the tenant that it reaches; uuid.Nil for every tenant
	MFAEnrolled bool
	CreatedAt   time.Time
}

// PublicID returns usr_…, the id of the user.
func (a *Admin) PublicID() string { return ids.Format(ids.User, a.User) }

func newAdmin(g *grants.Held) *Admin {
	return &Admin{
		ID: g.ID, User: g.UserID, Email: g.Email, Role: g.Role, Over: g.Over, MFAEnrolled: len(g.Factors) > 0, CreatedAt: g.CreatedAt,
	}
}

// AdminQuery says which admins. All that is given must hold.
type AdminQuery struct {
	Over []uuid.UUID // reaching one of these, uuid.Nil or the reserved tenant for every one; nil for any
	Role access.Role // empty for any
}

// Get returns a grant over a tenant, or the fault not_found.
func (a *Admins) Get(ctx context.Context, over, id uuid.UUID) (*Admin, error) {
	g, err := grants.Get(a.flows.limit(ctx), a.flows.DB.Client, id)
	if err != nil {
		return nil, err
	}
	if g.Over != a.over(over) {
		return nil, fault.New(fault.NotFound)
	}
	return newAdmin(g), nil
}

// Of returns what somebody holds who signs in with an address. Faults: invalid_input, not_found.
func (a *Admins) Of(ctx context.Context, address string) ([]*Admin, error) {
	user, held, err := a.holder(a.flows.limit(ctx), a.flows.DB.Client, address)
	if err != nil {
		return nil, err
	}
	var out []*Admin
	for _, g := range held {
		out = append(out, newAdmin(&grants.Held{Grant: *g, Email: user.Email, Factors: amr.Texts(user.Factors)}))
	}
	return out, nil
}

// holder finds an admin by an address, with what it holds.
func (a *Admins) holder(ctx context.Context, db *ent.Client, address string) (*accounts.User, []*grants.Grant, error) {
	email, ok := accounts.Email(address)
	if !ok {
		return nil, nil, fault.Invalid(fault.Field{Field: "email", Code: "invalid", Message: identifierFixes[emailKind]})
	}
	user, err := accounts.ByIdentifier(ctx, db, email)
	if err != nil {
		return nil, nil, err
	}
	if user == nil {
		return nil, nil, fault.New(fault.NotFound)
	}
	held, err := grants.Of(ctx, db, user.ID)
	if err == nil && len(held) == 0 {
		err = fault.New(fault.NotFound)
	}
	return user, held, err
}

// List returns a page of the grants in the order in which they were given.
func (a *Admins) List(ctx context.Context, q AdminQuery, at page.Request) (page.Of[*Admin], error) {
	rows, err := grants.List(a.flows.limit(ctx), a.flows.DB.Client, a.query(q), at)
	if err != nil {
		return page.Of[*Admin]{}, err
	}
	return page.Map(rows, newAdmin), nil
}

// Count counts grants.
func (a *Admins) Count(ctx context.Context, q AdminQuery) (int, error) {
	return grants.Count(a.flows.limit(ctx), a.flows.DB.Client, a.query(q))
}

func (a *Admins) query(q AdminQuery) grants.Query {
	out := grants.Query{Role: q.Role}
	if q.Over != nil {
		out.Over = []uuid.UUID{}
	}
	for _, over := range q.Over {
		out.Over = append(out.Over, a.over(over))
	}
	return out
}
