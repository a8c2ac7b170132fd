package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// discard is the cheapest writer there is, so that the handler is what is measured.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func measure(b *testing.B, h http.Handler, path, token string) {
	b.Helper()
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(nowhere{}, nil)))
	defer slog.SetDefault(old)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		h.ServeHTTP(&discard{http.Header{}}, r)
	}
}

type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkMeWarm is a session check whose token and session are cached.
func BenchmarkMeWarm(b *testing.B) {
	env := webtest.New(b)
	ann := env.Join(b, acme, "ann@ex.test")
	ctx, cancel := context.WithCancel(b.Context())
	var polling sync.WaitGroup
	polling.Go(func() { env.Feed.Run(ctx) })
	defer polling.Wait()
	defer cancel()
	env.Poll(b)
	measure(b, env.Server.Public(), webtest.API(acme)+"/me", ann.AccessToken)
}

// BenchmarkBareGin is what it is compared with: a handler of Gin's that finds the token in a map.
func BenchmarkBareGin(b *testing.B) {
	gin.SetMode(gin.ReleaseMode)
	var known sync.Map
	known.Store("Bearer token", map[string]string{"id": "usr_01ka8k3v9wf5xr2q8m7n4p6s0t", "email": "ann@ex.test"})
	router := gin.New()
	router.GET("/t/:slug/v1/me", func(c *gin.Context) {
		if who, ok := known.Load(c.GetHeader("Authorization")); ok {
			c.JSON(http.StatusOK, who)
			return
		}
		c.Status(http.StatusUnauthorized)
	})
	measure(b, router, "/t/acme/v1/me", "token")
}

// BenchmarkRefresh is one session that refreshes again and again, its state cached.
func BenchmarkRefresh(b *testing.B) {
	env := webtest.New(b)
	token := env.Join(b, acme, "ann@ex.test").RefreshToken
	ctx, cancel := context.WithCancel(b.Context())
	var polling sync.WaitGroup
	polling.Go(func() { env.Feed.Run(ctx) })
	defer polling.Wait()
	defer cancel()
	env.Poll(b)
	flows := env.Flows(b, acme)
	b.ReportAllocs()
	for b.Loop() {
		step, err := flows.Refresh(b.Context(), token)
		if err != nil {
			b.Fatal(err)
		}
		token = step.SignedIn.RefreshToken
	}
}
