package graph

import (
	"context"
	"errors"
	"time"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// rotate runs a rotation of a tenant's signing keys.
func (r *Resolver) rotate(ctx context.Context, input any, tenant string, key *string, how tenants.RotateInput) (*model.SigningKeyPayload, error) {
	p := &model.SigningKeyPayload{}
	again := func(ctx context.Context, f events.Fact) error {
		_, t, err := r.reachObject(ctx, model.TenantID(f.Tenant))
		if t, err = none(t, err); t == nil || err != nil {
			return err
		}
		return r.tellKeys(ctx, p, t.Tenant)
	}
	return p, r.change(ctx, outcome{&p.UserErrors, &p.EventID}, input, key, func(ctx context.Context) error {
		ctx, t, err := r.reach(ctx, model.KindTenant, tenant)
		if err != nil {
			return err
		}
		rotated, err := r.Tenants.Rotate(ctx, t.Slug, how)
		if err != nil {
			return notReady(err)
		}
		return r.tellKeys(ctx, p, rotated)
	}, again)
}

// tellKeys fills in the key that signs now.
func (r *Resolver) tellKeys(ctx context.Context, p *model.SigningKeyPayload, t *tenants.Tenant) error {
	keys, err := r.Tenants.SigningKeysOf(ctx, []*tenants.Tenant{t})
	for _, k := range keys[t.ID] {
		if k.Kid == t.Signing.ActiveKid() {
			p.SigningKey = model.NewSigningKey(k)
		}
	}
	p.Tenant = r.newTenant(t)
	return err
}

// notReady says when a key may sign that may not yet.
func notReady(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.KeyNotReady {
		return err
	}
	wait := tenants.Duration((f.RetryAfter + time.Minute - 1).Truncate(time.Minute))
	named := *f
	named.Fields = []fault.Field{{
		Field: "tenant", Code: codeOf(f.Code),
		Message: "The next key must be published for a day before it signs. Try again in " + wait.String() + ".",
	}}
	return &named
}
