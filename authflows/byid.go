package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/grants"
	"github.com/tenantgate/tenantgate/authflows/sessions"
)

// SessionsByID returns sessions by their ids, in one statement; those that do not exist are left out.
func (d *Directory) SessionsByID(ctx context.Context, ids []uuid.UUID) (_ []*Session, err error) {
	ctx, end := d.flows.begin(ctx, "directory_session")
	defer end(&err)
	return sessions.ByID(ctx, d.flows.DB.Client, ids)
}

// ByID returns grants over a tenant by their ids, in two statements; those that do not exist or reach elsewhere are left out.
func (a *Admins) ByID(ctx context.Context, over uuid.UUID, ids []uuid.UUID) ([]*Admin, error) {
	held, err := grants.ByID(a.flows.limit(ctx), a.flows.DB.Client, ids)
	if err != nil {
		return nil, err
	}
	var out []*Admin
	for _, g := range held {
		if g.Over == a.over(over) {
			out = append(out, newAdmin(g))
		}
	}
	return out, nil
}
