package devseed

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/apikey"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// AdminEmail is that of an owner of the platform. Password and authenticator app are those of the second demo user.
const AdminEmail = "admin@example.com"

// keyName is what the demo key is called, and found again by.
const keyName = "dev"

// keySecret is that of the demo key: the same in each data dir, though the key is not, for it names its tenant and its id.
var keySecret = sha256.Sum256([]byte("the secret of the demo key, which is none"))

// SeedAdmin makes an owner of the platform and an API key as mighty, where they are missing, and returns the key. It is empty where a
// developer has revoked it.
func SeedAdmin(ctx context.Context, e *authflows.Engine, r *tenants.Registry) (key string, err error) {
	platform, err := r.BySlug(ctx, tenants.Reserved)
	if err != nil {
		return "", err
	}
	ctx = tenancy.With(ctx, platform.ID)
	if err := seedUser(ctx, e, platform, person{AdminEmail, "", "Admin"}); err != nil {
		return "", fmt.Errorf("make the demo admin: %w", err)
	}
	admins := e.Admins(platform)
	if _, err := admins.Of(ctx, AdminEmail); fault.CodeOf(err) == fault.NotFound {
		_, _, err = admins.Create(ctx, authflows.NewAdmin{Email: AdminEmail, Role: access.Owner})
		if err != nil {
			return "", fmt.Errorf("make the demo admin: %w", err)
		}
	} else if err != nil {
		return "", err
	}
	return seedKey(ctx, e, platform.ID)
}

func seedKey(ctx context.Context, e *authflows.Engine, platform uuid.UUID) (string, error) {
	rows, err := e.DB.APIKey.Query().Where(apikey.Name(keyName), apikey.CreatedByIsNil()).All(ctx)
	if err != nil {
		return "", fmt.Errorf("look for the demo key: %w", err)
	}
	digest := sha256.Sum256(keySecret[:])
	for _, row := range rows {
		if string(row.Digest) == string(digest[:]) {
			if row.RevokedAt != nil {
				return "", nil
			}
			return tenants.KeyText(platform, row.ID, keySecret[:]), nil
		}
	}
	id, scopes := ids.New(), []string{}
	for _, s := range access.Owner.Scopes() {
		scopes = append(scopes, string(s))
	}
	_, err = store.InTx(ctx, e.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		err := tx.APIKey.Create().SetID(id).SetName(keyName).SetRole(string(access.Owner)).SetScopes(scopes).
			SetDigest(digest[:]).SetCreatedAt(e.Now()).Exec(ctx)
		if err != nil {
			return struct{}{}, fmt.Errorf("make the demo key: %w", err)
		}
		return struct{}{}, e.Events.Append(ctx, tx, events.Event{
			Type: events.APIKeyCreated, Actor: events.ActorOperator, Target: id,
			Data: map[string]any{events.After: map[string]any{"name": keyName, "role": access.Owner}},
		})
	})
	if err != nil {
		return "", err
	}
	return tenants.KeyText(platform, id, keySecret[:]), nil
}
