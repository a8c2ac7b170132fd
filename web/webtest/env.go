package webtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/graph"
	"github.com/tenantgate/tenantgate/web"
)

// The tenants of every environment.
const (
	Acme   = flowtest.Acme
	Globex = flowtest.Globex
)

// Password is what every user signs up with.
const Password = flowtest.Password

// Env is one replica of the service with its public and admin listeners on loopback ports.
type Env struct {
	*flowtest.Env
	Server   *web.Server
	URL      string // of the public listener, without a slash at the end
	AdminURL string // of the admin listener, likewise
	Client   *http.Client
	DNS      *Zone

	deps  web.Deps
	flows []flowtest.Option
}

// Option changes an environment.
type Option func(*Env)

// PublicURL replaces the public URL that the listener knows, flowtest.PublicURL otherwise. Mailed links and issuers keep
// the latter.
func PublicURL(text string) Option {
	return func(e *Env) {
		u, err := url.Parse(text)
		if err != nil {
			panic(err)
		}
		e.deps.PublicURL = func() *url.URL { return u }
	}
}

// Loopback is a server without TLS, as in development.
func Loopback() Option { return PublicURL("http://localhost:8080") }

// Trust lets the socket's own address, 127.0.0.1, and the given ranges tell the client's address and scheme.
func Trust(prefixes ...string) Option {
	return func(e *Env) {
		e.deps.TrustedProxies = append(e.deps.TrustedProxies, netip.MustParsePrefix("127.0.0.0/8"))
		for _, p := range prefixes {
			e.deps.TrustedProxies = append(e.deps.TrustedProxies, netip.MustParsePrefix(p))
		}
	}
}

// Ready replaces what readiness is asked of.
func Ready(ready func(context.Context) web.Readiness) Option {
	return func(e *Env) { e.deps.Ready = ready }
}

// Flows passes options on to flowtest.
func Flows(options ...flowtest.Option) Option {
	return func(e *Env) { e.flows = append(e.flows, options...) }
}

// New returns an environment on SQLite and the in-process store. It listens until the test ends.
func New(t testing.TB, options ...Option) *Env {
	t.Helper()
	env := prepare(options)
	env.Env = flowtest.New(t, env.flows...)
	return env.serve(t)
}

// Over is New for an environment that there is, such as a replica of another.
func Over(t testing.TB, bare *flowtest.Env, options ...Option) *Env {
	t.Helper()
	env := prepare(options)
	env.Env = bare
	return env.serve(t)
}

func prepare(options []Option) *Env {
	env := &Env{DNS: &Zone{}, deps: web.Deps{
		Version: "test",
		Ready:   func(context.Context) web.Readiness { return web.Readiness{Ready: true} },
	}}
	PublicURL(flowtest.PublicURL)(env)
	for _, o := range options {
		o(env)
	}
	return env
}

func (env *Env) serve(t testing.TB) *Env {
	t.Helper()
	env.deps.Engine, env.deps.Tenants = env.Engine, env.Tenants
	env.deps.GraphQL = graph.New(graph.Deps{Engine: env.Engine, Tenants: env.Tenants, Now: env.Clock.Now, LookupTXT: env.DNS.lookup})
	env.Server = web.New(env.deps)
	listener := httptest.NewServer(env.Server.Public())
	t.Cleanup(listener.Close)
	admin := httptest.NewServer(env.Server.Admin())
	t.Cleanup(admin.Close)
	env.URL, env.AdminURL, env.Client = listener.URL, admin.URL, listener.Client()
	env.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return env
}
