package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/graph"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web"
)

// A server that is told to stop is gone within 30 seconds, which is what Kubernetes grants.
const (
	// seenLimit is how long a server goes on after its readiness has turned, for balancers to see it.
	seenLimit = 300 * time.Millisecond
	// requestLimit is how long requests under way may still take.
	requestLimit = 25 * time.Second
	// stopLimit is how long requests and jobs in hand may take together. A job that takes longer is done again later.
	stopLimit = 28 * time.Second
)

type serveCommand struct{}

// Run serves until it is told to stop.
func (*serveCommand) Run(sh *shell) error {
	cfg, err := config.Load(sh.sources())
	if err != nil {
		return err
	}
	return sh.serve(cfg, func(ctx context.Context, svc *service, ls listeners) error {
		// Whoever made it made most others too, and there is always one.
		reserved, err := svc.tenants.BySlug(ctx, tenants.Reserved)
		if err != nil {
			return err
		}
		if fit := fitting(reserved); fit != "" {
			warnOfIssuer(reserved, cfg.PublicURL.String(), fit)
		}
		return ls.announce(sh.out, cfg.PublicURL.String(), nil)
	})
}

// serve runs a server. before is called once all is ready and bound, right before the first request is taken.
func (s *shell) serve(cfg *config.Config, before func(context.Context, *service, listeners) error) (err error) {
	observed, err := s.openTelemetry(cfg)
	if err != nil {
		return err
	}
	defer flush(observed)
	ls, err := listen(s.ctx, cfg)
	if err != nil {
		return err
	}
	defer ls.close()
	if public, ok := ls["public"]; ok {
		if err := cfg.ResolvePublicURL(public.Addr().String()); err != nil {
			return err
		}
	}
	svc, err := newService(s.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }()
	if err := svc.ready(s.ctx); err != nil {
		return err
	}
	if err := before(s.ctx, svc, ls); err != nil {
		return err
	}
	return svc.run(s.ctx, ls, svc.newWeb(observed))
}

// newWeb mounts everything that speaks HTTP.
func (s *service) newWeb(observed *telemetry.Telemetry) *web.Server {
	ready := &readiness{service: s}
	deps := web.Deps{
		Engine:  s.engine,
		Tenants: s.tenants,
		Ready:   ready.check,
		GraphQL: graph.New(graph.Deps{
			Engine: s.engine, Tenants: s.tenants, Now: clock.Now, LookupTXT: lookupTXT, Budget: s.cfg.AdminLimit,
		}),
		Metrics:        observed.Handler(),
		TrustedProxies: s.cfg.TrustedProxies,
		PublicURL:      func() *url.URL { return s.cfg.PublicURL },
		Version:        version,
		Dev:            s.cfg.Dev,
	}
	if s.box != nil {
		deps.Mailbox = s.box.Handler()
	}
	return web.New(deps)
}

// run serves until ctx ends, then stops in order: readiness first, then requests, then what runs beside them.
func (s *service) run(ctx context.Context, ls listeners, mounted *web.Server) error {
	beside, stopBeside := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBeside()
	wait := s.start(beside)

	handlers := map[string]http.Handler{
		"public": mounted.Public(), "admin": mounted.Admin(), "metrics": mounted.MetricsHandler(),
	}
	servers := map[string]*http.Server{}
	failed := make(chan error, len(ls))
	for name, l := range ls {
		server := newServer(handlers[name])
		servers[name] = server
		go func() {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", name, err)
			}
		}()
	}
	var err error
	select {
	case <-ctx.Done():
		slog.Info("stopping")
	case err = <-failed:
	}

	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	mounted.Drain()
	pause(limit, seenLimit)
	shutdown(limit, servers)
	stopBeside()
	await(limit, wait)
	return err
}

// shutdown lets requests under way finish. Those that take too long are cut off.
func shutdown(ctx context.Context, servers map[string]*http.Server) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	var closing sync.WaitGroup
	for name, server := range servers {
		closing.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				slog.Warn("requests cut off", "listener", name, "error", err)
				_ = server.Close()
			}
		})
	}
	closing.Wait()
}

// await calls wait, and gives up when ctx ends.
func await(ctx context.Context, wait func()) {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		slog.Warn("jobs left in hand; they are done again later")
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
