package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Session is one sign-in of a user on one device.
type Session struct{ ent.Schema }

// Mixin of Session.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.String("client").Default("native").Immutable().
			Comment("The API that opened it: its tokens are good there and nowhere else."),
		field.Int("credential_version").
			Comment("That of the user when the sign-in began."),
		field.Int("generation").
			Comment("Counts refreshes and rises of privilege; a refresh token names the one it belongs to."),
		field.Int("raised_generation").Default(0).
			Comment("The generation that a further proof began; it leaves its predecessor no grace."),
		field.Strings("proofs").
			Comment("Methods proven, in order."),
		field.Time("auth_time").
			Comment("When the last proof was given."),
		field.Time("created_at").Immutable(),
		field.Time("rotated_at").
			Comment("When the generation last grew: the grace for its predecessor starts here."),
		field.Time("last_seen_at"),
		field.Time("expires_at").Immutable().
			Comment("The absolute limit."),
		field.Time("ended_at").Optional().Nillable(),
		field.String("end_reason").Optional(),
		field.String("user_agent").Default("").Immutable(),
		field.String("address").Default("").Immutable(),
	}
}

// Edges of Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("sessions").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of Session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id", "created_at"),
		index.Fields("expires_at"),
	}
}
