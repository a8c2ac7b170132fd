package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Job is work that a transaction left to be done after it, at least once.
type Job struct{ ent.Schema }

// Mixin of Job.
func (Job) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Job.
func (Job) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").Immutable(),
		field.Enum("status").Values("ready", "dead").Default("ready"),
		field.Bytes("payload").Immutable().Sensitive().
			Comment("Sealed under the data key."),
		field.Int("attempts").Default(0),
		field.Int64("due_at").Optional().Annotations(databaseMillis).
			Comment("The database's clock in milliseconds. A lease moves it to the lease's end."),
		field.Time("expires_at").Optional().Nillable().Immutable().
			Comment("Not worth doing later than this."),
		field.String("last_error").Default(""),
		field.Time("created_at").Immutable(),
	}
}

// Indexes of Job.
func (Job) Indexes() []ent.Index {
	return []ent.Index{index.Fields("status", "due_at")}
}
