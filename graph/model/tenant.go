package model

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/tenants"
)

// Tenant is a customer of the service.
type Tenant struct {
	of   *tenants.Tenant
	with *TenantBatch
}

// TenantBatch loads what hangs on the tenants of a page.
type TenantBatch struct {
	Domains     *Batch[[]*Domain]
	SigningKeys *Batch[[]*SigningKey]
	Counts      *Batch[*TenantCounts]
}

// NewTenant returns a tenant with what loads the rest.
func NewTenant(of *tenants.Tenant, with *TenantBatch) *Tenant { return &Tenant{of, with} }

// Of is the tenant as the domain tells it, without keys where it stands on a page.
func (t *Tenant) Of() *tenants.Tenant { return t.of }

// Owner is the tenant itself.
func (t *Tenant) Owner() uuid.UUID { return t.of.ID }

// IsNode marks an object that can be fetched by its id.
func (t *Tenant) IsNode() {}

// ID is the global id.
func (t *Tenant) ID() string { return TenantID(t.of.ID).String() }

// TenantID returns ten_….
func (t *Tenant) TenantID() string { return t.of.PublicID() }

// Slug is part of the tenant's URLs.
func (t *Tenant) Slug() string { return t.of.Slug }

// Name is what people call it.
func (t *Tenant) Name() string { return t.of.Name }

// Status says whether its users can sign in.
func (t *Tenant) Status() TenantStatus { return TenantStatus(strings.ToUpper(string(t.of.Status))) }

// Issuer is the iss of its tokens.
func (t *Tenant) Issuer() string { return t.of.Issuer }

// BaseURL is where its routes begin.
func (t *Tenant) BaseURL() string { return t.of.BaseURL }

// CreatedAt is when it was made.
func (t *Tenant) CreatedAt() time.Time { return t.of.CreatedAt }

// Version grows with each change of settings.
func (t *Tenant) Version() int { return t.of.Version }

// Domains are its own host names.
func (t *Tenant) Domains(ctx context.Context) ([]*Domain, error) {
	return t.with.Domains.Of(ctx, t.of.ID)
}

// SigningKeys are its signing keys, newest first.
func (t *Tenant) SigningKeys(ctx context.Context) ([]*SigningKey, error) {
	return t.with.SigningKeys.Of(ctx, t.of.ID)
}

// Counts tells how much it holds.
func (t *Tenant) Counts(ctx context.Context) (*TenantCounts, error) {
	return t.with.Counts.Of(ctx, t.of.ID)
}
