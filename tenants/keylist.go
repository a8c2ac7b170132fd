package tenants

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
)

// Key describes a signing key to operators.
type Key struct {
	ID          uuid.UUID  `json:"-"`
	Tenant      uuid.UUID  `json:"-"`
	Kid         string     `json:"kid"`
	Algorithm   string     `json:"algorithm"`
	Status      string     `json:"status"`
	Compromised bool       `json:"compromised"`
	PublishedAt time.Time  `json:"published_at"`
	ActivatedAt *time.Time `json:"activated_at,omitempty"`
	RetiringAt  *time.Time `json:"retiring_at,omitempty"`
	Until       *time.Time `json:"publish_until,omitempty"`
}

// SigningKeys returns all signing keys of a tenant, newest first.
func (r *Registry) SigningKeys(ctx context.Context, slug string) ([]Key, error) {
	t, err := r.read(ctx, slug)
	if err != nil {
		return nil, err
	}
	keys, err := r.SigningKeysOf(ctx, []*Tenant{t.Tenant})
	if err != nil {
		return nil, err
	}
	return keys[t.ID], nil
}

// shownOfKeys are the columns of what a Key tells: the private part is not among them.
var shownOfKeys = []string{
	signingkey.FieldID, signingkey.FieldTenantID, signingkey.FieldKid, signingkey.FieldAlgorithm, signingkey.FieldStatus,
	signingkey.FieldCompromised, signingkey.FieldPublishedAt, signingkey.FieldActivatedAt, signingkey.FieldRetiringAt,
	signingkey.FieldPublishUntil,
}

func describeKey(row *ent.SigningKey) Key {
	return Key{
		row.ID, row.TenantID, row.Kid, row.Algorithm, string(row.Status), row.Compromised,
		row.PublishedAt, row.ActivatedAt, row.RetiringAt, row.PublishUntil,
	}
}
