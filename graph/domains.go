package graph

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// changeDomain runs a mutation of a tenant's host.
func (r *Resolver) changeDomain(ctx context.Context, input model.DomainInput,
	do func(context.Context, *tenants.Tenant) (*tenants.Domain, error),
) (*model.DomainPayload, error) {
	p := &model.DomainPayload{}
	again := func(ctx context.Context, f events.Fact) (err error) {
		p.Domain, err = none(r.domain(ctx, model.GlobalID{Kind: model.KindDomain, Tenant: f.Tenant, Object: f.Object}))
		return err
	}
	return p, r.change(ctx, outcome{&p.UserErrors, &p.EventID}, input, input.IdempotencyKey, func(ctx context.Context) error {
		ctx, t, err := r.reach(ctx, model.KindTenant, input.Tenant)
		if err != nil {
			return err
		}
		d, err := do(ctx, t.Tenant)
		p.Domain = model.NewDomain(d)
		return ofHost(err)
	}, again)
}

func (r *Resolver) removeDomain(ctx context.Context, input model.DomainInput) (*model.RemoveDomainPayload, error) {
	p := &model.RemoveDomainPayload{}
	done := func(context.Context, events.Fact) error {
		p.RemovedHost = &input.Host
		return nil
	}
	return p, r.change(ctx, outcome{&p.UserErrors, &p.EventID}, input, input.IdempotencyKey, func(ctx context.Context) error {
		ctx, t, err := r.reach(ctx, model.KindTenant, input.Tenant)
		if err != nil {
			return err
		}
		if err := r.Tenants.RemoveDomain(ctx, t.Slug, input.Host); err != nil {
			return ofHost(err)
		}
		return done(ctx, events.Fact{})
	}, done)
}

// domain returns a host of a tenant over which the actor holds the scope of the field.
func (r *Resolver) domain(ctx context.Context, g model.GlobalID) (*model.Domain, error) {
	ctx, t, err := r.reachObject(ctx, g)
	if err != nil {
		return nil, err
	}
	d, err := r.Tenants.Domain(ctx, t.Tenant, t.Object)
	return model.NewDomain(d), err
}

// ofHost says that faults are about the host, and of one that is unproven what was looked up and what was found.
func ofHost(err error) error {
	var unproven *tenants.Unproven
	if fault.CodeOf(err) == fault.DomainUnproven && errors.As(err, &unproven) {
		return fault.Invalid(fault.Field{Field: "host", Code: codeOf(fault.DomainUnproven), Message: tellUnproven(unproven)}).Because(err)
	}
	if fault.CodeOf(err) == fault.NotFound {
		return fault.Invalid(fault.Field{Field: "host", Code: codeOf(fault.NotFound), Message: "The tenant has no such host."})
	}
	return onField("host", err, fault.LimitReached, fault.DomainTaken)
}

func tellUnproven(u *tenants.Unproven) string {
	var dns *net.DNSError
	switch at := u.Domain.RecordName; {
	case u.Err == nil && len(u.Found) > 0:
		return fmt.Sprintf("%d TXT records were found at %s, and none of them is the proof. Add it beside them, "+
			"wait until DNS shows it and verify again.", len(u.Found), at)
	case u.Err == nil || errors.As(u.Err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("There is no TXT record at %s. Make it, wait until DNS shows it and verify again.", at)
	default:
		return fmt.Sprintf("The TXT records at %s could not be looked up: DNS did not answer. Verify again.", at)
	}
}
