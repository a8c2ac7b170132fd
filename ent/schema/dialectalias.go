package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// DialectAlias is an id of another shape by which a dialect names a user. It is made when it is first needed and stays, also
// when its user goes: an app that keeps such ids must never meet another user under one.
type DialectAlias struct{ ent.Schema }

// Mixin of DialectAlias.
func (DialectAlias) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Annotations of DialectAlias: Ent's plural of alias is none.
func (DialectAlias) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "dialect_aliases"}}
}

// Fields of DialectAlias.
func (DialectAlias) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable().
			Comment("No foreign key: it outlives the user."),
		field.Enum("kind").Values("integer", "hex").Immutable(),
		field.Int64("number").Immutable().
			Comment("Counts the aliases of a kind in a tenant from 1 on; the alias itself, where that is an integer."),
		field.String("value").Immutable().
			Comment("The alias as text."),
		field.Time("created_at").Immutable(),
	}
}

// Indexes of DialectAlias.
func (DialectAlias) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id", "kind").Unique(),
		index.Fields("tenant_id", "kind", "number").Unique(),
		index.Fields("tenant_id", "kind", "value").Unique(),
	}
}
