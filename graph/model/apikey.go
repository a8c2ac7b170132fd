package model

import (
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/tenants"
)

// APIKey is a key by which a program uses the admin API.
type APIKey struct {
	of       *tenants.APIKey
	platform uuid.UUID
	now      time.Time
}

// NewAPIKey returns a key as it is at a time. platform is the reserved tenant, whose keys reach every tenant.
func NewAPIKey(of *tenants.APIKey, platform uuid.UUID, now time.Time) *APIKey {
	return &APIKey{of, platform, now}
}

// Owner is the tenant that it belongs to.
func (k *APIKey) Owner() uuid.UUID { return k.of.Tenant }

// IsNode marks an object that can be fetched by its id.
func (k *APIKey) IsNode() {}

// ID is the global id.
func (k *APIKey) ID() string { return GlobalID{KindAPIKey, k.of.Tenant, k.of.ID}.String() }

// KeyID returns key_….
func (k *APIKey) KeyID() string { return k.of.PublicID() }

// Name is what people call it.
func (k *APIKey) Name() string { return k.of.Name }

// Role is what its scopes are of.
func (k *APIKey) Role() Role { return RoleOf(k.of.Role) }

// Scopes are what it may do.
func (k *APIKey) Scopes() []Scope { return ScopesOf(k.of.Scopes) }

// TenantID is the tenant that it reaches, nil for every tenant.
func (k *APIKey) TenantID() *string {
	if k.of.Tenant == k.platform {
		return nil
	}
	return reached(k.of.Tenant)
}

// CreatedAt is when it was made.
func (k *APIKey) CreatedAt() time.Time { return k.of.CreatedAt }

// CreatedBy is who made it, nil for the command line.
func (k *APIKey) CreatedBy() *string { return filled(k.of.CreatedBy) }

// ExpiresAt is when it ends, nil for never.
func (k *APIKey) ExpiresAt() *time.Time { return k.of.ExpiresAt }

// LastUsedAt is when it was last used, to the minute, nil for never.
func (k *APIKey) LastUsedAt() *time.Time { return k.of.LastUsedAt }

// RevokedAt is when it was revoked, nil for never.
func (k *APIKey) RevokedAt() *time.Time { return k.of.RevokedAt }

// Active says whether it still opens anything.
func (k *APIKey) Active() bool { return k.of.ActiveAt(k.now) }
