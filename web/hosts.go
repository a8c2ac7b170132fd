package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// hostLimit bounds the look-up of a host, which comes before the request's own time begins.
const hostLimit = 5 * time.Second

// ownHosts lets the prefix /t/{slug} fall away where the host is a tenant's own: it moves such requests below the prefix,
// so that they meet the same routes. Nothing but the host that the request names decides: no forwarded header, whoever
// sends it. Hosts that are nobody's are served like the public one.
func (s *Server) ownHosts(next http.Handler) http.Handler {
	refuse := s.refusals()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostName(r.Host)
		if isShared(r.URL.Path) || s.isPublic(host) {
			next.ServeHTTP(w, r)
			return
		}
		owner, err := s.ownerOf(r.Context(), host)
		switch {
		case fault.CodeOf(err) == fault.TenantNotFound:
			next.ServeHTTP(w, r)
			return
		case err != nil:
			refuse(w, r, err)
			return
		}
		r = r.WithContext(httpx.ByOwnHost(r.Context()))
		prefix, ok := prefixOf(owner, r.URL.Path)
		// A target that is a whole URL names a host of its own and outdoes the header Host (RFC 9112, 3.2.2). Whatever
		// stands before us may have gone by the header.
		if !ok || r.URL.Host != "" {
			refuse(w, r, fault.New(fault.NotFound))
			return
		}
		moved := *r.URL
		moved.Path = prefix + moved.Path
		if moved.RawPath != "" {
			moved.RawPath = prefix + moved.RawPath
		}
		r.URL = &moved
		w.Header().Add("Vary", "Host") // the same path is another tenant's on another host
		next.ServeHTTP(w, r)
	})
}

// ownerOf returns the tenant whose host it is, or the fault tenant_not_found.
func (s *Server) ownerOf(ctx context.Context, host string) (*tenants.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, hostLimit)
	defer cancel()
	return s.deps.Tenants.ByHost(ctx, host)
}

// isPublic reports whether no tenant can have a host: it is the service's own, or no name.
func (s *Server) isPublic(host string) bool {
	if u := s.deps.PublicURL(); u != nil && strings.EqualFold(u.Hostname(), host) || host == "localhost" {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// isShared reports whether a path is the same on every host. No database is asked for them, for probes live by that.
func isShared(path string) bool {
	return path == "/healthz" || path == "/readyz" || isBelow(path, "/docs") || isBelow(path, "/problems")
}

func isBelow(path, top string) bool { return path == top || strings.HasPrefix(path, top+"/") }

// prefixOf returns what goes before a path on a tenant's own host, or false for a path that is not served there. What is
// no part of our own belongs to the dialect that the tenant has mounted at the root.
func prefixOf(t *tenants.Tenant, path string) (prefix string, ok bool) {
	base := "/t/" + t.Slug
	if isBelow(path, "/t") {
		return "", false // it would name a tenant of its own
	}
	if path == "/link" {
		return base, true
	}
	for _, top := range []string{"/v1/", "/.well-known/", "/oauth2/", "/dialects/"} {
		if strings.HasPrefix(path, top) {
			return base, true
		}
	}
	root := t.Settings.Dialects.Root
	return base + "/dialects/" + string(root), root != tenants.NoDialect && strings.HasPrefix(path, "/")
}

// hostName returns the host of a header Host or a request's target: in small letters, without port and dot at the end.
// Of what is no name it returns no name either.
func hostName(host string) string {
	if at := strings.LastIndexByte(host, ':'); at >= 0 && strings.Trim(host[at:], ":0123456789") == "" {
		host = host[:at]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

type refusalKey struct{}

// refusals returns what refuses a request before it is routed, with the headers and the record of any other.
func (s *Server) refusals() func(http.ResponseWriter, *http.Request, error) {
	router := s.router()
	router.NoRoute(func(c *gin.Context) {
		err, _ := c.Request.Context().Value(refusalKey{}).(error)
		httpx.Abort(c, err)
	})
	return func(w http.ResponseWriter, r *http.Request, err error) {
		router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), refusalKey{}, err)))
	}
}
