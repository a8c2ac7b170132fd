package tenants

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenantdomain"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// lookupLimit bounds the look-up of a record: what was found, or not, is to be told before a request runs out of time.
const lookupLimit = 5 * time.Second

// TXTLookup returns the TXT records of a name; net.Resolver has one.
type TXTLookup func(ctx context.Context, name string) ([]string, error)

// Unproven is the cause of the fault domain_unproven: what was looked up and what was found instead.
type Unproven struct {
	Domain *Domain
	Found  []string // the values of the TXT records that are there
	Err    error    // of the look-up; it may say that there is no such name
}

func (u *Unproven) Error() string {
	if u.Err != nil {
		return "look up the TXT record: " + u.Err.Error()
	}
	return fmt.Sprintf("none of %d TXT records is the proof", len(u.Found))
}

func (u *Unproven) Unwrap() error { return u.Err }

// VerifyDomain lets a tenant's domain resolve once its TXT record is found, or at once where the operator vouches for it.
// A verified domain stays as it is. Faults: tenant_not_found, not_found for a host that was not added, invalid_input for
// one that has become the service's own, domain_unproven with an Unproven as its cause, domain_taken where another tenant
// has it.
func (r *Registry) VerifyDomain(ctx context.Context, slug, host string, lookup TXTLookup, byOperator bool) (*Domain, error) {
	id, err := r.idOf(ctx, slug)
	if err != nil {
		return nil, err
	}
	row, err := r.db.TenantDomain.Query().Where(tenantdomain.Host(host)).Only(tenancy.With(ctx, id))
	if err != nil {
		return nil, domainError("find domain", err)
	}
	if row.Serves != nil {
		return describeDomain(row), nil
	}
	if err := r.checkHost(host); err != nil {
		return nil, err
	}
	how := "operator"
	if !byOperator {
		how = "dns"
		if err := prove(ctx, describeDomain(row), lookup); err != nil {
			return nil, err
		}
	}
	return r.changeDomains(ctx, slug, func(ctx context.Context, tx *ent.Tx) (*Domain, error) {
		n, err := tx.TenantDomain.Update().
			Where(tenantdomain.ID(row.ID), tenantdomain.ServesIsNil()).
			SetServes(host).SetVerifiedAt(r.now()).
			Save(ctx)
		if ent.IsConstraintError(err) {
			return nil, fault.New(fault.DomainTaken)
		}
		if err != nil {
			return nil, fmt.Errorf("verify domain: %w", err)
		}
		// Not the one that was read: what was proven is its record, and one removed and added again has another.
		fresh, err := tx.TenantDomain.Query().Where(tenantdomain.ID(row.ID)).Only(ctx)
		if err != nil {
			return nil, domainError("read domain", err)
		}
		if n == 0 {
			return describeDomain(fresh), nil // another process was faster
		}
		return describeDomain(fresh), r.appendDomain(ctx, tx, events.DomainVerified, row.ID, map[string]any{
			"host": host, "by": how,
			events.Before: map[string]any{"verified": false}, events.After: map[string]any{"verified": true},
		})
	})
}

// prove looks for the record of a domain.
func prove(ctx context.Context, d *Domain, lookup TXTLookup) error {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	// With the dot at its end no search domain is appended: whoever owns one of those proves nothing about the host.
	found, err := lookup(ctx, d.RecordName+".")
	if err == nil && slices.Contains(found, d.Record) {
		return nil
	}
	return fault.New(fault.DomainUnproven).Because(&Unproven{Domain: d, Found: found, Err: err})
}
