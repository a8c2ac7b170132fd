package httpx

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/tenants"
)

// Request is what the middleware has learned of a request. Handlers reach it through the context.
type Request struct {
	ID            string
	Address       netip.Addr
	UserAgent     string
	Authorization []string // the header, as often as it was sent
	Cookie        string   // the tenant's session cookie, if it was sent
	DeviceToken   string   // of an earlier sign-in, if it was sent
	Tenant        *tenants.Tenant
	Flows         *authflows.Flows // of Tenant; nil on routes that work while it is suspended
	Secure        bool             // the client speaks https
	OwnHost       bool             // it came by a host name of its tenant's own

	connection context.Context // that ends with the client, and has no time limit
}

type requestKey struct{}

// From returns the request of ctx. It is never nil: outside a request it is empty.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// With returns a context that carries r.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

type headKey struct{}

// AsHead returns a context for a HEAD request that is routed as GET.
func AsHead(ctx context.Context) context.Context { return context.WithValue(ctx, headKey{}, true) }

// IsHead reports whether a request was HEAD: what acts by GET must not act by that.
func IsHead(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

type ownHostKey struct{}

// ByOwnHost returns a context for a request that comes by a host name of its tenant's own. Begin takes it over.
func ByOwnHost(ctx context.Context) context.Context {
	return context.WithValue(ctx, ownHostKey{}, true)
}

// Device is where the request comes from.
func (r *Request) Device() authflows.Device {
	return authflows.Device{Address: r.Address, UserAgent: r.UserAgent, Token: r.DeviceToken}
}

// JSON writes v as one line.
func JSON(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	c.Data(status, "application/json", append(body, '\n'))
	return nil
}

// HandlerFunc is a Gin handler that returns its error instead of writing it.
type HandlerFunc func(c *gin.Context) error

// Handle adapts a HandlerFunc: its error becomes a problem document, and nothing that stands behind it is called.
func Handle(h HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			Abort(c, err)
		}
	}
}
