package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// TOTPDevice is an authenticator app of a user. One that is not activated yet is a challenge, not a row here.
type TOTPDevice struct{ ent.Schema }

// Mixin of TOTPDevice.
func (TOTPDevice) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of TOTPDevice.
func (TOTPDevice) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.String("name").
			Comment("As its owner calls it."),
		field.Bytes("secret").Sensitive().
			Comment("Sealed under the data key."),
		field.Int64("last_step").
			Comment("The last time step whose code was used; a code counts only for a later one."),
		field.Time("created_at").Immutable(),
		field.Time("last_used_at").Optional().Nillable(),
	}
}

// Edges of TOTPDevice.
func (TOTPDevice) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("totp_devices").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of TOTPDevice.
func (TOTPDevice) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "user_id")}
}
