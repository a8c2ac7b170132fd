package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Identifier is what a user can be found by: an e-mail address, a username, a phone number.
type Identifier struct{ ent.Schema }

// Mixin of Identifier.
func (Identifier) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Identifier.
func (Identifier) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.Enum("kind").Values("email", "username", "phone").Immutable(),
		field.String("value").Immutable().
			Comment("As typed."),
		field.String("normal").Immutable().
			Comment("The one form used for look-up, uniqueness, limits and audit. Postgres sorts it by bytes (COLLATE \"C\"), as SQLite does: searches by prefix read a range of the index."),
		field.Bool("main").Default(false).
			Comment("The user's primary one of its kind."),
		field.Time("verified_at").Optional().Nillable(),
		field.Time("created_at").Immutable(),
	}
}

// Edges of Identifier.
func (Identifier) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("identifiers").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of Identifier.
func (Identifier) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "kind", "normal").Unique(),
		index.Fields("tenant_id", "user_id"),
	}
}
