package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/term"
)

// newLogger returns a logger that writes one record per line and hides what must not be read.
func newLogger(o Options, level *slog.LevelVar, traced bool) (*slog.Logger, error) {
	level.Set(o.LogLevel)
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: clean}
	format := o.LogFormat
	if format == "" || format == "auto" {
		format = formatFor(o.Out)
	}
	var h slog.Handler
	switch format {
	case "json":
		options.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr { return inMillis(clean(groups, a)) }
		h = slog.NewJSONHandler(o.Out, options)
	case "text":
		h = slog.NewTextHandler(o.Out, options)
	default:
		return nil, fmt.Errorf("log format %q: use json, text or auto", o.LogFormat)
	}
	if traced {
		h = tracedHandler{h}
	}
	logger := slog.New(h)
	if o.Instance != "" {
		logger = logger.With(slog.String("instance", o.Instance))
	}
	return logger, nil
}

// inMillis gives durations their unit in the name, took_ms, for programs that read the log.
func inMillis(a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindDuration {
		return a
	}
	micros := a.Value.Duration().Microseconds()
	return slog.Float64(a.Key+"_ms", float64(micros)/1000)
}

func formatFor(w io.Writer) string {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return "text"
	}
	return "json"
}

// tracedHandler adds the trace that a record belongs to.
type tracedHandler struct{ slog.Handler }

func (h tracedHandler) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", s.TraceID().String()), slog.String("span_id", s.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h tracedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracedHandler{h.Handler.WithAttrs(attrs)}
}

func (h tracedHandler) WithGroup(name string) slog.Handler {
	return tracedHandler{h.Handler.WithGroup(name)}
}
