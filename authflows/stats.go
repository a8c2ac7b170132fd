package authflows

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// Stats counts what happens at one tenant, a suspended one too.
type Stats struct {
	engine *Engine
	tenant *tenants.Tenant
}

// Stats returns the counts of a tenant.
func (e *Engine) Stats(t *tenants.Tenant) *Stats { return &Stats{e, t} }

// MFAAdoption counts users by their second factors.
type MFAAdoption = accounts.Adoption

// ActiveUsers counts the users with a session that was used lately.
type ActiveUsers struct{ Day, Week, Month int }

// SignIns counts the sign-ins of hours or days, those that begin in [from, to), the earliest first.
func (s *Stats) SignIns(ctx context.Context, from, to time.Time, days bool) ([]events.SignInCount, error) {
	return events.CountsOfSignIns(s.limit(ctx), s.engine.DB.Client, from, to, days)
}

// ActiveUsers counts users by how long ago they were seen last.
func (s *Stats) ActiveUsers(ctx context.Context) (out ActiveUsers, err error) {
	ctx = s.limit(ctx)
	for _, span := range []struct {
		days int
		to   *int
	}{{1, &out.Day}, {7, &out.Week}, {30, &out.Month}} {
		since := s.engine.Now().Add(-time.Duration(span.days) * 24 * time.Hour)
		if *span.to, err = sessions.CountUsersSeen(ctx, s.engine.DB.Client, since); err != nil {
			return ActiveUsers{}, err
		}
	}
	return out, nil
}

// MFAAdoption counts the users and what second factors they have.
func (s *Stats) MFAAdoption(ctx context.Context) (*MFAAdoption, error) {
	return accounts.CountFactors(s.limit(ctx), s.engine.DB.Client)
}

func (s *Stats) limit(ctx context.Context) context.Context { return tenancy.With(ctx, s.tenant.ID) }
