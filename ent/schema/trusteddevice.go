package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// TrustedDevice is a device on which its user need not give a second factor for some days. Its id stands in the device
// token, under a MAC.
type TrustedDevice struct{ ent.Schema }

// Mixin of TrustedDevice.
func (TrustedDevice) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of TrustedDevice.
func (TrustedDevice) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.UUID("device_id", uuid.UUID{}).Immutable().
			Comment("Random: the one of the device token."),
		field.String("user_agent").Default("").Immutable(),
		field.String("address").Default("").Immutable(),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
	}
}

// Edges of TrustedDevice.
func (TrustedDevice) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("trusted_devices").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of TrustedDevice.
func (TrustedDevice) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id", "device_id").Unique(),
		index.Fields("expires_at"),
	}
}
