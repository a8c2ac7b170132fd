package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AdminGrant makes a user of the reserved tenant an admin, of every tenant or of one.
type AdminGrant struct{ ent.Schema }

// Mixin of AdminGrant.
func (AdminGrant) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of AdminGrant.
func (AdminGrant) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.UUID("over", uuid.UUID{}).Immutable().
			Comment("The tenant it reaches; all zeros for every tenant. No foreign key: deleting a tenant removes its grants."),
		field.String("role"),
		field.Time("created_at").Immutable(),
	}
}

// Edges of AdminGrant.
func (AdminGrant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("grants").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of AdminGrant.
func (AdminGrant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id", "over").Unique(),
		index.Fields("tenant_id", "over"),
	}
}
