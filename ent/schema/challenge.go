package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Challenge is what an attempt must still answer. Its id is random, for knowing it continues the attempt.
type Challenge struct{ ent.Schema }

// Mixin of Challenge.
func (Challenge) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Challenge.
func (Challenge) Fields() []ent.Field {
	return []ent.Field{
		field.String("purpose").Immutable().
			Comment("What an answer is good for; no answer counts for another purpose."),
		field.UUID("user_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("session_id", uuid.UUID{}).Optional().Nillable().Immutable().
			Comment("The session that a step-up raises."),
		field.Bytes("subject").Immutable().
			Comment("Keyed digest of whom it concerns, known or not: bounds the live ones."),
		field.Strings("factors").Immutable().
			Comment("What may answer."),
		field.Strings("proofs").Optional().Immutable().
			Comment("What the attempt has proven so far."),
		field.Bytes("code_digest").Optional().Nillable().Sensitive(),
		field.Bytes("link_digest").Optional().Nillable().Sensitive(),
		field.Bytes("sealed").Optional().Nillable().Sensitive().
			Comment("Input that waits for the answer, under the data key."),
		field.Int("tries_left"),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("used_at").Optional().Nillable().
			Comment("Answered, or voided by a successor."),
	}
}

// Edges of Challenge.
func (Challenge) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("challenges").Field("user_id").Unique().Immutable(),
	}
}

// Indexes of Challenge.
func (Challenge) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "subject", "created_at"),
		index.Fields("tenant_id", "user_id"),
		index.Fields("expires_at"),
	}
}
