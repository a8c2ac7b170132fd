package model

import (
	"strings"

	"github.com/tenantgate/tenantgate/tenants"
)

// NewSigningKey returns a signing key of a tenant's.
func NewSigningKey(k tenants.Key) *SigningKey {
	return &SigningKey{
		ID: GlobalID{KindSigningKey, k.Tenant, k.ID}.String(), Kid: k.Kid, Algorithm: k.Algorithm,
		Status: SigningKeyStatus(strings.ToUpper(k.Status)), Compromised: k.Compromised, PublishedAt: k.PublishedAt,
		ActivatedAt: k.ActivatedAt, RetiringAt: k.RetiringAt, PublishUntil: k.Until,
	}
}
