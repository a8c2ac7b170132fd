package tokens

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
)

// Use is what a token of a client other than the native one is good for. Client and use make its typ, so that it is refused
// everywhere else.
type Use string

// The uses.
const (
	UseAccess  Use = "access"
	UseRefresh Use = "refresh"
	UsePending Use = "pending" // a sign-in that waits for its next factor
)

// Grant is what a token of a client says to us. Beside it stand the claims that the client's own users look for.
type Grant struct {
	Client     string
	Use        Use
	Subject    uuid.UUID // the session; of a pending sign-in its challenge
	Generation int       // of a refresh token that rotates
	IssuedAt   time.Time
	Expires    time.Time
	// Level and AuthTime are those of the proofs that the token was handed out for. Without them it follows its session.
	Level    amr.Level
	AuthTime time.Time
	Kid      string // read only
	ID       string // read only, the jti
}

// grantClaims is the wire form as it is read. Names of our own keep clear of those that clients may look for.
type grantClaims struct {
	Issuer     string `json:"iss"`
	Audience   string `json:"aud"`
	Client     string `json:"client_id"`
	Expires    int64  `json:"exp"`
	IssuedAt   int64  `json:"iat"`
	Subject    string `json:"tgs"`
	Generation int    `json:"tgn"`
	AuthTime   int64  `json:"auth_time"`
	ACR        string `json:"acr"`
	ID         string `json:"jti"`
}

func typeOf(client string, use Use) string { return client + "-" + string(use) + "+jwt" }

func (u Use) subjects() string {
	if u == UsePending {
		return ids.Challenge
	}
	return ids.Session
}

// Mint signs a token of a client with the tenant's active key. None of the client's own claims replaces one of ours.
func Mint(t *tenants.Tenant, g Grant, own map[string]any) (string, error) {
	said := maps.Clone(own)
	if said == nil {
		said = map[string]any{}
	}
	said["iss"], said["aud"], said["client_id"] = t.Issuer, Audience(t), g.Client
	said["exp"], said["iat"], said["jti"] = g.Expires.Unix(), g.IssuedAt.Unix(), ids.NewUnguessable().String()
	said["tgs"] = ids.Format(g.Use.subjects(), g.Subject)
	if g.Generation != 0 {
		said["tgn"] = g.Generation
	}
	if g.Level != "" {
		said["acr"], said["auth_time"] = g.Level, g.AuthTime.Unix()
	}
	payload, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("mint token of %s: %w", g.Client, err)
	}
	signer, err := t.Signing.Signer(typeOf(g.Client, g.Use))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("mint token of %s: %w", g.Client, err)
	}
	return signed.CompactSerialize()
}

// Read verifies a token of a client for a use: as ReadAccess does, with the typ of the two. Anything else is the fault
// invalid_token. Whether it has expired is the caller's to ask.
func Read(t *tenants.Tenant, client string, use Use, token string, now time.Time) (*Grant, error) {
	var c grantClaims
	kid, err := verify(t, token, typeOf(client, use), now, &c)
	if err != nil {
		return nil, err
	}
	subject, ok := ids.Parse(use.subjects(), c.Subject)
	if !ok || c.Issuer != t.Issuer || c.Audience != Audience(t) || c.Client != client || c.Expires <= 0 || c.IssuedAt <= 0 {
		return nil, fault.New(fault.InvalidToken)
	}
	g := &Grant{
		Client: client, Use: use, Subject: subject, Generation: c.Generation, IssuedAt: time.Unix(c.IssuedAt, 0),
		Expires: time.Unix(c.Expires, 0), Level: amr.Level(c.ACR), Kid: kid, ID: c.ID,
	}
	if c.AuthTime != 0 {
		g.AuthTime = time.Unix(c.AuthTime, 0)
	}
	return g, nil
}

// ReadAny is Read for an access or a refresh token of whichever client.
func ReadAny(t *tenants.Tenant, token string, now time.Time) (*Grant, error) {
	h, ok := readHeader(token)
	for _, use := range []Use{UseAccess, UseRefresh} {
		if client, is := strings.CutSuffix(h.Type, typeOf("", use)); ok && is && client != "" {
			return Read(t, client, use, token, now)
		}
	}
	return nil, fault.New(fault.InvalidToken)
}

// ValidAt reports whether now lies between the token's times, give or take the leeway.
func (g *Grant) ValidAt(now time.Time) bool {
	a := Access{IssuedAt: g.IssuedAt, Expires: g.Expires}
	return a.ValidAt(now)
}
