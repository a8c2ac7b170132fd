package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// Tenant is a customer of the service with users, keys and settings of its own.
type Tenant struct{ ent.Schema }

// Fields of Tenant.
func (Tenant) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable(),
		field.String("slug").Optional().Nillable().Unique().
			Comment("Part of the tenant's URLs. Given up when deletion starts, so that it can be taken again. Postgres sorts it by bytes (COLLATE \"C\"), as SQLite does."),
		field.String("name"),
		field.Enum("status").Values("active", "suspended", "deleting"),
		field.String("issuer").Immutable().
			Comment("The iss of its tokens, fixed when the tenant is made."),
		field.JSON("settings", json.RawMessage{}).
			Comment("tenants.Settings as far as they differ from the defaults; secrets sealed."),
		field.Int("version").Default(1).
			Comment("Grows with each change of settings."),
		field.Time("created_at").Immutable(),
		field.Time("updated_at"),
	}
}
