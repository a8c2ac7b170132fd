package dialects

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// SetCookie sets a cookie of a dialect: HttpOnly, SameSite=Lax, Secure where clients speak https. On a host of the tenant's own
// it holds for the whole host, as it did with the original; elsewhere below the mount point only, for tenants share that host.
func SetCookie(c *gin.Context, name tenants.Dialect, cookie, value string, life time.Duration) {
	setCookie(c, name, cookie, value, int(life.Seconds()))
}

// ClearCookies takes cookies away.
func ClearCookies(c *gin.Context, name tenants.Dialect, cookies ...string) {
	for _, cookie := range cookies {
		setCookie(c, name, cookie, "", -1)
	}
}

func setCookie(c *gin.Context, name tenants.Dialect, cookie, value string, maxAge int) {
	r := httpx.From(c.Request.Context())
	path := "/"
	if !r.OwnHost {
		path = "/t/" + r.Tenant.Slug + "/dialects/" + string(name)
	}
	c.Writer.Header().Add("Set-Cookie", (&http.Cookie{
		Name: cookie, Value: value, Path: path, MaxAge: maxAge,
		HttpOnly: true, Secure: r.Secure, SameSite: http.SameSiteLaxMode,
	}).String())
}

// Cookie returns the value of a cookie, empty where it was not sent. Sent more than once it counts as not sent: which one is
// the tenant's cannot be told.
func Cookie(c *gin.Context, name string) string {
	if sent := c.Request.CookiesNamed(name); len(sent) == 1 {
		return sent[0].Value
	}
	return ""
}

// KeepDevice hands the device of a sign-in its token, with a dialect that uses cookies: its failures then count apart from
// those of strangers.
func KeepDevice(c *gin.Context, in *authflows.SignedIn) {
	if in.DeviceToken != "" {
		c.Writer.Header().Add("Set-Cookie", httpx.DeviceCookie(httpx.From(c.Request.Context()), in.DeviceToken))
	}
}

// Token returns the credential of the header Authorization with a scheme, in any case, and whether there is such a header at
// all: one of another scheme, an empty one, or several hold no credential.
func Token(c *gin.Context, scheme string) (token string, sent bool) {
	headers := httpx.From(c.Request.Context()).Authorization
	if len(headers) == 0 {
		return "", false
	}
	said, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(said, scheme) {
		return "", true
	}
	return strings.TrimSpace(token), true
}
