package tenants

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/sealed"
)

// VerificationKey is a public key of a tenant. It has exactly one algorithm.
type VerificationKey struct {
	Kid       string
	Algorithm jose.SignatureAlgorithm
	Public    crypto.PublicKey
}

// KeySet is a tenant's signing keys. What is published is at hand at once. The keys themselves are opened for the first token
// that is signed or verified: an opened key is dozens of objects, which every garbage collection visits, and of many tenants in
// memory few are busy.
type KeySet struct {
	kid     string               // of the active key
	jwks    []byte               // all that are published
	until   map[string]time.Time // when retiring keys end, by kid
	keys    *sealed.Keys
	private []byte // of the active key, sealed

	opening sync.Once
	failed  error // of opening
	active  jose.SigningKey
	verify  map[string]*VerificationKey

	signers sync.Map // jose.Signer by typ
}

// newKeySet returns the set of the rows of a tenant's keys. Retired and compromised ones are left out.
func newKeySet(keys *sealed.Keys, rows []*ent.SigningKey) (*KeySet, error) {
	set := &KeySet{keys: keys}
	published := []json.RawMessage{}
	for _, row := range rows {
		if row.Status == signingkey.StatusRetired || row.Compromised {
			continue
		}
		published = append(published, row.PublicJwk)
		if row.PublishUntil != nil {
			if set.until == nil {
				set.until = map[string]time.Time{}
			}
			set.until[row.Kid] = *row.PublishUntil
		}
		if row.Status == signingkey.StatusActive {
			set.kid, set.private = row.Kid, row.PrivateSealed
		}
	}
	if set.kid == "" {
		return nil, errors.New("read signing keys: none is active")
	}
	var err error
	set.jwks, err = json.Marshal(map[string]any{"keys": published})
	return set, err
}

// ActiveKid returns the id of the key that signs.
func (s *KeySet) ActiveKid() string { return s.kid }

// JWKS returns the published key set (RFC 7517) as JSON.
func (s *KeySet) JWKS() []byte { return s.jwks }

// ETag names the content of the published set.
func (s *KeySet) ETag() string {
	sum := sha256.Sum256(s.jwks)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// Signer signs tokens of a typ with the active key. There are few types: each signer is kept.
func (s *KeySet) Signer(typ string) (jose.Signer, error) {
	if signer, ok := s.signers.Load(typ); ok {
		return signer.(jose.Signer), nil
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(s.active, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", s.kid))
	if err != nil {
		return nil, fmt.Errorf("use signing key %s: %w", s.kid, err)
	}
	s.signers.Store(typ, signer)
	return signer, nil
}

// Verify returns the key of a kid. Where no token that is signed with it is to be accepted at now, the fault is invalid_token.
func (s *KeySet) Verify(kid string, now time.Time) (*VerificationKey, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	key, ok := s.verify[kid]
	if until, retiring := s.until[kid]; !ok || retiring && now.After(until) {
		return nil, fault.New(fault.InvalidToken)
	}
	return key, nil
}

// open reads the keys, once.
func (s *KeySet) open() error {
	s.opening.Do(func() {
		if s.failed = s.openPublished(); s.failed == nil {
			s.failed = s.openActive()
		}
	})
	return s.failed
}

// openPublished reads the keys as relying parties do.
func (s *KeySet) openPublished() error {
	var published jose.JSONWebKeySet
	if err := json.Unmarshal(s.jwks, &published); err != nil {
		return fmt.Errorf("read published keys: %w", err)
	}
	s.verify = make(map[string]*VerificationKey, len(published.Keys))
	for _, jwk := range published.Keys {
		s.verify[jwk.KeyID] = &VerificationKey{jwk.KeyID, jose.SignatureAlgorithm(jwk.Algorithm), jwk.Key}
	}
	return nil
}

func (s *KeySet) openActive() error {
	published, ok := s.verify[s.kid]
	if !ok {
		return fmt.Errorf("open signing key %s: it is not published", s.kid)
	}
	der, err := s.keys.Open(privateKeyPlace(s.kid), s.private)
	if err != nil {
		return err
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return fmt.Errorf("open signing key %s: %w", s.kid, err)
	}
	s.active = jose.SigningKey{Algorithm: published.Algorithm, Key: private}
	return nil
}
