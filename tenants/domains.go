package tenants

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/ent/tenantdomain"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// MaxDomains is how many hosts a tenant may have, verified or not.
const MaxDomains = 20

const (
	// proofLabel stands before a host in the name of the TXT record that proves it.
	proofLabel = "_tenantgate."
	// proofPrefix stands before the proof in the record's value.
	proofPrefix = "tenantgate-verification="
	// longestHost leaves room for proofLabel in a name of DNS.
	longestHost = 253 - len(proofLabel)
)

// Domain is a host name that a tenant says is its own. Requests for it reach the tenant once it is verified.
type Domain struct {
	ID         uuid.UUID
	Tenant     uuid.UUID
	Host       string
	RecordName string // of the TXT record that proves it, without a dot at the end
	Record     string // the value of that record
	VerifiedAt time.Time
	CreatedAt  time.Time
}

// Verified reports whether the host was proven, or an operator has vouched for it.
func (d *Domain) Verified() bool { return !d.VerifiedAt.IsZero() }

func describeDomain(row *ent.TenantDomain) *Domain {
	d := &Domain{
		ID: row.ID, Tenant: row.TenantID,
		Host: row.Host, RecordName: proofLabel + row.Host, Record: proofPrefix + row.Proof, CreatedAt: row.CreatedAt,
	}
	if row.Serves != nil && row.VerifiedAt != nil {
		d.VerifiedAt = *row.VerifiedAt
	}
	return d
}

// AddDomain notes that a tenant says a host is its own; the domain tells the record that proves it. Adding it again
// changes nothing. Faults: tenant_not_found, invalid_input, limit_reached.
func (r *Registry) AddDomain(ctx context.Context, slug, host string) (*Domain, error) {
	if err := r.checkHost(host); err != nil {
		return nil, err
	}
	return r.changeDomains(ctx, slug, func(ctx context.Context, tx *ent.Tx) (*Domain, error) {
		all, err := tx.TenantDomain.Query().All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read domains: %w", err)
		}
		if at := slices.IndexFunc(all, func(row *ent.TenantDomain) bool { return row.Host == host }); at >= 0 {
			return describeDomain(all[at]), nil
		}
		if len(all) >= MaxDomains {
			return nil, fault.New(fault.LimitReached)
		}
		row, err := tx.TenantDomain.Create().
			SetID(ids.New()).SetHost(host).SetProof(strings.ToLower(rand.Text())).SetCreatedAt(r.now()).
			Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("store domain: %w", err)
		}
		return describeDomain(row), r.appendDomain(ctx, tx, events.DomainAdded, row.ID, map[string]any{
			"host": host, events.After: map[string]any{"host": host, "verified": false},
		})
	})
}

// RemoveDomain takes a host from a tenant; it resolves no more and another tenant may have it. Faults: tenant_not_found,
// not_found.
func (r *Registry) RemoveDomain(ctx context.Context, slug, host string) error {
	_, err := r.changeDomains(ctx, slug, func(ctx context.Context, tx *ent.Tx) (*Domain, error) {
		row, err := tx.TenantDomain.Query().Where(tenantdomain.Host(host)).Only(ctx)
		if err != nil {
			return nil, domainError("find domain", err)
		}
		if _, err := tx.TenantDomain.Delete().Where(tenantdomain.ID(row.ID)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("remove domain: %w", err)
		}
		return nil, r.appendDomain(ctx, tx, events.DomainRemoved, row.ID, map[string]any{
			"host": host, events.Before: map[string]any{"host": host, "verified": row.Serves != nil},
		})
	})
	return err
}

// Domains returns the hosts of a tenant in the order of their names. Fault: tenant_not_found.
func (r *Registry) Domains(ctx context.Context, slug string) ([]*Domain, error) {
	id, err := r.idOf(ctx, slug)
	if err != nil {
		return nil, err
	}
	rows, err := r.db.TenantDomain.Query().Order(tenantdomain.ByHost()).All(tenancy.With(ctx, id))
	if err != nil {
		return nil, fmt.Errorf("read domains: %w", err)
	}
	out := make([]*Domain, 0, len(rows))
	for _, row := range rows {
		out = append(out, describeDomain(row))
	}
	return out, nil
}

// Domain returns a host of a tenant, or the fault not_found.
func (r *Registry) Domain(ctx context.Context, t *Tenant, id uuid.UUID) (*Domain, error) {
	row, err := r.db.TenantDomain.Query().Where(tenantdomain.ID(id)).Only(tenancy.With(ctx, t.ID))
	if err != nil {
		return nil, domainError("find domain", err)
	}
	return describeDomain(row), nil
}

// ByHost returns the tenant whose verified domain a host is, or the fault tenant_not_found. The host is in small letters,
// without a port and without a dot at its end.
func (r *Registry) ByHost(ctx context.Context, host string) (*Tenant, error) {
	if !isDomain(host) {
		return nil, fault.New(fault.TenantNotFound)
	}
	host = strings.Clone(host) // a key of the cache must not hold on to the headers of a request
	// That a host is nobody's is kept too, as uuid.Nil: a service may be asked for by many names.
	id, err := r.byHost.Get(ctx, host, func(ctx context.Context) (uuid.UUID, error) { return r.ownerOf(ctx, host) })
	if err != nil {
		return nil, err
	}
	if id == uuid.Nil {
		return nil, fault.New(fault.TenantNotFound)
	}
	return r.ByID(ctx, id)
}

func (r *Registry) ownerOf(ctx context.Context, host string) (uuid.UUID, error) {
	row, err := r.db.TenantDomain.Query().
		Where(tenantdomain.Serves(host)).
		Select(tenantdomain.FieldID, tenantdomain.FieldTenantID).
		Only(tenancy.Across(ctx, tenancy.HostOwner))
	if ent.IsNotFound(err) {
		return uuid.Nil, nil
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find whose a host is: %w", err)
	}
	return row.TenantID, nil
}

// changeDomains runs a change of a tenant's domains. Those of one tenant, and its deletion, come one after another.
func (r *Registry) changeDomains(ctx context.Context, slug string,
	change func(context.Context, *ent.Tx) (*Domain, error),
) (*Domain, error) {
	id, err := r.idOf(ctx, slug)
	if err != nil {
		return nil, err
	}
	d, err := store.InTx(tenancy.With(ctx, id), r.db.Client, func(ctx context.Context, tx *ent.Tx) (*Domain, error) {
		if err := r.hold(ctx, tx, id); err != nil {
			return nil, err
		}
		return change(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("change domains: %w", err)
	}
	return d, nil
}

// hold is Hold at the registry's time.
func (r *Registry) hold(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	return Hold(ctx, tx, id, r.now())
}

func (r *Registry) appendDomain(ctx context.Context, tx *ent.Tx, fact events.Type, id uuid.UUID, data map[string]any) error {
	return r.events.Append(ctx, tx, events.Event{Type: fact, Actor: events.ActorOperator, Target: id, Data: data})
}

func (r *Registry) idOf(ctx context.Context, slug string) (uuid.UUID, error) {
	id, err := r.db.Tenant.Query().Where(tenant.Slug(slug)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return uuid.Nil, fault.New(fault.TenantNotFound)
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find tenant: %w", err)
	}
	if meant, limited := tenancy.From(ctx); limited && id != meant {
		return uuid.Nil, fault.New(fault.TenantNotFound) // see read
	}
	return id, nil
}

func domainError(what string, err error) error {
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// isDomain reports whether a tenant may have a host at all: it is a DNS name of at least two labels.
func isDomain(host string) bool {
	return len(host) <= longestHost && strings.Contains(host, ".") && isName(host)
}

// checkHost accepts the names that a tenant may call its own.
func (r *Registry) checkHost(host string) error {
	invalid := func(message string) error {
		return fault.Invalid(fault.Field{Field: "host", Code: "invalid", Message: message})
	}
	if !isDomain(host) {
		return invalid("Use the whole name of a host in lower-case letters, such as login.example.com: no port, no wildcard, " +
			"no dot at its end, no IP address; international names as xn--….")
	}
	public, err := url.Parse(r.publicURL())
	if err != nil {
		return errors.New("read the public URL: it is none")
	}
	if strings.EqualFold(public.Hostname(), host) {
		return invalid("Use another name: this one is the host of the service's own public URL.")
	}
	return nil
}
