package httpx

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// SlugParam is the path parameter that names the tenant.
const SlugParam = "slug"

// Resolve finds the tenant of the path, and nothing but the path and the host of a request ever decides it. Routes behind
// it work for suspended tenants too. Fault: tenant_not_found.
func Resolve(registry *tenants.Registry) HandlerFunc {
	return func(c *gin.Context) error {
		t, err := registry.BySlug(c.Request.Context(), c.Param(SlugParam))
		if err != nil {
			return err
		}
		r := From(c.Request.Context())
		r.Tenant = t
		r.readCookies(c.Request)
		return nil
	}
}

// Enter lets a request through to the flows of its tenant. Fault: tenant_suspended.
func Enter(engine *authflows.Engine) HandlerFunc {
	return func(c *gin.Context) error {
		r := From(c.Request.Context())
		flows, err := engine.For(r.Tenant)
		r.Flows = flows
		return err
	}
}

// Bearer returns the access token of a request, empty if there is none. A header of another scheme, or more than one, is
// an error.
func (r *Request) Bearer() (string, error) {
	switch len(r.Authorization) {
	case 0:
		return "", nil
	case 1:
		scheme, token, _ := strings.Cut(r.Authorization[0], " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return "", fault.New(fault.InvalidToken)
		}
		return token, nil
	default:
		return "", fault.New(fault.AmbiguousCredentials)
	}
}
