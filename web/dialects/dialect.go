// Package dialects is what the APIs of other systems have in common: how a wire is mounted, how its bodies are read, how its
// cookies are set, and how the errors of the framework that most of them stand on look.
//
// A dialect is a translator. It owns names, shapes and an error table; every decision is the flows'. Each has a package of
// its own below, which says in its doc what it imitates and where it differs.
package dialects

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// Dialect is one wire.
type Dialect struct {
	Name  tenants.Dialect
	Title string // of its description
	About string // the first paragraph of its description
	// Client returns how it reaches the flows of a tenant.
	Client func(*http.Request, *tenants.Tenant) *authflows.Client
	Routes []Route
	// Refuse writes an error in the dialect's own envelope.
	Refuse func(*gin.Context, error)
	// Cookies are the names of the cookies that it signs in by, none where it takes none. Where it has some, requests that a
	// browser sends from another site are refused unless the tenant trusts that site.
	Cookies []string
	// Headers are those of its own that clients send, for browsers to ask about.
	Headers []string
	// Security are the schemes of its description, by the names that routes refer to.
	Security map[string]Scheme
}

// Route is an endpoint. It answers with and without a slash at the end.
type Route struct {
	Method string
	Path   string // below the mount point, as the dialect's own documents spell it; parameters as :name
	Serve  httpx.HandlerFunc
	// Acts marks a GET that changes something. HEAD does not, and nor does what a browser sends by itself.
	Acts bool
	Doc  Doc
}

// Mount serves a dialect below the group /t/:slug/dialects. Where the tenant has not enabled it, nothing is there.
func Mount(group *gin.RouterGroup, d *Dialect, registry *tenants.Registry, engine *authflows.Engine) {
	m := &mounted{d, httpx.Resolve(registry), httpx.Enter(engine)}
	for _, r := range d.Routes {
		bare := strings.TrimSuffix(r.Path, "/")
		for _, path := range []string{bare, bare + "/"} {
			group.Handle(r.Method, "/"+string(d.Name)+path, m.serve(r))
		}
	}
}

type mounted struct {
	dialect *Dialect
	resolve httpx.HandlerFunc
	enter   httpx.HandlerFunc
}

func (m *mounted) serve(route Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !m.reach(c) {
			return
		}
		CORS(c, m.dialect)
		if err := m.run(c, route); err != nil {
			m.dialect.Refuse(c, err)
		}
	}
}

// reach finds the tenant, and answers like any unknown path where it does not speak the dialect.
func (m *mounted) reach(c *gin.Context) bool {
	if err := m.resolve(c); err != nil {
		httpx.Abort(c, err)
		return false
	}
	if !httpx.From(c.Request.Context()).Tenant.Settings.Dialects.Of(m.dialect.Name).Enabled {
		c.Writer.Header().Del("Allow") // which gin has set for a path that another tenant has
		httpx.NoRoute(c)
		return false
	}
	return true
}

func (m *mounted) run(c *gin.Context, route Route) error {
	ctx := c.Request.Context()
	if route.Acts && httpx.IsHead(ctx) {
		c.Header("Allow", route.Method)
		return fault.New(fault.MethodNotAllowed)
	}
	if err := m.enter(c); err != nil {
		return err
	}
	r := httpx.From(ctx)
	r.Flows = r.Flows.As(m.dialect.Client(c.Request, r.Tenant))
	if len(m.dialect.Cookies) > 0 {
		httpx.TakeDeviceCookie(r, c.Request)
	}
	if err := m.sameSite(c, route); err != nil {
		return err
	}
	return route.Serve(c)
}

// sameSite refuses what another site lets a browser send with a cookie that signs in. A request that carries a header of
// authorization was made on purpose.
func (m *mounted) sameSite(c *gin.Context, route Route) error {
	if len(m.dialect.Cookies) == 0 || c.GetHeader("Authorization") != "" {
		return nil
	}
	trusted := httpx.From(c.Request.Context()).Tenant.Settings.CORS.Origins
	if c.Request.Method == http.MethodGet {
		if route.Acts {
			return httpx.Deliberate(c.Request, trusted)
		}
		return nil
	}
	return httpx.CheckOrigin(c.Request, trusted)
}

// CORS lets the origins that the tenant lists call a dialect.
func CORS(c *gin.Context, d *Dialect) {
	httpx.CORSHeaders(c, len(d.Cookies) > 0, d.Headers...)
}

// Stray answers a path or method that a dialect does not have: in its own words, where the tenant speaks it. It reports false
// for paths that are no dialect's.
func Stray(c *gin.Context, all []*Dialect, registry *tenants.Registry, code fault.Code) bool {
	parts := strings.SplitN(c.Request.URL.Path, "/", 6) // "", t, slug, dialects, name, …
	if len(parts) < 6 || parts[1] != "t" || parts[3] != "dialects" {
		return false
	}
	at := slices.IndexFunc(all, func(d *Dialect) bool { return string(d.Name) == parts[4] })
	if at < 0 {
		return false
	}
	c.Params = gin.Params{{Key: httpx.SlugParam, Value: parts[2]}}
	m := &mounted{dialect: all[at], resolve: httpx.Resolve(registry)}
	if !m.reach(c) {
		return true
	}
	CORS(c, all[at])
	if c.Request.Method == http.MethodOptions {
		c.AbortWithStatus(http.StatusNoContent)
		return true
	}
	all[at].Refuse(c, fault.New(code))
	return true
}

// Flows returns the flows of a request.
func Flows(c *gin.Context) *authflows.Flows { return httpx.From(c.Request.Context()).Flows }

// Tenant returns the tenant of a request.
func Tenant(c *gin.Context) *tenants.Tenant { return httpx.From(c.Request.Context()).Tenant }

// Device returns where a request comes from.
func Device(c *gin.Context) authflows.Device { return httpx.From(c.Request.Context()).Device() }
