package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// people are users that are not stored yet.
func people(t *tenants.Tenant, n int) []user {
	users := make([]user, n)
	for i := range users {
		users[i] = user{id: ids.New(), slug: t.Slug, email: fmt.Sprintf("user-%06d@example.com", i), tenant: t}
	}
	return users
}

// batch is how many rows a statement writes; SQLite takes 32,766 values.
const batch = 1000

func (s *seeder) users(ctx context.Context, t *tenants.Tenant, users []user) error {
	ctx = tenancy.With(ctx, t.ID)
	for first := 0; first < len(users); first += batch {
		some := users[first:min(first+batch, len(users))]
		_, err := store.InTx(ctx, s.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
			return struct{}{}, s.write(ctx, tx, some)
		})
		if err != nil {
			return fmt.Errorf("seed users: %w", err)
		}
	}
	return nil
}

func (s *seeder) write(ctx context.Context, tx *ent.Tx, users []user) error {
	var (
		people    []*ent.UserCreate
		addresses []*ent.IdentifierCreate
		passwords []*ent.PasswordCredentialCreate
		throttles []*ent.ThrottleCreate
	)
	for _, u := range users {
		person := tx.User.Create().SetID(u.id).SetEmail(u.email).SetEmailVerified(true).
			SetName("User").SetCreatedAt(s.now).SetUpdatedAt(s.now)
		if u.passkey != nil {
			person.SetFactors([]string{string(amr.Passkey)}).SetPasskeyHandle(u.passkey.handle)
		}
		if u.secret != nil {
			person.SetFactors([]string{string(amr.TOTP)})
		}
		people = append(people, person)
		addresses = append(addresses, tx.Identifier.Create().SetID(ids.New()).SetUserID(u.id).SetKind(identifier.KindEmail).
			SetValue(u.email).SetNormal(u.email).SetMain(true).SetVerifiedAt(s.now).SetCreatedAt(s.now))
		passwords = append(passwords, tx.PasswordCredential.Create().SetID(ids.New()).SetUserID(u.id).
			SetHash(s.hash).SetChangedAt(s.now))
		throttles = append(throttles, tx.Throttle.Create().SetID(ids.New()).SetSubject(throttle.User(u.id).Row()).
			SetCount(0).SetWindowEndsAt(s.now))
	}
	err := errors.Join(
		tx.User.CreateBulk(people...).Exec(ctx),
		tx.Identifier.CreateBulk(addresses...).Exec(ctx),
		tx.PasswordCredential.CreateBulk(passwords...).Exec(ctx),
		tx.Throttle.CreateBulk(throttles...).Exec(ctx),
	)
	for _, u := range users {
		if err == nil {
			err = s.addFactor(ctx, tx, u)
		}
	}
	return err
}

// sessions opens n sessions for the users in turn. Their access tokens outlive the run.
func (s *seeder) sessions(ctx context.Context, users []user, n int) ([]*session, error) {
	const lifetime = 24 * time.Hour
	proofs := []amr.Method{amr.Password}
	out := make([]*session, 0, n)
	byTenant := map[*tenants.Tenant][]*ent.SessionCreate{}
	for i := range n {
		u, id := users[i%len(users)], ids.New()
		access, err := tokens.MintAccess(u.tenant.Signing, tokens.Access{
			Issuer: u.tenant.Issuer, Audience: tokens.Audience(u.tenant), User: u.id, Session: id,
			IssuedAt: s.now, Expires: s.now.Add(lifetime), AuthTime: s.now, Proofs: proofs,
		})
		if err != nil {
			return nil, err
		}
		refresh := tokens.Refresh.Mint(u.tenant.Keys, tokens.Rotating{Session: id, Generation: 1})
		out = append(out, &session{id, u.slug, access, refresh})
		byTenant[u.tenant] = append(byTenant[u.tenant], s.db.Session.Create().SetID(id).SetUserID(u.id).
			SetGeneration(1).SetCredentialVersion(1).SetProofs([]string{string(amr.Password)}).SetAuthTime(s.now).SetCreatedAt(s.now).
			SetRotatedAt(s.now).SetLastSeenAt(s.now).SetExpiresAt(s.now.Add(lifetime)).
			SetUserAgent("bench").SetAddress("127.0.0.1"))
	}
	for t, rows := range byTenant {
		for first := 0; first < len(rows); first += batch {
			some := rows[first:min(first+batch, len(rows))]
			if err := s.db.Session.CreateBulk(some...).Exec(tenancy.With(ctx, t.ID)); err != nil {
				return nil, fmt.Errorf("seed sessions: %w", err)
			}
		}
	}
	return out, nil
}
