package tokens

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
)

// NativeClient is the client_id of tokens that the native API hands out.
const NativeClient = "native"

// maxAccess bounds what is even looked at; our own tokens have about 700 bytes.
const maxAccess = 4096

// Access is what an access token says.
type Access struct {
	Issuer   string
	Audience string
	User     uuid.UUID
	Session  uuid.UUID
	IssuedAt time.Time
	Expires  time.Time
	AuthTime time.Time
	Proofs   []amr.Method // written only: a token read back tells ACR
	ACR      amr.Level
	Kid      string   // read only
	Client   string   // read only
	ID       string   // read only, the jti
	AMR      []string // read only (RFC 8176)
}

// claims is the wire form.
type claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Client   string   `json:"client_id"`
	Expires  int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	ID       string   `json:"jti"`
	Session  string   `json:"sid"`
	AuthTime int64    `json:"auth_time"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
}

// accessType is the typ of access tokens (RFC 9068, 2.1).
const accessType = "at+jwt"

// MintAccess signs an access token with the tenant's active key.
func MintAccess(keys *tenants.KeySet, a Access) (string, error) {
	payload, err := json.Marshal(claims{
		Issuer: a.Issuer, Subject: ids.Format(ids.User, a.User), Audience: a.Audience, Client: NativeClient,
		Expires: a.Expires.Unix(), IssuedAt: a.IssuedAt.Unix(), ID: ids.NewUnguessable().String(),
		Session: ids.Format(ids.Session, a.Session), AuthTime: a.AuthTime.Unix(),
		ACR: string(amr.LevelOf(a.Proofs)), AMR: amr.References(a.Proofs),
	})
	if err != nil {
		return "", fmt.Errorf("mint access token: %w", err)
	}
	signer, err := keys.Signer(accessType)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("mint access token: %w", err)
	}
	return signed.CompactSerialize()
}

// header is the protected header as we write it; a token with any other member is not ours.
type header struct {
	Algorithm string `json:"alg"`
	Kid       string `json:"kid"`
	Type      string `json:"typ"`
}

var accepted = []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256}

// ReadAccess verifies an access token of a tenant: its one canonical spelling, typ, kid among the tenant's keys, that
// key's algorithm, signature, iss, aud and times with tenants.Leeway. Anything else is the fault invalid_token.
func ReadAccess(t *tenants.Tenant, token string, now time.Time) (*Access, error) {
	var c claims
	kid, err := verify(t, token, accessType, now, &c)
	if err != nil {
		return nil, err
	}
	a, ok := c.read()
	if !ok || a.Issuer != t.Issuer || a.Audience != Audience(t) || !a.ValidAt(now) {
		return nil, fault.New(fault.InvalidToken)
	}
	a.Kid, a.Client = kid, NativeClient
	return a, nil
}

// verify reads the claims of a token of a typ: signed with a key of the tenant's, by that key's algorithm. It looks at no
// claim.
func verify(t *tenants.Tenant, token, typ string, now time.Time, into any) (kid string, err error) {
	h, ok := readHeader(token)
	if !ok || h.Type != typ {
		return "", fault.New(fault.InvalidToken)
	}
	key, err := t.Signing.Verify(h.Kid, now)
	if err != nil {
		return "", err
	}
	if h.Algorithm != string(key.Algorithm) {
		return "", fault.New(fault.InvalidToken)
	}
	parsed, err := jwt.ParseSigned(token, accepted)
	if err != nil {
		return "", fault.New(fault.InvalidToken)
	}
	if err := parsed.Claims(key.Public, into); err != nil {
		return "", fault.New(fault.InvalidToken)
	}
	return h.Kid, nil
}

// Audience is whom a tenant's access tokens are for: its setting, else its issuer.
func Audience(t *tenants.Tenant) string {
	if t.Settings.Tokens.Audience != "" {
		return t.Settings.Tokens.Audience
	}
	return t.Issuer
}

// ValidAt reports whether now lies between the token's times, give or take the leeway.
func (a *Access) ValidAt(now time.Time) bool {
	return now.Before(a.Expires.Add(tenants.Leeway)) && !now.Before(a.IssuedAt.Add(-tenants.Leeway))
}

func (c *claims) read() (*Access, bool) {
	user, okUser := ids.Parse(ids.User, c.Subject)
	session, okSession := ids.Parse(ids.Session, c.Session)
	return &Access{
		Issuer: c.Issuer, Audience: c.Audience, User: user, Session: session, ACR: amr.Level(c.ACR), ID: c.ID, AMR: c.AMR,
		IssuedAt: time.Unix(c.IssuedAt, 0), Expires: time.Unix(c.Expires, 0), AuthTime: time.Unix(c.AuthTime, 0),
	}, okUser && okSession && c.Client == NativeClient && c.Expires > 0 && c.IssuedAt > 0
}

// readHeader accepts three parts in canonical base64url only: the decoder of the library forgives line breaks and unused
// bits, and each forgiven spelling would be another key for one token.
func readHeader(token string) (header, bool) {
	var h header
	if len(token) > maxAccess {
		return h, false
	}
	first, rest, _ := strings.Cut(token, ".")
	second, third, _ := strings.Cut(rest, ".")
	for _, part := range []string{second, third} {
		if _, ok := decode(part); !ok {
			return h, false
		}
	}
	text, ok := decode(first)
	if !ok {
		return h, false
	}
	strict := json.NewDecoder(strings.NewReader(string(text)))
	strict.DisallowUnknownFields()
	return h, strict.Decode(&h) == nil
}

var canonical = base64.RawURLEncoding.Strict()

func decode(part string) ([]byte, bool) {
	if part == "" || strings.ContainsAny(part, "\r\n") {
		return nil, false
	}
	out, err := canonical.DecodeString(part)
	return out, err == nil
}
