package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Passkey is a WebAuthn credential of a user.
type Passkey struct{ ent.Schema }

// Mixin of Passkey.
func (Passkey) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of Passkey.
func (Passkey) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.String("name").
			Comment("As its owner calls it."),
		field.Bytes("credential_id").Immutable(),
		field.Bytes("public_key").Immutable().
			Comment("COSE key."),
		field.Int64("sign_count").
			Comment("The authenticator's counter when it was last seen; one that goes back is how a copy looks."),
		field.Bool("backup_eligible").Immutable(),
		field.Bool("backed_up"),
		field.Bool("user_verified").Immutable().
			Comment("Whether the authenticator verified its user at registration."),
		field.Strings("transports").Optional().Immutable(),
		field.Bytes("aaguid").Optional().Immutable().
			Comment("The authenticator's model, where it tells."),
		field.String("attestation").Default("none").Immutable().
			Comment("Format of the attestation statement that was verified."),
		field.Time("created_at").Immutable(),
		field.Time("last_used_at").Optional().Nillable(),
	}
}

// Edges of Passkey.
func (Passkey) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("passkeys").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of Passkey.
func (Passkey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "credential_id").Unique(),
		index.Fields("tenant_id", "user_id"),
	}
}
