package httpx

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

const (
	allowedMethods = "GET, POST, PATCH, DELETE"
	allowedHeaders = "Authorization, Content-Type, " + DeviceHeader
	exposedHeaders = "Retry-After, WWW-Authenticate, X-Request-Id"
)

// CORS lets the tenant's own list of origins read answers, and answers their preflights. Nobody else's browser is told
// anything.
func CORS(c *gin.Context) {
	origin := c.GetHeader("Origin")
	c.Writer.Header().Add("Vary", "Origin")
	settings := From(c.Request.Context()).Tenant.Settings
	allowed := origin != "" && slices.Contains(settings.CORS.Origins, origin)
	if allowed {
		c.Header("Access-Control-Allow-Origin", origin)
		c.Header("Access-Control-Expose-Headers", exposedHeaders)
		if settings.Tokens.Transport == tenants.TransportCookie {
			c.Header("Access-Control-Allow-Credentials", "true")
		}
	}
	if c.Request.Method != http.MethodOptions {
		c.Next()
		return
	}
	if allowed {
		c.Header("Access-Control-Allow-Methods", allowedMethods)
		c.Header("Access-Control-Allow-Headers", allowedHeaders)
		c.Header("Access-Control-Max-Age", "600")
	}
	c.AbortWithStatus(http.StatusNoContent)
}

// SameOrigin refuses what a browser sends from another site to change something with a cookie, unless the site is on the
// tenant's own list.
func SameOrigin(c *gin.Context) {
	settings := From(c.Request.Context()).Tenant.Settings
	if settings.Tokens.Transport == tenants.TransportCookie {
		if err := CheckOrigin(c.Request, settings.CORS.Origins); err != nil {
			Abort(c, err)
			return
		}
	}
	c.Next()
}

// CheckOrigin is the fault cross_origin for an unsafe request from another site that is not trusted.
func CheckOrigin(r *http.Request, trusted []string) error {
	protection := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return err
		}
	}
	if err := protection.Check(r); err != nil {
		return fault.New(fault.CrossOrigin)
	}
	return nil
}

// hasType reports whether the request has one Content-Type, of the given media type with no parameter but a charset of
// UTF-8, and no content coding.
func hasType(r *http.Request, mediaType string) bool {
	if len(r.Header["Content-Type"]) != 1 || r.Header.Get("Content-Encoding") != "" {
		return false
	}
	kind, parameter, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	parameter = strings.ToLower(strings.ReplaceAll(parameter, " ", ""))
	return strings.EqualFold(strings.TrimSpace(kind), mediaType) &&
		(parameter == "" || parameter == "charset=utf-8" || parameter == `charset="utf-8"`)
}
