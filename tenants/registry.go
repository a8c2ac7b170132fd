package tenants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// cached is how many tenants stay in memory; further ones are read when asked for.
const cached = 20_000

// Registry keeps all tenants.
type Registry struct {
	db        *store.Store
	feed      *events.Feed
	masters   sealed.Ring
	events    *events.Log
	publicURL func() string // base of issuers and links, without a slash at the end
	now       clock.Clock

	bySlug *events.Cache[string, uuid.UUID]
	byID   *events.Cache[uuid.UUID, *Tenant]
	byHost *events.Cache[string, uuid.UUID] // uuid.Nil for hosts that are nobody's
}

// NewRegistry returns the registry of a database. publicURL is asked when a tenant is made or read, for the port may be
// known only once the server listens.
func NewRegistry(db *store.Store, masters sealed.Ring, feed *events.Feed, log *events.Log, publicURL func() string, now clock.Clock) *Registry {
	r := &Registry{
		db: db, feed: feed, masters: masters, events: log, publicURL: publicURL, now: now,
		bySlug: events.NewCache[string, uuid.UUID](feed, cached),
		byID:   events.NewCache[uuid.UUID, *Tenant](feed, cached),
		byHost: events.NewCache[string, uuid.UUID](feed, cached),
	}
	feed.Listen(r.hear)
	return r
}

// hear drops what an event has changed.
func (r *Registry) hear(c events.Change) {
	switch c.Type {
	case events.TenantDeleted:
		// A change names neither slug nor host, and deletions are few: all are forgotten.
		r.bySlug.Clear()
		r.byHost.Clear()
		r.byID.Drop(c.Tenant)
	case events.DomainVerified, events.DomainRemoved:
		r.byHost.Clear()
	case events.TenantChanged, events.TenantRenamed, events.TenantSuspended, events.TenantResumed, events.KeysRotated,
		events.KeyRetired:
		r.byID.Drop(c.Tenant)
	}
}

// BySlug returns the tenant of a slug, or the fault tenant_not_found. A slug stays with its tenant until that is deleted.
func (r *Registry) BySlug(ctx context.Context, slug string) (*Tenant, error) {
	if checkSlug(slug) != nil {
		return nil, fault.New(fault.TenantNotFound)
	}
	var read *Tenant
	id, err := r.bySlug.Get(ctx, slug, func(ctx context.Context) (uuid.UUID, error) {
		epoch := r.feed.Epoch()
		row, err := r.db.Tenant.Query().Where(tenant.Slug(slug)).Only(ctx)
		if read, err = r.snapshot(ctx, row, err); err != nil {
			return uuid.Nil, err
		}
		r.byID.Keep(read.ID, read, epoch)
		return read.ID, nil
	})
	if err != nil || read != nil {
		return read, err
	}
	return r.ByID(ctx, id)
}

// ByID returns a tenant, or the fault tenant_not_found.
func (r *Registry) ByID(ctx context.Context, id uuid.UUID) (*Tenant, error) {
	return r.byID.Get(ctx, id, func(ctx context.Context) (*Tenant, error) {
		row, err := r.db.Tenant.Query().Where(tenant.ID(id), tenant.StatusNEQ(tenant.StatusDeleting)).Only(ctx)
		return r.snapshot(ctx, row, err)
	})
}

// Keys returns the data keys of a tenant, for workers that know only its id.
func (r *Registry) Keys(ctx context.Context, id uuid.UUID) (*sealed.Keys, error) {
	t, err := r.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return t.Keys, nil
}

// snapshot completes a tenant's row with its keys.
func (r *Registry) snapshot(ctx context.Context, row *ent.Tenant, err error) (*Tenant, error) {
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.TenantNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	ctx = tenancy.With(ctx, row.ID)
	t, err := r.describe(row)
	if err != nil {
		return nil, err
	}
	if t.Keys, err = r.dataKeys(ctx, row.ID); err != nil {
		return nil, err
	}
	keys, err := r.db.SigningKey.Query().
		Where(signingkey.StatusNEQ(signingkey.StatusRetired)).
		Order(signingkey.ByPublishedAt(), signingkey.ByKid()). // so that every replica publishes the same bytes
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	if len(keys) == 0 {
		return nil, fault.New(fault.TenantNotFound) // deletion began a moment ago
	}
	if t.Signing, err = newKeySet(t.Keys, keys); err != nil {
		return nil, err
	}
	return t, nil
}

// describe makes the part of a tenant that its row alone tells.
func (r *Registry) describe(row *ent.Tenant) (*Tenant, error) {
	settings, err := Decode(row.Settings)
	if err != nil {
		return nil, fmt.Errorf("read settings of tenant %s: %w", row.ID, err)
	}
	t := &Tenant{
		ID: row.ID, Name: row.Name, Status: Status(row.Status), Issuer: row.Issuer,
		Settings: settings, Version: row.Version, CreatedAt: row.CreatedAt,
	}
	if row.Slug != nil {
		t.Slug = *row.Slug
		t.BaseURL = r.baseURL(t.Slug)
	}
	return t, nil
}

func (r *Registry) baseURL(slug string) string { return r.publicURL() + "/t/" + slug }

// dataKeys reads and unwraps the data keys of a tenant.
func (r *Registry) dataKeys(ctx context.Context, id uuid.UUID) (*sealed.Keys, error) {
	rows, err := r.db.DataKey.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read data keys: %w", err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.TenantNotFound) // destroyed: deletion has begun
	}
	byVersion := make(map[int][sealed.KeySize]byte, len(rows))
	for _, row := range rows {
		key, err := r.masters.Unwrap(id, row.Version, row.MasterKeyID, row.Wrapped)
		if err != nil {
			return nil, err
		}
		byVersion[row.Version] = key
	}
	return sealed.NewKeys(id, byVersion), nil
}

// List returns the tenants in the order of their slugs, at most limit, beginning behind after. They carry no keys.
func (r *Registry) List(ctx context.Context, after string, limit int) ([]*Tenant, error) {
	rows, err := r.db.Tenant.Query().
		Where(tenant.SlugGT(after)).
		Order(tenant.BySlug()).
		Limit(limit).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	out := make([]*Tenant, 0, len(rows))
	for _, row := range rows {
		t, err := r.describe(row)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}
