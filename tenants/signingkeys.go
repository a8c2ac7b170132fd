package tenants

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
)

// accessType is the typ of access tokens (RFC 9068, 2.1).
const accessType = "at+jwt"

// VerificationKey is a public key of a tenant. It has exactly one algorithm.
type VerificationKey struct {
	Kid       string
	Algorithm jose.SignatureAlgorithm
	Public    crypto.PublicKey
	until     time.Time // zero while it is next or active
}

// KeySet is a tenant's signing keys, ready for use.
type KeySet struct {
	signer jose.Signer // of access tokens
	active jose.SigningKey
	kid    string
	verify map[string]*VerificationKey
	jwks   []byte

	others sync.Map // jose.Signer by typ
}

// Signer signs access tokens with the active key.
func (s *KeySet) Signer() jose.Signer { return s.signer }

// SignerOf signs tokens of another typ with the active key. There are few types: each signer is kept.
func (s *KeySet) SignerOf(typ string) (jose.Signer, error) {
	if signer, ok := s.others.Load(typ); ok {
		return signer.(jose.Signer), nil
	}
	signer, err := newSigner(s.active, typ, s.kid)
	if err != nil {
		return nil, err
	}
	s.others.Store(typ, signer)
	return signer, nil
}

func newSigner(key jose.SigningKey, typ, kid string) (jose.Signer, error) {
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", kid))
	if err != nil {
		return nil, fmt.Errorf("use signing key %s: %w", kid, err)
	}
	return signer, nil
}

// ActiveKid returns the id of the key that signs.
func (s *KeySet) ActiveKid() string { return s.kid }

// Verify returns the key of a kid, if a token signed with it is still to be accepted at now.
func (s *KeySet) Verify(kid string, now time.Time) (*VerificationKey, bool) {
	k, ok := s.verify[kid]
	if !ok || !k.until.IsZero() && now.After(k.until) {
		return nil, false
	}
	return k, true
}

// JWKS returns the published key set (RFC 7517) as JSON.
func (s *KeySet) JWKS() []byte { return s.jwks }

// newSigningKey makes key material and the row that keeps it. The row is not stored yet.
func newSigningKey(keys *sealed.Keys, algorithm Algorithm, status signingkey.Status, now time.Time) (*ent.SigningKey, error) {
	private, err := generate(algorithm)
	if err != nil {
		return nil, fmt.Errorf("make %s key: %w", algorithm, err)
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: string(algorithm), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("make %s key: %w", algorithm, err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	jwk, err := public.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("make %s key: %w", algorithm, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("make %s key: %w", algorithm, err)
	}
	box, err := keys.Seal(privateKeyPlace(public.KeyID), der)
	if err != nil {
		return nil, err
	}
	row := &ent.SigningKey{
		ID: ids.New(), Kid: public.KeyID, Algorithm: string(algorithm), Status: status,
		PublicJwk: jwk, PrivateSealed: box, PublishedAt: now,
	}
	if status == signingkey.StatusActive {
		row.ActivatedAt = &now
	}
	return row, nil
}

func privateKeyPlace(kid string) sealed.Place {
	return sealed.Place{Table: "signing_keys", Column: "private_sealed", Row: kid}
}

func generate(algorithm Algorithm) (crypto.Signer, error) {
	switch algorithm {
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case RS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	default:
		return nil, fmt.Errorf("unknown algorithm %q", algorithm)
	}
}

// newKeySet opens the rows of a tenant's keys. Retired and compromised ones are left out.
func newKeySet(keys *sealed.Keys, rows []*ent.SigningKey) (*KeySet, error) {
	set := &KeySet{verify: make(map[string]*VerificationKey, len(rows))}
	published := []json.RawMessage{}
	for _, row := range rows {
		if row.Status == signingkey.StatusRetired || row.Compromised {
			continue
		}
		var jwk jose.JSONWebKey
		if err := jwk.UnmarshalJSON(row.PublicJwk); err != nil {
			return nil, fmt.Errorf("read signing key %s: %w", row.Kid, err)
		}
		v := &VerificationKey{Kid: row.Kid, Algorithm: jose.SignatureAlgorithm(row.Algorithm), Public: jwk.Key}
		if row.PublishUntil != nil {
			v.until = *row.PublishUntil
		}
		set.verify[row.Kid] = v
		published = append(published, row.PublicJwk)
		if row.Status == signingkey.StatusActive {
			if err := set.activate(keys, row); err != nil {
				return nil, err
			}
		}
	}
	if set.signer == nil {
		return nil, fmt.Errorf("read signing keys: none is active")
	}
	var err error
	set.jwks, err = json.Marshal(map[string]any{"keys": published})
	return set, err
}

func (s *KeySet) activate(keys *sealed.Keys, row *ent.SigningKey) error {
	der, err := keys.Open(privateKeyPlace(row.Kid), row.PrivateSealed)
	if err != nil {
		return err
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return fmt.Errorf("read signing key %s: %w", row.Kid, err)
	}
	s.kid, s.active = row.Kid, jose.SigningKey{Algorithm: jose.SignatureAlgorithm(row.Algorithm), Key: private}
	s.signer, err = newSigner(s.active, accessType, s.kid)
	return err
}

// ETag names the content of the published set.
func (s *KeySet) ETag() string {
	sum := sha256.Sum256(s.jwks)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

func storeSigningKey(tx *ent.Tx, row *ent.SigningKey) *ent.SigningKeyCreate {
	return tx.SigningKey.Create().
		SetID(row.ID).
		SetKid(row.Kid).
		SetAlgorithm(row.Algorithm).
		SetStatus(row.Status).
		SetPublicJwk(row.PublicJwk).
		SetPrivateSealed(row.PrivateSealed).
		SetPublishedAt(row.PublishedAt).
		SetNillableActivatedAt(row.ActivatedAt)
}
