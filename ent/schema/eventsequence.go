package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// EventSequence counts the events of a tenant that have a position.
type EventSequence struct{ ent.Schema }

// Mixin of EventSequence.
func (EventSequence) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of EventSequence.
func (EventSequence) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("last").
			Comment("The highest position given. It never falls, also where events are removed."),
	}
}

// Indexes of EventSequence.
func (EventSequence) Indexes() []ent.Index { return []ent.Index{index.Fields("tenant_id").Unique()} }
