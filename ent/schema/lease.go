package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Lease says which replica does what one is enough for. Nothing may go wrong where two replicas believe to hold it: it saves
// work, and keeps nobody out.
type Lease struct{ ent.Schema }

// Mixin of Lease. What is done for the whole service is leased by the reserved tenant.
func (Lease) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Lease.
func (Lease) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Immutable().
			Comment("What it is for."),
		field.String("holder"),
		field.Int64("until").
			Comment("The database's clock in milliseconds."),
	}
}

// Indexes of Lease.
func (Lease) Indexes() []ent.Index { return []ent.Index{index.Fields("tenant_id", "name").Unique()} }
