package authflows

import (
	"encoding/json"
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

// Identifier is what steps and callers tell of an identifier.
type Identifier = accounts.Owned

// Step is the result of every flow that proves something: a session or a challenge, never both. Only the proof of a new
// address, and a sign-up with a client that opens no session by it, are neither.
type Step struct {
	SignedIn   *SignedIn
	Challenge  *Challenge
	Identifier *Identifier
	Registered *Registered
}

// Registered is a user that a sign-up has made without a session.
type Registered struct {
	User  *User
	Alias string // the client's id of the user, where it has a shape for it
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

	Alias         string   // the client's id of the user, where it has a shape for it
	DeviceToken   string   // to be sent with later sign-ins; empty where the device has one
	RecoveryCodes []string // made by this step, to be shown once
}

// Challenge is what an attempt must still answer.
type Challenge struct {
	ID        uuid.UUID
	Kind      Kind
	Factors   []amr.Method // any one of them
	ExpiresAt time.Time
	PublicKey json.RawMessage // options for navigator.credentials.get, where a passkey may answer
	Token     string          // that stands for the challenge, with clients that hand one out
	User      *User           // who the first proof says it is; nil where nothing is proven yet
}

// PublicID returns chl_….
func (c *Challenge) PublicID() string { return ids.Format(ids.Challenge, c.ID) }

// Kind tells a client what to ask its user for.
type Kind string

// The kinds.
const (
	KindEmailCode Kind = "email_code"
	KindMFA       Kind = "mfa"
	KindPasskey   Kind = "passkey"
	KindEnrol     Kind = "enrol"
	KindReset     Kind = "reset"
)
