package httpx

import (
	"net/http"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/tenants"
)

// DeviceHeader carries the device token where tokens travel in bodies.
const DeviceHeader = "Tenantgate-Device"

const (
	// maxDeviceToken is longer than any device token, in bytes.
	maxDeviceToken = 512
	// deviceAge is the longest that browsers keep a cookie, 400 days in seconds.
	deviceAge = 400 * 24 * 60 * 60
)

// CookieName is the name of a tenant's session cookie. Over http, which is for loopback only, browsers refuse the prefix.
func CookieName(t *tenants.Tenant, secure bool) string { return cookieName("tg-", t, secure) }

// DeviceCookieName is the name of the cookie that carries a tenant's device token.
func DeviceCookieName(t *tenants.Tenant, secure bool) string { return cookieName("tgd-", t, secure) }

func cookieName(kind string, t *tenants.Tenant, secure bool) string {
	name := kind + t.PublicID()
	if secure {
		return "__Host-" + name
	}
	return name
}

// SessionCookie is the header value that sets the session cookie; an empty value takes it away.
func SessionCookie(r *Request, value string, maxAge int) string {
	if value == "" {
		maxAge = -1
	}
	return cookie(r, CookieName(r.Tenant, r.Secure), value, maxAge)
}

func cookie(r *Request, name, value string, maxAge int) string {
	c := &http.Cookie{
		Name: name, Value: value, Path: "/",
		HttpOnly: true, Secure: r.Secure, SameSite: http.SameSiteLaxMode, MaxAge: maxAge,
	}
	return c.String()
}

// Cookies are the header values, the session's first, that hand out what a sign-in brings, where the tenant chose cookies.
func Cookies(r *Request, in *authflows.SignedIn) []string {
	if !r.usesCookies() {
		return nil
	}
	var out []string
	if in.Cookie != "" {
		out = append(out, SessionCookie(r, in.Cookie, int(r.Tenant.Settings.Sessions.Absolute.Std().Seconds())))
	}
	if in.DeviceToken != "" {
		out = append(out, DeviceCookie(r, in.DeviceToken))
	}
	return out
}

// UsableCookie is the session cookie, where the tenant chose cookies.
func (r *Request) UsableCookie() string {
	if !r.usesCookies() {
		return ""
	}
	return r.Cookie
}

// TakeDeviceCookie lets a surface that uses cookies, whatever the tenant chose for the native API, know the device by its
// cookie.
func TakeDeviceCookie(r *Request, from *http.Request) {
	if c, err := from.Cookie(DeviceCookieName(r.Tenant, r.Secure)); err == nil && r.DeviceToken == "" && len(c.Value) <= maxDeviceToken {
		r.DeviceToken = c.Value
	}
}

// DeviceCookie is the header value that hands a device its token, for TakeDeviceCookie.
func DeviceCookie(r *Request, token string) string {
	return cookie(r, DeviceCookieName(r.Tenant, r.Secure), token, deviceAge)
}

func (r *Request) usesCookies() bool {
	return r.Tenant.Settings.Tokens.Transport == tenants.TransportCookie
}

// readCookies keeps the tenant's own cookies of a request, and its device token: the header's, else the cookie's where the
// tenant chose cookies. Text too long to be one is none.
func (r *Request) readCookies(from *http.Request) {
	if c, err := from.Cookie(CookieName(r.Tenant, r.Secure)); err == nil {
		r.Cookie = c.Value
	}
	r.DeviceToken = from.Header.Get(DeviceHeader)
	if r.DeviceToken == "" && r.usesCookies() {
		if c, err := from.Cookie(DeviceCookieName(r.Tenant, r.Secure)); err == nil {
			r.DeviceToken = c.Value
		}
	}
	if len(r.DeviceToken) > maxDeviceToken {
		r.DeviceToken = ""
	}
}
