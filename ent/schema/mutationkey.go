package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// MutationKey remembers for a day that a mutation with an idempotency key was done, and what it led to. It holds digests and
// ids, never an input or an answer.
type MutationKey struct{ ent.Schema }

// Mixin of MutationKey. The tenant is the actor's home, not the one that was changed: a second createTenant changes another.
func (MutationKey) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of MutationKey.
func (MutationKey) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("actor_id", uuid.UUID{}).Immutable(),
		field.String("mutation").Immutable(),
		field.Bytes("key_digest").Immutable(),
		field.Bytes("input_digest").Immutable(),
		field.UUID("event_tenant", uuid.UUID{}).Immutable(),
		field.UUID("event_id", uuid.UUID{}).Immutable(),
		field.UUID("object_id", uuid.UUID{}).Immutable(),
		field.Time("created_at").Immutable(),
	}
}

// Indexes of MutationKey.
func (MutationKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "actor_id", "mutation", "key_digest").Unique(),
		index.Fields("created_at"),
	}
}
