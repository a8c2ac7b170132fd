package model

import "github.com/tenantgate/tenantgate/tenants"

// NewDomain returns a host of a tenant's, nil for nil.
func NewDomain(d *tenants.Domain) *Domain {
	if d == nil {
		return nil
	}
	out := &Domain{
		ID: GlobalID{KindDomain, d.Tenant, d.ID}.String(), Host: d.Host, Verified: d.Verified(), RecordName: d.RecordName,
		RecordValue: d.Record, CreatedAt: d.CreatedAt,
	}
	if d.Verified() {
		out.VerifiedAt = &d.VerifiedAt
	}
	return out
}
