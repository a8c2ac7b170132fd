package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
)

func BenchmarkFlow(b *testing.B) {
	tel := isolated(b, new(sources))
	ctx := b.Context()
	run := func(b *testing.B, result error) {
		b.ReportAllocs()
		for b.Loop() {
			func() (err error) {
				_, end := tel.flow(ctx, "login")
				defer end(&err)
				return result
			}()
		}
	}
	b.Run("ok", func(b *testing.B) { run(b, nil) })
	b.Run("fault", func(b *testing.B) { run(b, fault.New(fault.InvalidCredentials)) })
}

func BenchmarkObserveRequest(b *testing.B) {
	tel := isolated(b, new(sources))
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		tel.observeRequest(ctx, "/t/:slug/v1/me", "GET", 200, 40*time.Microsecond)
	}
}

func BenchmarkObserveSQL(b *testing.B) {
	tel := isolated(b, new(sources))
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		tel.observeSQL(ctx, "query", 65*time.Microsecond, nil)
	}
}

func BenchmarkNote(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ctx, _ := WithEvent(context.Background())
		Note(ctx, slog.String("route", "/me"), slog.Int("status", 200))
		Note(ctx, slog.String("tenant", "acme"))
	}
}

func BenchmarkCacheLookup(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			CacheLookup(true)
		}
	})
}

func BenchmarkLogLine(b *testing.B) {
	for _, format := range []string{"json", "text"} {
		b.Run(format, func(b *testing.B) {
			logger := discard(b, format)
			b.ReportAllocs()
			for b.Loop() {
				logger.LogAttrs(context.Background(), slog.LevelInfo, "request", slog.String("route", "/t/:slug/v1/me"),
					slog.String("method", "GET"), slog.Int("status", 200), slog.Duration("took", 40*time.Microsecond),
					slog.String("request_id", "01a2b3c4d5"), slog.String("tenant", "ten_0123456789"),
					slog.String("user_agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"))
			}
		})
	}
}

func BenchmarkHostileText(b *testing.B) {
	for name, part := range map[string]string{
		"at": "@", "url": "://u", "address": "a@b.c ", "jwt": "eyJ", "c1": "\u009b",
	} {
		text := strings.Repeat(part, maxText/len(part)) + "@"
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				cleanText(text)
			}
		})
	}
}
