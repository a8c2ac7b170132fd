package httpx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

const (
	// timeLimit bounds a request, above the hash queue's own deadline and the longest transaction.
	timeLimit = 10 * time.Second
	// maxAgent is how much of a user agent is kept.
	maxAgent = 256
)

// Begin is the first middleware: it names the request, learns where it comes from, bounds its time, survives a panic, and
// writes one event line and the metrics when it is over. trusted proxies may tell the client's address and scheme. Where
// the public URL is https, every client speaks it: a proxy that nobody lists as trusted must not cost cookies their Secure.
func Begin(trusted []netip.Prefix, https bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		r := &Request{ID: ids.New().String(), UserAgent: agent(c.Request), Authorization: c.Request.Header["Authorization"]}
		r.Address, r.Secure = client(c.Request, trusted)
		r.Secure = r.Secure || https
		r.connection = c.Request.Context()
		r.OwnHost = r.connection.Value(ownHostKey{}) != nil
		ctx, event := telemetry.WithEvent(With(c.Request.Context(), r))
		ctx, endSpan := telemetry.StartRequest(ctx, c.Request.Header, c.Request.Method, c.FullPath())
		ctx, cancel := context.WithTimeout(ctx, timeLimit)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Writer.Header()["X-Request-Id"] = []string{r.ID}
		defer func() {
			p := recover()
			cut := p != nil && c.Writer.Written()
			if p != nil {
				telemetry.Note(ctx, slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
			}
			if p != nil && !cut {
				Abort(c, fault.New(fault.Internal))
			}
			took := time.Since(start)
			status := c.Writer.Status()
			if cut {
				status = http.StatusInternalServerError
			}
			endSpan(status)
			telemetry.ObserveRequest(ctx, c.FullPath(), c.Request.Method, status, took)
			logRequest(ctx, c, r, event, status, took)
			if cut {
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
		}()
		c.Next()
	}
}

// logRequest writes the event line: the route's pattern, never the path, which may hold ids and codes.
func logRequest(ctx context.Context, c *gin.Context, r *Request, event *telemetry.Event, status int, took time.Duration) {
	level := slog.LevelInfo
	hungUp := errors.Is(c.Request.Context().Err(), context.Canceled)
	if status >= http.StatusInternalServerError && !hungUp {
		level = slog.LevelError
	}
	if !slog.Default().Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs,
		slog.String("method", c.Request.Method),
		slog.String("route", c.FullPath()),
		slog.Int("status", status),
		slog.Duration("took", took),
		slog.String("request_id", r.ID),
	)
	if r.Tenant != nil {
		attrs = append(attrs, slog.String("tenant_id", r.Tenant.PublicID()))
	}
	slog.LogAttrs(ctx, level, "request", append(attrs, event.Attrs()...)...)
}

func agent(r *http.Request) string {
	text := strings.ToValidUTF8(r.UserAgent(), "")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, text)
	if len(text) > maxAgent {
		text = strings.ToValidUTF8(text[:maxAgent], "")
	}
	return text
}

// client returns the address and scheme of the client: the socket's, unless that is a trusted proxy. Then the addresses of
// X-Forwarded-For count from the right as long as each is trusted too; text that is no address ends the search.
func client(r *http.Request, trusted []netip.Prefix) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, r.TLS != nil
	}
	address, secure := peer.Addr().Unmap(), r.TLS != nil
	if !trusts(trusted, address) {
		return address, secure
	}
	secure = secure || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0 && trusts(trusted, address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	return address, secure
}

func trusts(trusted []netip.Prefix, a netip.Addr) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Secure sets the headers that every answer carries. Handlers may widen the content policy and the cache rule of their own
// answers.
func Secure(hsts bool) gin.HandlerFunc {
	// All answers share these values: headers are set anew or appended to, never written into.
	headers := http.Header{
		"Cache-Control":           {"no-store"},
		"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
		"Referrer-Policy":         {"no-referrer"},
		"X-Content-Type-Options":  {"nosniff"},
		"X-Frame-Options":         {"DENY"},
	}
	if hsts {
		headers["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return func(c *gin.Context) {
		maps.Copy(c.Writer.Header(), headers)
		c.Next()
	}
}

// NoRoute answers a path that nobody serves.
func NoRoute(c *gin.Context) { Abort(c, fault.New(fault.NotFound)) }

// NoMethod answers a path that is served for other methods. Gin has set Allow.
func NoMethod(c *gin.Context) { Abort(c, fault.New(fault.MethodNotAllowed)) }
