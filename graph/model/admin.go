package model

import (
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
)

// Admin is a role of a user of the reserved tenant.
type Admin struct {
	of   *authflows.Admin
	home uuid.UUID
}

// NewAdmin returns an admin. platform is the reserved tenant.
func NewAdmin(of *authflows.Admin, platform uuid.UUID) *Admin {
	if of.Over != uuid.Nil {
		return &Admin{of, of.Over}
	}
	return &Admin{of, platform}
}

// Owner is the tenant that the role reaches, the reserved one for every tenant.
func (a *Admin) Owner() uuid.UUID { return a.home }

// IsNode marks an object that can be fetched by its id.
func (a *Admin) IsNode() {}

// ID is the global id.
func (a *Admin) ID() string { return GlobalID{KindAdmin, a.home, a.of.ID}.String() }

// UserID returns usr_….
func (a *Admin) UserID() string { return a.of.PublicID() }

// Email is the address that it signs in with.
func (a *Admin) Email() *string {
	if a.of.Email == "" {
		return nil
	}
	return &a.of.Email
}

// Role is what it may do.
func (a *Admin) Role() Role { return RoleOf(a.of.Role) }

// TenantID is the tenant that it reaches, nil for every tenant.
func (a *Admin) TenantID() *string { return reached(a.of.Over) }

// MfaEnrolled says whether it has a second factor.
func (a *Admin) MfaEnrolled() bool { return a.of.MFAEnrolled }

// CreatedAt is when the role was given.
func (a *Admin) CreatedAt() time.Time { return a.of.CreatedAt }
