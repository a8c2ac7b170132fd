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
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
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
	active  int // of them, spread over all, that the load uses; also how many have passkeys, if there are answers
	cold    int // sessions to be used once
	answers int // challenges of each kind to be used once; without any there are no passkeys and nobody to mail
	limited bool

	mailServer string // URL
}

type user struct {
	id          uuid.UUID
	slug, email string
	tenant      *tenants.Tenant
	passkey     *authenticator // one of the two at most
	secret      []byte         // of an authenticator app
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
	holders   []user     // of passkeys
	stepped   []*pending // sign-ins that wait for an authenticator app
	coded     []*pending // sign-ins whose code is in the mailbox
	mailed    []user     // of a tenant that can mail
	adminKey  string     // an owner's, over every tenant
}

// unused takes n sessions that no server has seen.
func (p *population) unused(n int) []*session { return take(&p.cold, n) }

// take takes the first n.
func take[T any](from *[]T, n int) []T {
	out := (*from)[:min(n, len(*from))]
	*from = (*from)[len(out):]
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
	var err error
	if out.adminKey, err = s.adminKey(ctx); err != nil {
		return nil, err
	}
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
	return out, s.seedFactors(ctx, out, p)
}

// adminKey makes a key of the admin API that may do everything.
func (s *seeder) adminKey(ctx context.Context) (string, error) {
	platform, err := s.registry.BySlug(ctx, tenants.Reserved)
	if err != nil {
		return "", err
	}
	_, key, err := s.registry.CreateAPIKey(ctx, platform, tenants.NewAPIKey{Name: "bench", Role: access.Owner})
	return key, err
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
				made[i], errs[worker] = s.tenant(ctx, slug, users, unlimited...)
			}
		})
	}
	running.Wait()
	return made, errors.Join(errs...)
}

// unlimited are settings of a tenant whose users come from one address, again and again.
var unlimited = []string{"abuse.address=0", "abuse.account_failures=0"}

// tenant makes a tenant with n users.
func (s *seeder) tenant(ctx context.Context, slug string, n int, settings ...string) ([]user, error) {
	t, err := s.create(ctx, slug, settings...)
	if err != nil {
		return nil, err
	}
	users := people(t, n)
	return users, s.users(ctx, t, users)
}

func (s *seeder) create(ctx context.Context, slug string, settings ...string) (*tenants.Tenant, error) {
	in := tenants.CreateInput{Slug: slug}
	for _, text := range settings {
		change, err := tenants.ParseChange(text)
		if err != nil {
			return nil, err
		}
		in.Settings = append(in.Settings, change)
	}
	return s.registry.Create(ctx, in)
}

const masterID = "bench"

// newMaster makes a master key, and the setting that tells a server of it.
func newMaster() (key [32]byte, setting string) {
	_, _ = rand.Read(key[:]) // never fails
	return key, masterID + ":" + base64.StdEncoding.EncodeToString(key[:])
}
