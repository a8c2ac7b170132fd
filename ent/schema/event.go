package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Event is a fact, written in the transaction that made it true.
type Event struct{ ent.Schema }

// Mixin of Event.
func (Event) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Event. There is no edge to the user: the fact outlives its subject.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.String("type").Immutable(),
		field.String("actor").Immutable().
			Comment("Who did it: user, operator, system."),
		field.UUID("user_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("session_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.JSON("data", json.RawMessage{}).Optional().Immutable(),
		field.Time("at").Immutable(),
		field.Int64("recorded_at").Optional().Immutable().Annotations(databaseMillis).
			Comment("The database's clock in milliseconds: the change feed must not trust the replicas' clocks."),
		field.Bool("feeds").Default(false).Immutable().
			Comment("A change that caches on every replica must hear of."),
	}
}

// Indexes of Event.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id", "at"),
		index.Fields("recorded_at").StorageKey("event_feed").Annotations(entsql.IndexWhere("feeds")),
	}
}
