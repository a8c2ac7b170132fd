package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SigningKey signs a tenant's tokens. It is next, then active, then retiring, then retired.
type SigningKey struct{ ent.Schema }

// Mixin of SigningKey.
func (SigningKey) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of SigningKey.
func (SigningKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("kid").Immutable().
			Comment("RFC 7638 thumbprint of the public key."),
		field.String("algorithm").Immutable(),
		field.Enum("status").Values("next", "active", "retiring", "retired"),
		field.Bytes("public_jwk").Immutable(),
		field.Bytes("private_sealed").Sensitive().
			Comment("PKCS #8 under the data key."),
		field.Bool("compromised").Default(false).
			Comment("Left the key set at once; nothing it signed is accepted."),
		field.Time("published_at").Immutable(),
		field.Time("activated_at").Optional().Nillable(),
		field.Time("retiring_at").Optional().Nillable(),
		field.Time("publish_until").Optional().Nillable().
			Comment("When the last token it signed has expired."),
	}
}

// Indexes of SigningKey.
func (SigningKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "kid").Unique(),
		// Of two replicas that rotate at once, one meets this index.
		index.Fields("tenant_id").Unique().StorageKey("signingkey_one_active").
			Annotations(entsql.IndexWhere("status = 'active'")),
		index.Fields("tenant_id", "status").Unique().StorageKey("signingkey_one_next").
			Annotations(entsql.IndexWhere("status = 'next'")),
	}
}
