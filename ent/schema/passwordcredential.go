package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// PasswordCredential is a user's password as a PHC string.
type PasswordCredential struct{ ent.Schema }

// Mixin of PasswordCredential.
func (PasswordCredential) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of PasswordCredential.
func (PasswordCredential) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.String("hash").Sensitive(),
		field.Strings("former").Optional().Sensitive().
			Comment("Hashes that password.history still forbids, newest first."),
		field.Time("changed_at"),
	}
}

// Edges of PasswordCredential.
func (PasswordCredential) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("password").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of PasswordCredential.
func (PasswordCredential) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "user_id").Unique()}
}
