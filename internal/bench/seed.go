package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

const (
	baseSlug    = "bench"
	limitedSlug = "limited" // with the limits that a tenant has by default, but for those of one address
	publicURL   = "http://localhost:8080"
	userText    = "quiet-harbour-lantern-42"
)

// plan is what a database holds.
type plan struct {
	tenants int
	users   int // in all, dealt out to the tenants
	active  int // of them, spread over all, that the load uses
	cold    int // sessions to be used once
	limited bool
}

type user struct {
	id          uuid.UUID
	slug, email string
	tenant      *tenants.Tenant
}

// session is a live session with its tokens.
type session struct {
	id                    uuid.UUID
	slug, access, refresh string
}

// population is what the load uses of a database.
type population struct {
	users     []user     // active ones
	checked   []*session // for session checks, again and again
	refreshed []*session
	cold      []*session
	limited   []user
}

// unused takes n sessions that no server has seen.
func (p *population) unused(n int) []*session {
	out := p.cold[:min(n, len(p.cold))]
	p.cold = p.cold[len(out):]
	return out
}

// seeder fills a database before a server opens it. Tenants are made as the product makes them; users are written
// in bulk, as a sign-up with a proven address leaves them, and share one hash with the product's parameters.
type seeder struct {
	db       *store.Store
	registry *tenants.Registry
	hash     string
	now      time.Time
}

func seed(ctx context.Context, databaseURL string, master [32]byte, p plan) (_ *population, err error) {
	db, err := store.Open(databaseURL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	feed := events.NewFeed(db, nil)
	s := &seeder{db: db, now: clock.Now()}
	s.registry = tenants.NewRegistry(db, sealed.Ring{{ID: masterID, Key: master}}, feed, events.NewLog(feed, clock.Now),
		func() string { return publicURL }, clock.Now)
	if err := s.registry.EnsureReserved(ctx); err != nil {
		return nil, err
	}
	if s.hash, err = password.NewHasher(password.Options{}).Hash(ctx, userText); err != nil {
		return nil, err
	}
	return s.seed(ctx, p)
}

func (s *seeder) seed(ctx context.Context, p plan) (*population, error) {
	out := &population{}
	each := p.users / p.tenants
	every := max(p.users/p.active, 1)
	made, err := s.tenants(ctx, p.tenants, each)
	if err != nil {
		return nil, err
	}
	for i, users := range made {
		for j, u := range users {
			if (i*each+j)%every == 0 && len(out.users) < p.active {
				out.users = append(out.users, u)
			}
		}
	}
	if p.limited {
		if out.limited, err = s.tenant(ctx, limitedSlug, p.users, "abuse.address=0"); err != nil {
			return nil, err
		}
	}
	for _, kind := range []struct {
		to *[]*session
		n  int
	}{{&out.checked, p.active}, {&out.refreshed, p.active}, {&out.cold, p.cold}} {
		if *kind.to, err = s.sessions(ctx, out.users, kind.n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tenants makes n tenants with their users, a few at a time.
func (s *seeder) tenants(ctx context.Context, n, users int) ([][]user, error) {
	const atOnce = 4
	made, errs := make([][]user, n), make([]error, atOnce)
	var running sync.WaitGroup
	for worker := range atOnce {
		running.Go(func() {
			for i := worker; i < n && errs[worker] == nil; i += atOnce {
				slug := baseSlug
				if n > 1 {
					slug = fmt.Sprintf("%s-%d", baseSlug, i)
				}
				made[i], errs[worker] = s.tenant(ctx, slug, users, "abuse.address=0", "abuse.account_failures=0")
			}
		})
	}
	running.Wait()
	return made, errors.Join(errs...)
}

func (s *seeder) tenant(ctx context.Context, slug string, n int, settings ...string) ([]user, error) {
	in := tenants.CreateInput{Slug: slug}
	for _, text := range settings {
		change, err := tenants.ParseChange(text)
		if err != nil {
			return nil, err
		}
		in.Settings = append(in.Settings, change)
	}
	t, err := s.registry.Create(ctx, in)
	if err != nil {
		return nil, err
	}
	return s.users(ctx, t, n)
}

// batch is how many rows a statement writes; SQLite takes 32,766 values.
const batch = 1000

func (s *seeder) users(ctx context.Context, t *tenants.Tenant, n int) ([]user, error) {
	ctx = tenancy.With(ctx, t.ID)
	users := make([]user, n)
	for i := range users {
		users[i] = user{id: ids.New(), slug: t.Slug, email: fmt.Sprintf("user-%06d@example.com", i), tenant: t}
	}
	for first := 0; first < n; first += batch {
		some := users[first:min(first+batch, n)]
		_, err := store.InTx(ctx, s.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
			return struct{}{}, s.write(ctx, tx, some)
		})
		if err != nil {
			return nil, fmt.Errorf("seed users: %w", err)
		}
	}
	return users, nil
}

func (s *seeder) write(ctx context.Context, tx *ent.Tx, users []user) error {
	var (
		people      []*ent.UserCreate
		addresses   []*ent.IdentifierCreate
		credentials []*ent.PasswordCredentialCreate
		throttles   []*ent.ThrottleCreate
	)
	for _, u := range users {
		people = append(people, tx.User.Create().SetID(u.id).SetEmail(u.email).SetEmailVerified(true).
			SetName("User").SetCreatedAt(s.now).SetUpdatedAt(s.now))
		addresses = append(addresses, tx.Identifier.Create().SetID(ids.New()).SetUserID(u.id).SetKind(identifier.KindEmail).
			SetValue(u.email).SetNormal(u.email).SetMain(true).SetVerifiedAt(s.now).SetCreatedAt(s.now))
		credentials = append(credentials, tx.PasswordCredential.Create().SetID(ids.New()).SetUserID(u.id).
			SetHash(s.hash).SetChangedAt(s.now))
		throttles = append(throttles, tx.Throttle.Create().SetID(ids.New()).SetSubject(throttle.User(u.id).Row()).
			SetCount(0).SetWindowEndsAt(s.now))
	}
	return errors.Join(
		tx.User.CreateBulk(people...).Exec(ctx),
		tx.Identifier.CreateBulk(addresses...).Exec(ctx),
		tx.PasswordCredential.CreateBulk(credentials...).Exec(ctx),
		tx.Throttle.CreateBulk(throttles...).Exec(ctx),
	)
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

const masterID = "bench"

// newMaster makes a master key, and the setting that tells a server of it.
func newMaster() (key [32]byte, setting string) {
	_, _ = rand.Read(key[:]) // never fails
	return key, masterID + ":" + base64.StdEncoding.EncodeToString(key[:])
}
