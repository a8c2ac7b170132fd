package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/memory"
	"github.com/tenantgate/tenantgate/internal/ephemeral/redis"
	"github.com/tenantgate/tenantgate/internal/jobs"
	"github.com/tenantgate/tenantgate/internal/mail/mailbox"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/turnstile"
)

// service is an app with all that a server runs beside HTTP.
type service struct {
	*app
	rates  ephemeral.Store
	shared *ephemeral.ResilientStore // nil without Redis
	engine *authflows.Engine
	worker *jobs.Worker
	box    *mailbox.Box // nil where mails leave the machine
}

// mostBuckets bounds the memory of the in-process limits: 100 bytes each, more or less.
const mostBuckets = 100_000

// newService wires a server without asking the database anything.
func newService(ctx context.Context, cfg *config.Config) (*service, error) {
	s := &service{}
	if err := s.openRates(ctx, cfg); err != nil {
		return nil, err
	}
	var hints ephemeral.Store // stays nil without Redis: then there are no other replicas to hint
	if s.shared != nil {
		hints = s.shared
	}
	var err error
	if s.app, err = connect(cfg, hints); err != nil {
		return nil, errors.Join(err, s.rates.Close())
	}
	if cfg.Mailbox() {
		s.box = mailbox.New(clock.Now)
	}
	mails, err := newMailers(cfg, s.box)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	queue := jobs.NewQueue(clock.Now)
	s.engine = authflows.NewEngine(authflows.Deps{
		DB:      s.db,
		Hasher:  password.NewHasher(password.Options{OnReject: telemetry.HashRejected}),
		Rates:   s.rates,
		Feed:    s.feed,
		Events:  s.log,
		Jobs:    queue,
		Now:     clock.Now,
		CanMail: mails.can,
		Captcha: turnstile.New(cfg.TurnstileURL.String()),

		ServerFailures: cfg.FailureLimit,
	})
	postman := &authflows.Postman{Tenants: s.tenants, Sender: mails.sender, DB: s.db}
	s.worker = jobs.NewWorker(s.db, queue, s.tenants.Keys, map[string]jobs.Handler{authflows.MailJob: postman.Send})
	telemetry.JobsBacklog(s.backlog)
	return s, nil
}

func (s *service) openRates(ctx context.Context, cfg *config.Config) error {
	local := memory.New(clock.Now, mostBuckets)
	s.rates = local
	if !cfg.RedisURL.IsSet() {
		return nil
	}
	far, err := redis.Open(ctx, cfg.RedisURL.Reveal())
	if err != nil {
		return errors.Join(err, local.Close())
	}
	s.shared = ephemeral.Resilient(far, local, func(degraded bool) {
		telemetry.EphemeralDegraded(degraded)
		slog.Warn("redis", "degraded", degraded)
	})
	s.rates = s.shared
	return nil
}

func (s *service) close() error { return errors.Join(s.rates.Close(), s.db.Close()) }

// ready brings the schema up to date where this server may, and refuses a database that does not fit.
func (s *service) ready(ctx context.Context) error {
	if s.cfg.Dev || s.cfg.Migrate || s.cfg.Database.Scheme == config.SQLite {
		return s.migrate(ctx)
	}
	return s.check(ctx)
}

// openTelemetry starts the log and the metrics of a server.
func (s *shell) openTelemetry(cfg *config.Config) (*telemetry.Telemetry, error) {
	instance, err := os.Hostname()
	if err != nil {
		instance = ""
	}
	if cfg.Dev {
		instance = "" // there is one only, and a person reads
	}
	return telemetry.Setup(s.ctx, telemetry.Options{
		Version: version, Instance: instance,
		LogLevel: cfg.LogLevel, LogFormat: string(cfg.LogFormat), Out: s.err,
	})
}

// flushLimit bounds how long the last metrics and traces may take to leave.
const flushLimit = time.Second

func flush(t *telemetry.Telemetry) {
	ctx, cancel := context.WithTimeout(context.Background(), flushLimit)
	defer cancel()
	if err := t.Shutdown(ctx); err != nil {
		slog.Warn("telemetry not flushed", "error", err)
	}
}

// backlog counts jobs for a scrape, which must not hang with the database.
func (s *service) backlog() (ready, dead int64) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return s.worker.Backlog(ctx)
}
