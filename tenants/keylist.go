package tenants

import (
	"context"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Key describes a signing key to operators.
type Key struct {
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
	rows, err := r.db.SigningKey.Query().Order(ent.Desc(signingkey.FieldPublishedAt, signingkey.FieldID)).All(tenancy.With(ctx, t.ID))
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	out := make([]Key, 0, len(rows))
	for _, k := range rows {
		out = append(out, Key{
			k.Kid, k.Algorithm, string(k.Status), k.Compromised,
			k.PublishedAt, k.ActivatedAt, k.RetiringAt, k.PublishUntil,
		})
	}
	return out, nil
}
