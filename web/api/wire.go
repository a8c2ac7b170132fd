package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// User is a user as its owner sees it.
type User struct {
	ID            string    `json:"id" example:"usr_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Email         string    `json:"email" doc:"Primary address, empty if there is none"`
	EmailVerified bool      `json:"email_verified"`
	Username      string    `json:"username"`
	Phone         string    `json:"phone"`
	Name          string    `json:"name"`
	Profile       Object    `json:"profile" doc:"Any JSON object of the tenant's"`
	CreatedAt     time.Time `json:"created_at"`
}

// Object is a JSON object, kept as it was sent.
type Object struct{ json.RawMessage }

// Schema says so in OpenAPI, where raw bytes would be a string.
func (Object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

func newUser(u *authflows.User) *User {
	profile := Object{u.Profile}
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
	Factors   []amr.Method   `json:"factors" enum:"email_code,password,totp,recovery_code,passkey" doc:"Any one of these may answer"`
	ExpiresAt time.Time      `json:"expires_at"`
	PublicKey Object         `json:"public_key,omitzero" doc:"Where a passkey may answer: options for navigator.credentials.get, as PublicKeyCredential.parseRequestOptionsFromJSON takes them"`
}

// answers says what a challenge of each kind takes.
const answers = `What the answer at /challenges/{id} takes:

- email_code: code, the mailed one; or secret, that of the mailed link, where the mail has one
- mfa: factor, one of factors, and with totp or recovery_code code, with password password, with passkey credential
- passkey: credential, what the browser returned for public_key
- enrol: begin by /challenges/{id}/enrol, then its first answer: with totp code, with passkey credential; name, if it shall have one
- reset: code or secret as of email_code, and new_password; it signs nobody in
`

// TransformSchema adds the description of kinds, which is too long for a tag.
func (Challenge) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["kind"].Description = answers
	return s
}

// Step is the answer of every flow that proves something.
type Step struct {
	Status     string      `json:"status,omitempty" enum:"signed_in,challenge" doc:"Missing beside identifier"`
	Challenge  *Challenge  `json:"challenge,omitempty" doc:"With status challenge"`
	Identifier *Identifier `json:"identifier,omitempty" doc:"Alone, where the answer has proven a new address: it signs nobody in"`

	User         *User    `json:"user,omitempty" doc:"With status signed_in, as all that follows"`
	Session      *Session `json:"session,omitempty"`
	AccessToken  string   `json:"access_token,omitempty" doc:"Missing where the tenant chose cookies"`
	TokenType    string   `json:"token_type,omitempty" enum:"Bearer"`
	ExpiresIn    int      `json:"expires_in,omitempty" doc:"Seconds that the access token is good for"`
	RefreshToken string   `json:"refresh_token,omitempty" doc:"Works once, at /token"`

	DeviceToken   string   `json:"device_token,omitempty" doc:"On a new device: send it as Tenantgate-Device with later sign-ins. Missing where the tenant chose cookies"`
	RecoveryCodes []string `json:"recovery_codes,omitempty" doc:"Made with the factor that this step has enrolled, and never shown again"`
}

func newStep(s *authflows.Step) *Step {
	switch {
	case s.Identifier != nil:
		return &Step{Identifier: newIdentifier(s.Identifier)}
	case s.Challenge != nil:
		c := s.Challenge
		return &Step{Status: "challenge", Challenge: &Challenge{
			ID: c.PublicID(), Kind: c.Kind, Factors: c.Factors, ExpiresAt: c.ExpiresAt, PublicKey: Object{c.PublicKey},
		}}
	}
	in := s.SignedIn
	step := &Step{Status: "signed_in", User: newUser(in.User), Session: newSession(in.Session), RecoveryCodes: in.RecoveryCodes}
	if in.AccessToken != "" {
		step.AccessToken, step.TokenType, step.RefreshToken = in.AccessToken, "Bearer", in.RefreshToken
		step.ExpiresIn = int(in.ExpiresIn / time.Second)
		step.DeviceToken = in.DeviceToken
	}
	return step
}

// stepReply is a step as a response.
type stepReply struct {
	Status    int
	SetCookie []string `header:"Set-Cookie" doc:"The session cookie, and on a new device its own, where the tenant chose cookies"`
	Body      *Step
}

func newStepReply(ctx context.Context, s *authflows.Step, err error) (*stepReply, error) {
	if err != nil {
		return nil, err
	}
	reply := &stepReply{Status: http.StatusOK, Body: newStep(s)}
	if in := s.SignedIn; in != nil {
		if in.New {
			reply.Status = http.StatusCreated
		}
		reply.SetCookie = httpx.Cookies(httpx.From(ctx), in)
	}
	return reply, nil
}

// parse reads an id of a path or body. What is none is answered as any unknown one, with the given fault.
func parse(prefix, text string, unknown fault.Code) (uuid.UUID, error) {
	id, ok := ids.Parse(prefix, text)
	if !ok {
		return uuid.Nil, fault.New(unknown)
	}
	return id, nil
}
