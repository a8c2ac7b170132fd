package tenants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/apikey"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/ent/tenantdomain"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What is read here crosses tenants: each query names those that it may read.

// DomainsOf returns the hosts of several tenants in the order of their names, by tenant.
func (r *Registry) DomainsOf(ctx context.Context, of []*Tenant) (map[uuid.UUID][]*Domain, error) {
	rows, err := r.db.TenantDomain.Query().
		Where(tenantdomain.TenantIDIn(idsOf(of)...)).
		Order(tenantdomain.ByHost()).
		All(tenancy.Across(ctx, tenancy.AdminOverview))
	if err != nil {
		return nil, fmt.Errorf("read domains of several tenants: %w", err)
	}
	out := make(map[uuid.UUID][]*Domain, len(of))
	for _, row := range rows {
		out[row.TenantID] = append(out[row.TenantID], describeDomain(row))
	}
	return out, nil
}

// SigningKeysOf returns all signing keys of several tenants, newest first, by tenant. Private parts are not read.
func (r *Registry) SigningKeysOf(ctx context.Context, of []*Tenant) (map[uuid.UUID][]Key, error) {
	rows, err := r.db.SigningKey.Query().
		Where(signingkey.TenantIDIn(idsOf(of)...)).
		Order(ent.Desc(signingkey.FieldPublishedAt, signingkey.FieldID)).
		Select(shownOfKeys...).
		All(tenancy.Across(ctx, tenancy.AdminOverview))
	if err != nil {
		return nil, fmt.Errorf("read signing keys of several tenants: %w", err)
	}
	out := make(map[uuid.UUID][]Key, len(of))
	for _, row := range rows {
		out[row.TenantID] = append(out[row.TenantID], describeKey(row))
	}
	return out, nil
}

// APIKeysOf returns all API keys of several tenants, newest first, by tenant.
func (r *Registry) APIKeysOf(ctx context.Context, of []*Tenant) (map[uuid.UUID][]*APIKey, error) {
	rows, err := r.db.APIKey.Query().
		Where(apikey.TenantIDIn(idsOf(of)...)).
		Order(ent.Desc(apikey.FieldID)).
		All(tenancy.Across(ctx, tenancy.AdminOverview))
	if err != nil {
		return nil, fmt.Errorf("read API keys of several tenants: %w", err)
	}
	byTenant := map[uuid.UUID][]*ent.APIKey{}
	for _, row := range rows {
		byTenant[row.TenantID] = append(byTenant[row.TenantID], row)
	}
	out := make(map[uuid.UUID][]*APIKey, len(byTenant))
	for _, t := range of {
		if out[t.ID], err = r.keysOf(ctx, t, byTenant[t.ID]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TenantOfAPIKey returns the tenant that an API key belongs to, for who may reach every tenant. The fault is not_found, also
// where the tenant is being deleted.
func (r *Registry) TenantOfAPIKey(ctx context.Context, id uuid.UUID) (*Tenant, error) {
	row, err := r.db.APIKey.Query().
		Where(apikey.ID(id)).
		Select(apikey.FieldTenantID).
		Only(tenancy.Across(ctx, tenancy.AdminOverview))
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("find the tenant of an API key: %w", err)
	}
	t, err := r.ByID(ctx, row.TenantID)
	if fault.CodeOf(err) == fault.TenantNotFound {
		return nil, fault.New(fault.NotFound)
	}
	return t, err
}

// Counts is how much a tenant holds.
type Counts struct {
	Users        int // suspended ones too
	LiveSessions int // neither ended nor expired
}

// CountsOf counts what several tenants hold, by tenant.
func (r *Registry) CountsOf(ctx context.Context, of []*Tenant) (map[uuid.UUID]Counts, error) {
	ctx = tenancy.Across(ctx, tenancy.AdminOverview)
	var users, live []counted
	err := r.db.User.Query().Where(user.TenantIDIn(idsOf(of)...)).
		GroupBy(user.FieldTenantID).Aggregate(ent.Count()).Scan(ctx, &users)
	if err != nil {
		return nil, fmt.Errorf("count users of several tenants: %w", err)
	}
	now := r.now()
	err = r.db.Session.Query().
		Where(session.TenantIDIn(idsOf(of)...), session.EndedAtIsNil(), session.ExpiresAtGT(now), seenInTime(of, now)).
		GroupBy(session.FieldTenantID).Aggregate(ent.Count()).Scan(ctx, &live)
	if err != nil {
		return nil, fmt.Errorf("count sessions of several tenants: %w", err)
	}
	out := make(map[uuid.UUID]Counts, len(of))
	for _, c := range users {
		out[c.TenantID] = Counts{Users: c.Count}
	}
	for _, c := range live {
		sum := out[c.TenantID]
		sum.LiveSessions = c.Count
		out[c.TenantID] = sum
	}
	return out, nil
}

type counted struct {
	TenantID uuid.UUID `json:"tenant_id"`
	Count    int       `json:"count"`
}

// seenInTime chooses the sessions that have not idled for longer than their tenant lets them.
func seenInTime(of []*Tenant, now time.Time) predicate.Session {
	byIdle := map[Duration][]*Tenant{}
	for _, t := range of {
		byIdle[t.Settings.Sessions.Idle] = append(byIdle[t.Settings.Sessions.Idle], t)
	}
	var either []predicate.Session
	for idle, with := range byIdle {
		either = append(either, session.And(
			session.TenantIDIn(idsOf(with)...), session.LastSeenAtGT(now.Add(-time.Duration(idle))),
		))
	}
	return session.Or(either...)
}

func idsOf(of []*Tenant) []uuid.UUID {
	out := make([]uuid.UUID, 0, len(of))
	for _, t := range of {
		out = append(out, t.ID)
	}
	return out
}
