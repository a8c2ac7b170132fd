package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// graphqlPath is where the admin API is.
const graphqlPath = "/admin/graphql"

// csrfHeader must come with a request that shows the session cookie: a form or an image of another site cannot send it, and a
// script of one only after a preflight, which nobody answers.
const csrfHeader = "Tenantgate-Csrf"

// AdminAPI is the admin API. Refuse answers in its form what is not let through to it.
type AdminAPI interface {
	http.Handler
	Refuse(w http.ResponseWriter, r *http.Request, err error)
	// Drain ends the streams.
	Drain()
}

// mountAdmin mounts what admins use: on a listener of its own, and in development on the public one too.
//
// Documents come by POST, as JSON, and never by GET, which a link could send; a GET may only become a WebSocket. A request that
// shows the session cookie must come from our own origin and carry Tenantgate-Csrf: 1; a browser sends no header with the
// handshake of a WebSocket, so there the origin alone decides, and must be told. Programs that send a bearer need neither.
func (s *Server) mountAdmin(r *gin.Engine) {
	s.mountConsole(r)
	if s.deps.GraphQL == nil {
		return
	}
	s.mountExport(r)
	checked := func(checks ...httpx.HandlerFunc) gin.HandlerFunc {
		return func(c *gin.Context) {
			for _, check := range checks {
				if err := check(c); err != nil {
					s.deps.GraphQL.Refuse(c.Writer, c.Request, err)
					c.Abort()
					return
				}
			}
			if upgrades(c.Request) || strings.Contains(c.GetHeader("Accept"), "text/event-stream") {
				defer httpx.Unbound(c)()
			}
			s.deps.GraphQL.ServeHTTP(c.Writer, c.Request)
		}
	}
	r.POST(graphqlPath, checked(s.asReserved, presentCredential, httpx.CheckBody))
	r.GET(graphqlPath, checked(onlyUpgrades, s.asReserved, presentCredential))
	r.Match([]string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}, graphqlPath, checked(noMethod))
}

// asReserved makes the reserved tenant that of the request: its users are the admins, its cookies theirs.
func (s *Server) asReserved(c *gin.Context) error {
	c.Params = append(c.Params, gin.Param{Key: httpx.SlugParam, Value: tenants.Reserved})
	return httpx.Resolve(s.deps.Tenants)(c)
}

// presentCredential puts what the request shows for itself where the admin API looks for it. What a browser sends by itself counts
// only from our own origin.
func presentCredential(c *gin.Context) error {
	r := httpx.From(c.Request.Context())
	bearer, err := r.Bearer()
	if err != nil {
		return err
	}
	shown := access.Credential{Bearer: bearer, Cookie: r.UsableCookie(), Address: r.Address}
	if shown.Bearer != "" && shown.Cookie != "" {
		return fault.New(fault.AmbiguousCredentials)
	}
	if shown.Cookie != "" {
		if err := deliberate(c.Request); err != nil {
			return err
		}
	}
	c.Request = c.Request.WithContext(access.Present(c.Request.Context(), shown))
	return nil
}

// deliberate is the fault cross_origin for what a browser sends with our cookie, unless our own pages made it do so.
func deliberate(r *http.Request) error {
	if upgrades(r) {
		origin, err := url.Parse(r.Header.Get("Origin"))
		if err != nil || origin.Host == "" || !strings.EqualFold(origin.Host, r.Host) {
			return fault.New(fault.CrossOrigin)
		}
		return nil
	}
	if r.Header.Get(csrfHeader) != "1" {
		return fault.New(fault.CrossOrigin)
	}
	return httpx.CheckOrigin(r, nil)
}

func upgrades(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// onlyUpgrades lets WebSockets through. Documents come by POST: a GET could be sent by a link.
func onlyUpgrades(c *gin.Context) error {
	if !upgrades(c.Request) {
		return fault.New(fault.MethodNotAllowed)
	}
	return nil
}

func noMethod(*gin.Context) error { return fault.New(fault.MethodNotAllowed) }
