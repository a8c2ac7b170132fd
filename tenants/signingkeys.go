package tenants

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
)

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
