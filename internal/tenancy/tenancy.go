// Package tenancy carries the tenant of the work at hand in its context. The Ent mixin reads it: every statement on
// tenant-owned rows is narrowed to it, and fails without it.
//
// It knows ids only; who a tenant is belongs to package tenants.
package tenancy

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// ErrNone is what tenant-owned data answers to work without a tenant.
var ErrNone = errors.New("tenancy: no tenant in the context")

type key struct{}

// scope is what the context holds: one tenant, or a reason for none.
type scope struct {
	tenant uuid.UUID
	reason Reason
}

// Reason says why work may cross tenants. The list is closed, and internal/archtest fixes the files that use it.
type Reason string

// The reasons that exist.
const (
	ChangeFeed Reason = "read every tenant's changes to confirm caches"
	JobWorker  Reason = "lease due jobs of all tenants"
	Sweeper    Reason = "remove what has expired"
	KeyCare    Reason = "wrap every tenant's data key anew"
	HostOwner  Reason = "find whose a host is"
	Sequencer  Reason = "give every tenant's events their positions"

	AdminOverview Reason = "show an admin several tenants at once"
)

// With limits ctx to a tenant. It replaces what was there.
func With(ctx context.Context, tenant uuid.UUID) context.Context {
	return context.WithValue(ctx, key{}, scope{tenant: tenant})
}

// Across opens ctx to all tenants, for one of the listed reasons.
func Across(ctx context.Context, reason Reason) context.Context {
	return context.WithValue(ctx, key{}, scope{reason: reason})
}

// From returns the tenant of ctx. It reports false where there is none, also across tenants.
func From(ctx context.Context) (uuid.UUID, bool) {
	s, _ := ctx.Value(key{}).(scope)
	return s.tenant, s.tenant != uuid.Nil
}

// IsAcross reports whether ctx was opened to all tenants.
func IsAcross(ctx context.Context) bool {
	s, _ := ctx.Value(key{}).(scope)
	return s.reason != ""
}
