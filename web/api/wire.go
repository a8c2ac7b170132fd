package api

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// User is a user as its owner sees it.
type User struct {
	ID            string    `json:"id" example:"usr_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Email         string    `json:"email" doc:"Primary address, empty if there is none"`
	EmailVerified bool      `json:"email_verified"`
	Username      string    `json:"username"`
	Phone         string    `json:"phone"`
	Name          string    `json:"name"`
	Profile       Profile   `json:"profile" doc:"Any JSON object of the tenant's"`
	CreatedAt     time.Time `json:"created_at"`
}

// Profile is a JSON object, kept as it was sent.
type Profile struct{ json.RawMessage }

// Schema says so in OpenAPI, where raw bytes would be a string.
func (Profile) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

func newUser(u *authflows.User) *User {
	profile := Profile{u.Profile}
	if len(u.Profile) == 0 {
		profile.RawMessage = json.RawMessage("{}")
	}
	return &User{
		ID: u.PublicID(), Email: u.Email, EmailVerified: u.EmailVerified, Username: u.Username, Phone: u.Phone,
		Name: u.Name, Profile: profile, CreatedAt: u.CreatedAt,
	}
}

// Session is a session in a step.
type Session struct {
	ID        string    `json:"id" example:"ses_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	AAL       amr.Level `json:"aal" enum:"aal1,aal2" doc:"Authenticator assurance level (NIST SP 800-63B)"`
	AMR       []string  `json:"amr" doc:"How it was proven (RFC 8176)"`
	AuthTime  time.Time `json:"auth_time" doc:"When the last proof was given"`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends at the latest"`
}

func newSession(s *authflows.Session) *Session {
	return &Session{
		ID: s.PublicID(), AAL: s.Level(), AMR: amr.References(s.Proofs),
		AuthTime: s.AuthTime, ExpiresAt: s.ExpiresAt,
	}
}

// Challenge is what must be answered at /challenges/{id} next.
type Challenge struct {
	ID        string         `json:"id" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Kind      authflows.Kind `json:"kind" enum:"email_code,mfa,passkey,enrol,reset"`
	Factors   []amr.Method   `json:"factors" doc:"Any one of these may answer"`
	ExpiresAt time.Time      `json:"expires_at"`
}

// Step is the answer of every flow that proves something.
type Step struct {
	Status    string     `json:"status" enum:"signed_in,challenge"`
	Challenge *Challenge `json:"challenge,omitempty" doc:"With status challenge"`

	User         *User    `json:"user,omitempty" doc:"With status signed_in, as all that follows"`
	Session      *Session `json:"session,omitempty"`
	AccessToken  string   `json:"access_token,omitempty" doc:"Missing where the tenant chose cookies"`
	TokenType    string   `json:"token_type,omitempty" enum:"Bearer"`
	ExpiresIn    int      `json:"expires_in,omitempty" doc:"Seconds that the access token is good for"`
	RefreshToken string   `json:"refresh_token,omitempty" doc:"Works once, at /token"`
}

func newStep(s *authflows.Step) *Step {
	if c := s.Challenge; c != nil {
		return &Step{Status: "challenge", Challenge: &Challenge{
			ID: c.PublicID(), Kind: c.Kind, Factors: c.Factors, ExpiresAt: c.ExpiresAt,
		}}
	}
	in := s.SignedIn
	step := &Step{Status: "signed_in", User: newUser(in.User), Session: newSession(in.Session)}
	if in.AccessToken != "" {
		step.AccessToken, step.TokenType, step.RefreshToken = in.AccessToken, "Bearer", in.RefreshToken
		step.ExpiresIn = int(in.ExpiresIn / time.Second)
	}
	return step
}

// Device is one of the caller's sessions in a list.
type Device struct {
	ID         string    `json:"id" example:"ses_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Current    bool      `json:"current" doc:"The session of this request"`
	Device     string    `json:"device" doc:"Browser and system, as far as they are known" example:"Firefox on Linux"`
	Address    string    `json:"address" doc:"The address it signed in from"`
	AAL        amr.Level `json:"aal" enum:"aal1,aal2"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at" doc:"To within a minute"`
	ExpiresAt  time.Time `json:"expires_at"`
}
