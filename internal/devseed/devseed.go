// Package devseed makes what `tenantgate dev` begins with: a demo tenant with the default settings, and two users in it, one
// of them with an authenticator app.
//
// Only dev calls it: passwords and the app's secret are in this file, for everybody to read.
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

// demoSecret is that of the authenticator app of the second user, who has the same password.
var demoSecret = []byte("demo secret, no more")

// TOTPSecret is what a developer types into an authenticator app.
func TOTPSecret() string { return totp.Text(demoSecret) }

// Seed makes the demo tenant and its users where they are missing, and returns the tenant. What a developer has changed of
// them stays.
func Seed(ctx context.Context, e *authflows.Engine, r *tenants.Registry) (*tenants.Tenant, error) {
	t, err := r.BySlug(ctx, Slug)
	if fault.CodeOf(err) == fault.TenantNotFound {
		t, err = r.Create(ctx, tenants.CreateInput{Slug: Slug, Name: tenantName})
	}
	if err != nil {
		return nil, fmt.Errorf("make the demo tenant: %w", err)
	}
	ctx = tenancy.With(ctx, t.ID)
	for _, u := range []struct{ email, name string }{{Email, "Alice"}, {EmailWithTOTP, "Bob"}} {
		if err := seedUser(ctx, e, t, u.email, u.name); err != nil {
			return nil, fmt.Errorf("make the demo user %s: %w", u.name, err)
		}
	}
	return t, nil
}

// seedUser makes a user as a sign-up with a proven address leaves it, less the session.
func seedUser(ctx context.Context, e *authflows.Engine, t *tenants.Tenant, address, name string) error {
	email, _ := accounts.Email(address)
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
			Identifiers: []accounts.Identifier{email}, EmailVerified: true, PasswordHash: hash, Name: name,
		}, e.Now())
		if err != nil {
			return nil, err
		}
		if err := throttle.Prepare(ctx, tx, user.ID, e.Now()); err != nil {
			return nil, err
		}
		if address == EmailWithTOTP {
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
