package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// APIKey lets a program use the admin API. One of the reserved tenant reaches every tenant, any other its own.
type APIKey struct{ ent.Schema }

// Mixin of APIKey.
func (APIKey) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of APIKey.
func (APIKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("role").Immutable(),
		field.Strings("scopes").Immutable().
			Comment("What of the role's scopes it has."),
		field.Bytes("digest").Immutable().Sensitive().
			Comment("SHA-256 of the secret, which is random and shown once."),
		field.UUID("created_by", uuid.UUID{}).Optional().Nillable().Immutable().
			Comment("The admin or key that made it; none for the command line."),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Optional().Nillable().Immutable(),
		field.Time("last_used_at").Optional().Nillable().
			Comment("To the minute."),
		field.Time("revoked_at").Optional().Nillable(),
	}
}
