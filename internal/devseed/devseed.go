// Package devseed makes what `tenantgate dev` begins with: a demo tenant with the default settings and two users in it, one
// of them with an authenticator app; a second tenant that speaks every dialect, with a user who has a username too; and an owner
// of the platform, with an API key.
//
// Only dev calls it: passwords, the app's secret and that of the key are in this package, for everybody to read.
package devseed

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/factors/totp"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// The demo tenant and its users.
const (
	Slug     = "acme"
	Email    = "alice@example.com"
	Password = "quiet-harbour-lantern-42"

	EmailWithTOTP = "bob@example.com"

	tenantName = "Acme"
)

// The tenant that speaks every dialect, and its user, who has the same password.
const (
	LegacySlug     = "legacy"
	LegacyEmail    = "carol@example.com"
	LegacyUsername = "carol"

	legacyName = "Legacy"
)

// legacySettings let its dialects behave as their originals did: accounts exist before their address is proven, a mailed
// code signs up, and a passkey is another way in and not asked for beside the code.
func legacySettings() []tenants.Change {
	changes := []tenants.Change{
		{Path: "signup.verify_email", Value: []byte(`"after_session"`)},
		{Path: "magic.signup", Value: []byte("true")},
		{Path: "mfa.factors", Value: []byte(`["totp","recovery_code"]`)},
	}
	for _, name := range tenants.Dialects() {
		changes = append(changes, tenants.Change{Path: "dialects." + string(name) + ".enabled", Value: []byte("true")})
	}
	return changes
}

// demoSecret is that of the authenticator app of the second user, who has the same password.
var demoSecret = []byte("demo secret, no more")

// TOTPSecret is what a developer types into an authenticator app.
func TOTPSecret() string { return totp.Text(demoSecret) }

// person is a demo user.
type person struct{ email, username, name string }

// Seed makes the demo tenants and their users where they are missing, and returns the tenants. What a developer has changed
// of them stays.
func Seed(ctx context.Context, e *authflows.Engine, r *tenants.Registry) (acme, legacy *tenants.Tenant, err error) {
	acme, err = seedTenant(ctx, e, r, tenants.CreateInput{Slug: Slug, Name: tenantName},
		person{Email, "", "Alice"}, person{EmailWithTOTP, "", "Bob"})
	if err != nil {
		return nil, nil, err
	}
	legacy, err = seedTenant(ctx, e, r, tenants.CreateInput{Slug: LegacySlug, Name: legacyName, Settings: legacySettings()},
		person{LegacyEmail, LegacyUsername, "Carol"})
	return acme, legacy, err
}

func seedTenant(
	ctx context.Context, e *authflows.Engine, r *tenants.Registry, in tenants.CreateInput, people ...person,
) (*tenants.Tenant, error) {
	t, err := r.BySlug(ctx, in.Slug)
	if fault.CodeOf(err) == fault.TenantNotFound {
		t, err = r.Create(ctx, in)
	}
	if err != nil {
		return nil, fmt.Errorf("make the demo tenant %s: %w", in.Slug, err)
	}
	ctx = tenancy.With(ctx, t.ID)
	for _, p := range people {
		if err := seedUser(ctx, e, t, p); err != nil {
			return nil, fmt.Errorf("make the demo user %s: %w", p.name, err)
		}
	}
	return t, nil
}

// seedUser makes a user as a sign-up with a proven address leaves it, less the session.
func seedUser(ctx context.Context, e *authflows.Engine, t *tenants.Tenant, p person) error {
	email, _ := accounts.Email(p.email)
	identifiers := []accounts.Identifier{email}
	if username, ok := accounts.Username(p.username); ok {
		identifiers = append(identifiers, username)
	}
	owner, err := accounts.Owner(ctx, e.DB.Client, email)
	if err != nil || owner != uuid.Nil {
		return err
	}
	hash, err := e.Hasher.Hash(ctx, Password)
	if err != nil {
		return err
	}
	_, err = store.InTx(ctx, e.DB.Client, func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		user, err := accounts.Create(ctx, tx, accounts.NewUser{
			Identifiers: identifiers, EmailVerified: true, PasswordHash: hash, Name: p.name,
		}, e.Now())
		if err != nil {
			return nil, err
		}
		if err := throttle.Prepare(ctx, tx, user.ID, e.Now()); err != nil {
			return nil, err
		}
		if p.email == EmailWithTOTP || p.email == AdminEmail {
			if err := addTOTP(ctx, tx, t, user.ID, e.Now()); err != nil {
				return nil, err
			}
		}
		return user, e.Events.Append(ctx, tx, events.Event{
			Type: events.UserSignedUp, Actor: events.ActorOperator, User: user.ID,
		})
	})
	return err
}

func addTOTP(ctx context.Context, tx *ent.Tx, t *tenants.Tenant, user uuid.UUID, now time.Time) error {
	id := ids.New()
	box, err := t.Keys.Seal(credentials.TOTPPlace(id), demoSecret)
	if err != nil {
		return err
	}
	err = credentials.AddTOTP(ctx, tx, &credentials.TOTP{ID: id, UserID: user, Name: "Demo app", Secret: box, CreatedAt: now})
	if err != nil {
		return err
	}
	return accounts.SetFactors(ctx, tx, user, []amr.Method{amr.TOTP})
}
