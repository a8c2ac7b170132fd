package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// app is what every command that touches the database stands on.
type app struct {
	cfg     *config.Config
	db      *store.Store
	feed    *events.Feed
	log     *events.Log
	tenants *tenants.Registry
}

// connect wires the parts without asking the database anything. hints may be nil: a command beside a server leaves its
// changes to the servers' polls.
func connect(cfg *config.Config, hints ephemeral.Store) (*app, error) {
	db, err := store.Open(cfg.Database.URL.Reveal())
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, db: db}
	a.feed = events.NewFeed(db, hints)
	a.log = events.NewLog(a.feed, clock.Now)
	publicURL := func() string { return cfg.PublicURL.String() }
	a.tenants = tenants.NewRegistry(db, ring(cfg.MasterKeys), a.feed, a.log, publicURL, clock.Now)
	return a, nil
}

func ring(keys []config.MasterKey) sealed.Ring {
	out := make(sealed.Ring, 0, len(keys))
	for _, k := range keys {
		out = append(out, sealed.Master{ID: k.ID, Key: k.Key})
	}
	return out
}

// with opens the database of the settings for one command and closes it behind.
func (s *shell) with(do func(ctx context.Context, a *app) error) (err error) {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	a, err := connect(cfg, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.db.Close()) }()
	return do(s.ctx, a)
}

// withTenants is with, for a database that is known to fit this binary and its master keys: what is written under
// others could never be read again.
func (s *shell) withTenants(do func(ctx context.Context, r *tenants.Registry) error) error {
	return s.with(func(ctx context.Context, a *app) error {
		if err := a.check(ctx); err != nil {
			return err
		}
		return do(ctx, a.tenants)
	})
}

// migrate brings the schema up to date and makes the reserved tenant.
func (a *app) migrate(ctx context.Context) error {
	if err := a.db.Migrate(ctx); err != nil {
		return err
	}
	return a.keysFit(a.tenants.EnsureReserved(ctx))
}

const migrateFix = "run `tenantgate migrate up` with the same settings"

// check refuses a database that this binary and its master keys do not fit.
func (a *app) check(ctx context.Context) error {
	status, err := a.db.MigrationStatus(ctx)
	if err != nil {
		return err
	}
	if err := schemaFits(status); err != nil {
		return err
	}
	return a.keysFit(a.tenants.CheckMasterKeys(ctx))
}

// schemaFits returns the problem of a schema that is not the one this binary knows.
func schemaFits(status store.Status) error {
	switch {
	case status.Newer:
		return &newerDatabase
	case status.Current == 0:
		return &problem{what: "the database has no schema yet", fix: migrateFix}
	case len(status.Pending) > 0:
		return &problem{what: fmt.Sprintf("the database lacks %d migrations", len(status.Pending)), fix: migrateFix}
	}
	return nil
}

// keysFit words what checking the master keys has found.
func (a *app) keysFit(err error) error {
	switch fault.CodeOf(err) {
	case fault.TenantNotFound:
		return &problem{what: "the database has no tenant " + tenants.Reserved, fix: migrateFix, cause: err}
	case fault.Unavailable:
		return err
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return &problem{
		what:  "the master keys do not fit the database: " + err.Error(),
		fix:   "set master_keys to the keys that this database was made with; further ones may follow or precede them",
		cause: err,
	}
}
