package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SignInCount counts the sign-ins of one hour that ended in one way. It is written with the positions of the events it
// counts, so that each counts once.
type SignInCount struct{ ent.Schema }

// Mixin of SignInCount.
func (SignInCount) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of SignInCount.
func (SignInCount) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("hour").Immutable().
			Comment("Hours since 1970, UTC."),
		field.String("outcome").Immutable().
			Comment("signed_in, refused, blocked, signed_up."),
		field.String("factor").Immutable().
			Comment("The last proof of a sign-in, what was wrong of a refused one; empty where neither is known."),
		field.Int("count"),
	}
}

// Indexes of SignInCount.
func (SignInCount) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "hour", "outcome", "factor").Unique()}
}
