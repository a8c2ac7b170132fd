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
	allowedMethods = "GET, POST, PUT, PATCH, DELETE"
	allowedHeaders = "Authorization, Content-Type, " + DeviceHeader
	exposedHeaders = "Retry-After, WWW-Authenticate, X-Request-Id"
)

// CORS lets the tenant's own list of origins read answers of the native API, and answers their preflights. Nobody else's
// browser is told anything.
func CORS(c *gin.Context) {
	CORSHeaders(c, From(c.Request.Context()).usesCookies())
	if c.Request.Method == http.MethodOptions {
		c.AbortWithStatus(http.StatusNoContent)
		return
	}
	c.Next()
}

// CORSHeaders tells the browsers of the tenant's own list of origins what they may do with a surface, which takes cookies or
// does not, and headers beside those of the native API.
func CORSHeaders(c *gin.Context, cookies bool, headers ...string) {
	origin := c.GetHeader("Origin")
	c.Writer.Header().Add("Vary", "Origin")
	if origin == "" || !slices.Contains(From(c.Request.Context()).Tenant.Settings.CORS.Origins, origin) {
		return
	}
	c.Header("Access-Control-Allow-Origin", origin)
	c.Header("Access-Control-Expose-Headers", exposedHeaders)
	if cookies {
		c.Header("Access-Control-Allow-Credentials", "true")
	}
	if c.Request.Method == http.MethodOptions {
		c.Header("Access-Control-Allow-Methods", allowedMethods)
		c.Header("Access-Control-Allow-Headers", strings.Join(append([]string{allowedHeaders}, headers...), ", "))
		c.Header("Access-Control-Max-Age", "600")
	}
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

// Deliberate is the fault cross_origin for a request that a browser may have sent by itself, or for another site, to something
// that acts although it is asked by GET: an image, a navigation, a prefetch. Only cookies travel with such requests.
func Deliberate(r *http.Request, trusted []string) error {
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	foreign := site == "cross-site" || site == "same-site"
	origin := r.Header.Get("Origin")
	switch {
	case r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") != "",
		mode == "navigate" || mode == "no-cors",
		foreign && !slices.Contains(trusted, origin):
		return fault.New(fault.CrossOrigin)
	}
	return nil
}
