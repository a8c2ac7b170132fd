package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// User is a person who signs in at one tenant.
type User struct{ ent.Schema }

// Mixin of User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}} }

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("status").Values("active", "suspended").Default("active"),
		field.String("email").Default("").
			Comment("The primary address as typed. This and the next three repeat the identifiers, so that a session check reads one row."),
		field.Bool("email_verified").Default(false),
		field.String("username").Default(""),
		field.String("phone").Default(""),
		field.String("name").Default(""),
		field.JSON("profile", json.RawMessage{}).Optional().
			Comment("Any JSON object of the tenant's, at most 8 KiB."),
		field.Int("credential_version").Default(1).
			Comment("Grows when the password changes. A session opened under an older one, by a sign-in that was under way, is dead."),
		field.Time("created_at").Immutable(),
		field.Time("updated_at"),
	}
}

// Edges of User. What hangs on a user goes with it.
func (User) Edges() []ent.Edge {
	cascade := entsql.OnDelete(entsql.Cascade)
	return []ent.Edge{
		edge.To("identifiers", Identifier.Type).Annotations(cascade),
		edge.To("password", PasswordCredential.Type).Unique().Annotations(cascade),
		edge.To("sessions", Session.Type).Annotations(cascade),
		edge.To("challenges", Challenge.Type).Annotations(cascade),
	}
}
