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
		field.Bool("prepared").Default(false).
			Comment("Whoever reads the mailbox has confirmed the account by a mailed token, and never shown to know its password: somebody else may have made it."),
		field.String("username").Default(""),
		field.String("phone").Default(""),
		field.String("name").Default(""),
		field.JSON("profile", json.RawMessage{}).Optional().
			Comment("Any JSON object of the tenant's, at most 8 KiB."),
		field.Int("credential_version").Default(1).
			Comment("Grows when the password or a factor changes. A session opened under an older one, by a sign-in that was under way, is dead."),
		field.Int("device_version").Default(1).
			Comment("Grows when devices are forgotten: a device token of an older one is worth nothing."),
		field.Strings("factors").Optional().
			Comment("Second factors that the user has. Repeats the factors' own rows, so that a sign-in reads one."),
		field.Strings("roles").Optional().
			Comment("What mfa.required_roles looks at."),
		field.Bytes("passkey_handle").Optional().Nillable().
			Comment("The WebAuthn user handle: random, made with the first passkey."),
		field.Time("mfa_asked_at").Optional().Nillable().
			Comment("When a sign-in first met the requirement of a second factor without one: mfa.enrol_grace begins here."),
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
		edge.To("passkeys", Passkey.Type).Annotations(cascade),
		edge.To("totp_devices", TOTPDevice.Type).Annotations(cascade),
		edge.To("recovery_codes", RecoveryCode.Type).Annotations(cascade),
		edge.To("trusted_devices", TrustedDevice.Type).Annotations(cascade),
		edge.To("grants", AdminGrant.Type).Annotations(cascade),
	}
}
