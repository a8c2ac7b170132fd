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
			Comment("Who did it: user, admin, api_key, operator, system."),
		field.UUID("actor_id", uuid.UUID{}).Optional().Nillable().Immutable().
			Comment("The admin, a user of the reserved tenant, or the API key."),
		field.UUID("user_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("session_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("target_id", uuid.UUID{}).Optional().Nillable().Immutable().
			Comment("What it is about beside user and session: an API key, a domain. The type says which."),
		field.JSON("data", json.RawMessage{}).Optional().Immutable(),
		field.Time("at").Immutable(),
		field.Int64("recorded_at").Optional().Immutable().Annotations(databaseMillis).
			Comment("The database's clock in milliseconds: the change feed must not trust the replicas' clocks."),
		field.Bool("feeds").Default(false).Immutable().
			Comment("A change that caches on every replica must hear of."),
		field.Int64("position").Optional().Nillable().
			Comment("Counts the tenant's committed events, from 1 and without a gap; given after the commit. Ids and times are not in the order of commits, positions are one that every reader sees alike."),
	}
}

// Indexes of Event.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id", "position"),
		index.Fields("tenant_id", "position").Unique(),
		index.Fields("tenant_id", "type", "position"),
		index.Fields("tenant_id", "actor_id", "position").Annotations(entsql.IndexWhere("actor_id IS NOT NULL")),
		index.Fields("tenant_id", "session_id", "position").Annotations(entsql.IndexWhere("session_id IS NOT NULL")),
		index.Fields("tenant_id", "target_id", "position").Annotations(entsql.IndexWhere("target_id IS NOT NULL")),
		index.Fields("tenant_id", "at"),
		index.Fields("recorded_at").StorageKey("event_feed").Annotations(entsql.IndexWhere("feeds")),
		index.Fields("recorded_at", "id").StorageKey("event_unplaced").Annotations(entsql.IndexWhere("position IS NULL")),
	}
}
