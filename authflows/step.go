package authflows

import (
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// User is what steps and callers tell of a user: surfaces know the flows and not their parts.
type User = accounts.User

// Session is what steps and callers tell of a session.
type Session = sessions.Session

// Step is the result of every flow that proves something: a session or a challenge, never both.
type Step struct {
	SignedIn  *SignedIn
	Challenge *Challenge
}

// SignedIn is an open session with what its bearer needs to use it.
type SignedIn struct {
	User         *User
	Session      *Session
	AccessToken  string
	ExpiresIn    time.Duration
	RefreshToken string
	Cookie       string // the value, for tenants that chose cookies
	New          bool   // the user was made by this step
}

// Challenge is what an attempt must still answer.
type Challenge struct {
	ID        uuid.UUID
	Kind      Kind
	Factors   []amr.Method // any one of them
	ExpiresAt time.Time
}

// PublicID returns chl_….
func (c *Challenge) PublicID() string { return ids.Format(ids.Challenge, c.ID) }

// Kind tells a client what to ask its user for.
type Kind string

// The kinds.
const (
	KindEmailCode Kind = "email_code"
	KindMFA       Kind = "mfa"
	KindEnrol     Kind = "enrol"
	KindReset     Kind = "reset"
)

// Device is where a request comes from.
type Device struct {
	Address   netip.Addr
	UserAgent string // as sent
}

func (d Device) addressText() string {
	if !d.Address.IsValid() {
		return ""
	}
	return d.Address.Unmap().String()
}

// maxAgent is how much of a user agent is kept, in bytes.
const maxAgent = 512

// agentText is what is kept of the user agent, a stranger's bytes: Postgres keeps no others than these in text.
func (d Device) agentText() string {
	cut := d.UserAgent[:min(len(d.UserAgent), maxAgent)]
	return strings.ReplaceAll(strings.ToValidUTF8(cut, ""), "\x00", "")
}
