// Package web is everything that speaks HTTP. This file mounts the surfaces; each has a package of its own below.
package web

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/api"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
	"github.com/tenantgate/tenantgate/web/pages"
)

// Deps are what the surfaces stand on.
type Deps struct {
	Engine         *authflows.Engine
	Tenants        *tenants.Registry
	Ready          func(context.Context) Readiness
	GraphQL        AdminAPI
	Mailbox        http.Handler // the development mailbox, nil elsewhere
	Metrics        http.Handler
	TrustedProxies []netip.Prefix
	PublicURL      func() *url.URL
	Version        string
	Dev            bool
}

// Readiness is what /readyz says. Degraded means that all works, though slower or with weaker limits.
type Readiness struct {
	Ready    bool              `json:"ready"`
	Degraded bool              `json:"degraded"`
	Checks   map[string]string `json:"checks"`
}

// Server holds the handlers of the three listeners.
type Server struct {
	deps     Deps
	draining atomic.Bool
	dialects []*dialects.Dialect
	public   *gin.Engine
	admin    *gin.Engine
	metrics  *gin.Engine
}

// New mounts everything.
func New(d Deps) *Server {
	gin.SetMode(gin.ReleaseMode)
	s := &Server{deps: d}
	s.mountPublic()
	s.admin = s.router()
	s.mountHealth(s.admin)
	s.mountAdmin(s.admin)
	s.metrics = s.router()
	s.mountHealth(s.metrics)
	if d.Metrics != nil {
		s.metrics.GET("/metrics", gin.WrapH(d.Metrics))
	}
	return s
}

// Public serves tenants and their users, also on host names of the tenants' own.
func (s *Server) Public() http.Handler { return withHead(s.ownHosts(s.public)) }

// Admin serves the admin surface, on a listener of its own.
func (s *Server) Admin() http.Handler { return withHead(s.withSignIn(s.admin)) }

// MetricsHandler serves /metrics and health.
func (s *Server) MetricsHandler() http.Handler { return withHead(s.metrics) }

// withHead answers HEAD as it would GET; the server itself leaves the body out (RFC 9110, 9.3.2).
func withHead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(httpx.AsHead(r.Context()))
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// Drain turns readiness off, so that balancers send no more requests; those that come all the same are served. Streams end, for
// nobody waits for them: who follows one goes on at another server.
func (s *Server) Drain() {
	s.draining.Store(true)
	if s.deps.GraphQL != nil {
		s.deps.GraphQL.Drain()
	}
}

func (s *Server) router() *gin.Engine {
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash, r.RedirectFixedPath = false, false
	r.ContextWithFallback = true
	r.Use(httpx.Begin(s.deps.TrustedProxies, s.https()), httpx.Secure(s.https()))
	r.NoRoute(httpx.NoRoute)
	r.NoMethod(httpx.NoMethod)
	return r
}

func (s *Server) https() bool {
	u := s.deps.PublicURL()
	return u != nil && u.Scheme == "https"
}

func (s *Server) mountPublic() {
	r := s.router()
	s.public = r
	s.mountHealth(r)
	r.GET("/problems", httpx.Handle(pages.Problems))
	r.GET("/problems/:code", httpx.Handle(pages.Problem))
	if s.deps.Mailbox != nil {
		r.GET("/dev/mailbox", gin.WrapH(s.deps.Mailbox))
		r.GET("/dev/mailbox.json", gin.WrapH(s.deps.Mailbox))
	}

	resolve, enter := httpx.Resolve(s.deps.Tenants), httpx.Enter(s.deps.Engine)
	r.GET("/t/:"+httpx.SlugParam+"/link", pages.Handle(resolve, enter, pages.Link))
	r.POST("/t/:"+httpx.SlugParam+"/link", pages.Handle(resolve, enter, pages.UseLink))

	tenant := r.Group("/t/:"+httpx.SlugParam, httpx.Handle(resolve))
	tenant.GET("/.well-known/jwks.json", httpx.Handle(jwks))
	tenant.GET("/.well-known/openid-configuration", httpx.Handle(discovery))

	v1 := tenant.Group("/v1", httpx.CORS, httpx.Handle(enter), httpx.SameOrigin)
	forms := v1.Group("", httpx.Handle(s.byKey), httpx.FormBody)
	description := api.Mount(r, v1.Group("", httpx.JSONBody), forms, s.deps.Version)
	descriptions := s.mountDialects(r)
	if s.deps.Dev {
		s.mountAdmin(r)
	}
	r.NoRoute(s.noRoute)
	r.NoMethod(s.noMethod)

	body, _ := json.Marshal(description)
	native := pages.Description{Title: "Native API", File: "openapi.json", Body: append(body, '\n')}
	pages.Docs(r.Group("/docs"), append([]pages.Description{native}, descriptions...))
}

// preflight answers what a browser asks before it calls the native API. It reports false for other paths.
func (s *Server) preflight(c *gin.Context) bool {
	parts := strings.SplitN(c.Request.URL.Path, "/", 5) // "", t, slug, v1, …
	if len(parts) < 5 || parts[1] != "t" || parts[3] != "v1" {
		return false
	}
	c.Params = gin.Params{{Key: httpx.SlugParam, Value: parts[2]}}
	if httpx.Handle(httpx.Resolve(s.deps.Tenants))(c); !c.IsAborted() {
		httpx.CORS(c)
	}
	return true
}

func (s *Server) mountHealth(r *gin.Engine) {
	r.GET("/healthz", httpx.Handle(func(c *gin.Context) error {
		return httpx.JSON(c, http.StatusOK, map[string]string{"status": "ok"})
	}))
	r.GET("/readyz", httpx.Handle(func(c *gin.Context) error {
		ready := s.deps.Ready(c.Request.Context())
		if s.draining.Load() {
			ready.Ready = false
			ready.Checks = maps.Clone(ready.Checks)
			if ready.Checks == nil {
				ready.Checks = map[string]string{}
			}
			ready.Checks["server"] = "shutting down"
		}
		status := http.StatusOK
		if !ready.Ready {
			status = http.StatusServiceUnavailable
		}
		return httpx.JSON(c, status, ready)
	}))
}

// Route is a mounted route.
type Route struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Surface string `json:"surface"`
}

// Routes lists what is mounted, by listener.
func (s *Server) Routes() []Route {
	var out []Route
	for _, surface := range []struct {
		name   string
		router *gin.Engine
	}{{"public", s.public}, {"admin", s.admin}, {"metrics", s.metrics}} {
		for _, r := range surface.router.Routes() {
			out = append(out, Route{r.Method, r.Path, surface.name})
		}
	}
	return append(out, s.signInRoutes()...)
}
