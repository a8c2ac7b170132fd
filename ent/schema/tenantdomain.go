package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// TenantDomain is a host name that a tenant says is its own.
type TenantDomain struct{ ent.Schema }

// Mixin of TenantDomain.
func (TenantDomain) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of TenantDomain.
func (TenantDomain) Fields() []ent.Field {
	return []ent.Field{
		field.String("host").Immutable().
			Comment("In small letters, without a port."),
		field.String("proof").Immutable().
			Comment("What a TXT record of the host must say."),
		field.String("serves").Optional().Nillable().
			Comment("The host again once it is verified: of all tenants one can have it, and only then it resolves."),
		field.Time("verified_at").Optional().Nillable(),
		field.Time("created_at").Immutable(),
	}
}

// Indexes of TenantDomain.
func (TenantDomain) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "host").Unique(),
		index.Fields("serves").Unique(),
	}
}
