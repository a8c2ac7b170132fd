package model

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// Session is one sign-in of a user on one device.
type Session struct {
	tenant uuid.UUID
	of     *authflows.Session
	live   bool
	with   *SessionBatch
}

// SessionBatch loads what hangs on the sessions of a page.
type SessionBatch struct {
	Users *Batch[*User]
}

// NewSession returns a session of a tenant with what loads the rest. live says whether it has neither ended nor expired.
func NewSession(tenant uuid.UUID, of *authflows.Session, live bool, with *SessionBatch) *Session {
	return &Session{tenant, of, live, with}
}

// SessionID returns the global id of a session.
func SessionID(tenant, session uuid.UUID) GlobalID { return GlobalID{KindSession, tenant, session} }

// Owner is the tenant.
func (s *Session) Owner() uuid.UUID { return s.tenant }

// IsNode marks an object that can be fetched by its id.
func (s *Session) IsNode() {}

// ID is the global id.
func (s *Session) ID() string { return SessionID(s.tenant, s.of.ID).String() }

// SessionID returns ses_….
func (s *Session) SessionID() string { return s.of.PublicID() }

// TenantID is the global id of the tenant.
func (s *Session) TenantID() string { return TenantID(s.tenant).String() }

// User is whose session it is.
func (s *Session) User(ctx context.Context) (*User, error) { return s.with.Users.Of(ctx, s.of.UserID) }

// Client is the API that opened it.
func (s *Session) Client() string { return s.of.Client }

// Acr is the assurance level.
func (s *Session) Acr() string { return string(s.of.Level()) }

// Amr is what was proven.
func (s *Session) Amr() []string { return append([]string{}, amr.References(s.of.Proofs)...) }

// AuthTime is when the last proof was given.
func (s *Session) AuthTime() time.Time { return s.of.AuthTime }

// CreatedAt is when it was opened.
func (s *Session) CreatedAt() time.Time { return s.of.CreatedAt }

// LastSeenAt is when it was last used.
func (s *Session) LastSeenAt() time.Time { return s.of.LastSeenAt }

// ExpiresAt is when it ends at the latest.
func (s *Session) ExpiresAt() time.Time { return s.of.ExpiresAt }

// Live reports whether it has neither ended nor expired.
func (s *Session) Live() bool { return s.live }

// EndedAt is when it was ended.
func (s *Session) EndedAt() *time.Time { return s.of.EndedAt }

// EndReason is why it was ended.
func (s *Session) EndReason() *string { return filled(s.of.EndReason) }

// UserAgent is what the client called itself.
func (s *Session) UserAgent() *string { return filled(s.of.UserAgent) }

// IPAddress is the network address that it was opened from.
func (s *Session) IPAddress() *string { return filled(s.of.Address) }
