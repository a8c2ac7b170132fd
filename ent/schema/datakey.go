package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// DataKey is a tenant's key for everything it keeps sealed, wrapped under a master key of the operator's.
type DataKey struct{ ent.Schema }

// Mixin of DataKey.
func (DataKey) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of DataKey.
func (DataKey) Fields() []ent.Field {
	return []ent.Field{
		field.Int("version").Immutable(),
		field.String("master_key_id"),
		field.Bytes("wrapped").Sensitive(),
		field.Time("created_at").Immutable(),
	}
}

// Indexes of DataKey.
func (DataKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "version").Unique()}
}
