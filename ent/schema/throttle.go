package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Throttle counts attempts against one subject within a window.
type Throttle struct{ ent.Schema }

// Mixin of Throttle.
func (Throttle) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Throttle.
func (Throttle) Fields() []ent.Field {
	return []ent.Field{
		field.String("subject").Immutable().
			Comment("What is limited and for whom; addresses are keyed digests."),
		field.String("holder").Default("").
			Comment("Whose attempts a shared row counts now, as a keyed digest; another one's begin anew."),
		field.Int("count"),
		field.Time("window_ends_at"),
		field.Int("failures").Default(0).
			Comment("Attempts that failed, which no success forgives, until failures_until."),
		field.Time("failures_until").Optional().Nillable(),
	}
}

// Indexes of Throttle.
func (Throttle) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "subject").Unique(),
		index.Fields("window_ends_at"),
	}
}
