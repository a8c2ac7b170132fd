// Package devseed makes what `tenantgate dev` begins with: a demo tenant with the default settings, and a user in it.
//
// Only dev calls it: the password is in this file, for everybody to read.
package devseed

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// The demo tenant and its user.
const (
	Slug     = "acme"
	Email    = "alice@example.com"
	Password = "quiet-harbour-lantern-42"

	tenantName = "Acme"
	userName   = "Alice"
)

// Seed makes the demo tenant and its user where they are missing, and returns the tenant. What a developer has changed of
// them stays.
func Seed(ctx context.Context, e *authflows.Engine, r *tenants.Registry) (*tenants.Tenant, error) {
	t, err := r.BySlug(ctx, Slug)
	if fault.CodeOf(err) == fault.TenantNotFound {
		t, err = r.Create(ctx, tenants.CreateInput{Slug: Slug, Name: tenantName})
	}
	if err != nil {
		return nil, fmt.Errorf("make the demo tenant: %w", err)
	}
	if err := seedUser(tenancy.With(ctx, t.ID), e); err != nil {
		return nil, fmt.Errorf("make the demo user: %w", err)
	}
	return t, nil
}

// seedUser makes the user as a sign-up with a proven address leaves it, less the session.
func seedUser(ctx context.Context, e *authflows.Engine) error {
	email, _ := accounts.Email(Email)
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
			Identifiers: []accounts.Identifier{email}, EmailVerified: true, PasswordHash: hash, Name: userName,
		}, e.Now())
		if err != nil {
			return nil, err
		}
		if err := throttle.Prepare(ctx, tx, throttle.User(user.ID), e.Now()); err != nil {
			return nil, err
		}
		return user, e.Events.Append(ctx, tx, events.Event{
			Type: events.UserSignedUp, Actor: events.ActorOperator, User: user.ID,
		})
	})
	return err
}
