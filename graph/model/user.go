package model

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// User is a person who signs in at one tenant.
type User struct {
	tenant uuid.UUID
	of     *authflows.User
	with   *UserBatch
}

// UserBatch loads what hangs on the users of a page.
type UserBatch struct {
	Identifiers *Batch[[]*Identifier]
	Factors     *Batch[[]*Factor]
	Sessions    *Newest[*SessionConnection]
	Events      *Newest[*EventConnection]
}

// NewUser returns a user of a tenant with what loads the rest.
func NewUser(tenant uuid.UUID, of *authflows.User, with *UserBatch) *User {
	return &User{tenant, of, with}
}

// UserID returns the global id of a user.
func UserID(tenant, user uuid.UUID) GlobalID { return GlobalID{KindUser, tenant, user} }

// Owner is the tenant.
func (u *User) Owner() uuid.UUID { return u.tenant }

// IsNode marks an object that can be fetched by its id.
func (u *User) IsNode() {}

// ID is the global id.
func (u *User) ID() string { return UserID(u.tenant, u.of.ID).String() }

// UserID returns usr_….
func (u *User) UserID() string { return u.of.PublicID() }

// TenantID is the global id of the tenant.
func (u *User) TenantID() string { return TenantID(u.tenant).String() }

// Status says whether the user can sign in.
func (u *User) Status() UserStatus {
	if u.of.Suspended {
		return UserStatusSuspended
	}
	return UserStatusActive
}

// Email is the primary address.
func (u *User) Email() *string { return filled(u.of.Email) }

// EmailVerified reports whether that address was proven.
func (u *User) EmailVerified() bool { return u.of.EmailVerified }

// Username is the username.
func (u *User) Username() *string { return filled(u.of.Username) }

// Phone is the primary phone number.
func (u *User) Phone() *string { return filled(u.of.Phone) }

// Name is the name.
func (u *User) Name() *string { return filled(u.of.Name) }

// Profile is what the tenant keeps about the user.
func (u *User) Profile() JSON { return u.of.Profile }

// Roles are what mfa.required_roles looks at.
func (u *User) Roles() []string { return append([]string{}, u.of.Roles...) }

// MfaEnrolled reports whether the user has a second factor.
func (u *User) MfaEnrolled() bool { return len(u.of.Factors) > 0 }

// CreatedAt is when the user was made.
func (u *User) CreatedAt() time.Time { return u.of.CreatedAt }

// UpdatedAt is when the user was last changed.
func (u *User) UpdatedAt() time.Time { return u.of.UpdatedAt }

// Identifiers are all that the user can be found by.
func (u *User) Identifiers(ctx context.Context) ([]*Identifier, error) {
	return all(u.with.Identifiers.Of(ctx, u.of.ID))
}

// Factors are all that the user can sign in with.
func (u *User) Factors(ctx context.Context) ([]*Factor, error) {
	return all(u.with.Factors.Of(ctx, u.of.ID))
}

// Sessions are the user's newest sessions.
func (u *User) Sessions(ctx context.Context, first int) (*SessionConnection, error) {
	return u.with.Sessions.Of(ctx, u.of.ID, first)
}

// Events are the newest events about the user.
func (u *User) Events(ctx context.Context, first int) (*EventConnection, error) {
	return u.with.Events.Of(ctx, u.of.ID, first)
}

// Newest is a Batch of the newest rows of each object: of every number of them that a document asks for, one.
type Newest[V any] struct {
	mu   sync.Mutex
	load func(ctx context.Context, first int) (map[uuid.UUID]V, error)
	of   map[int]*Batch[V]
}

// maxNewest is how many rows of each object may be asked for.
const maxNewest = 20

// NewNewest returns a batch that load fills, by the ids of the objects.
func NewNewest[V any](load func(ctx context.Context, first int) (map[uuid.UUID]V, error)) *Newest[V] {
	return &Newest[V]{load: load, of: map[int]*Batch[V]{}}
}

// Of returns the newest rows of an object. The fault is invalid_input.
func (n *Newest[V]) Of(ctx context.Context, id uuid.UUID, first int) (V, error) {
	if first < 1 || first > maxNewest {
		var none V
		return none, fault.Invalid(fault.Field{Field: "first", Code: "invalid", Message: "Give 1 to 20."})
	}
	return n.batch(first).Of(ctx, id)
}

func (n *Newest[V]) batch(first int) *Batch[V] {
	n.mu.Lock()
	defer n.mu.Unlock()
	b := n.of[first]
	if b == nil {
		b = NewBatch(func(ctx context.Context) (map[uuid.UUID]V, error) { return n.load(ctx, first) })
		n.of[first] = b
	}
	return b
}

// filled returns a text, nil for an empty one.
func filled(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// all returns a list that is none where nothing is in it.
func all[V any](list []V, err error) ([]V, error) {
	if list == nil && err == nil {
		list = []V{}
	}
	return list, err
}
