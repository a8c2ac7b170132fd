package telemetry

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

// isolated starts telemetry of its own beside the process's, so that tests may run in parallel.
func isolated(t testing.TB, from *sources) *Telemetry {
	t.Helper()
	tel, err := start(t.Context(), Options{Version: "1.2.3", LogFormat: "json", Out: new(bytes.Buffer)}, from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return tel
}

func clearOTLP(t *testing.T) {
	for _, name := range []string{
		"OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL",
		"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER",
	} {
		t.Setenv(name, "")
	}
}

func TestWithoutAnEndpointNothingRunsInTheBackground(t *testing.T) {
	clearOTLP(t)
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	leaks := goleak.IgnoreCurrent()
	tel, err := Setup(t.Context(), Options{Version: "1", Out: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := Flow(t.Context(), "login")
	end(nil)
	if ctx != t.Context() {
		t.Error("a flow without tracing wraps its context")
	}
	if Tracing() || tel.provider != nil {
		t.Error("tracing is on")
	}
	if n := len(tel.stop); n != 1 {
		t.Errorf("%d providers, want that of the metrics alone", n)
	}
	goleak.VerifyNone(t, leaks)
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if current.Load() != nil {
		t.Error("recording goes on after Shutdown")
	}
}

func TestBeforeSetupEverythingIsANoOp(t *testing.T) {
	ctx, end := Flow(t.Context(), "login")
	end(nil)
	ctx, done := StartRequest(ctx, nil, "GET", "/me")
	done(200)
	ObserveRequest(ctx, "/me", "GET", 200, 1)
	ObserveSQL(ctx, "query", 1, nil)
	ObserveEphemeral("take", "ok")
	JobDone(ctx, "mail", "ok", 1)
	MailSent(ctx, "ok")
	if Tracing() {
		t.Error("tracing is on")
	}
}

func TestTheEnvironmentDecidesWhatIsSent(t *testing.T) {
	t.Parallel()
	const (
		all     = "OTEL_EXPORTER_OTLP_ENDPOINT"
		traces  = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
		metrics = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
		none    = "OTEL_METRICS_EXPORTER"
	)
	for name, c := range map[string]struct {
		env  map[string]string
		want otlp
		err  bool
	}{
		"nothing":          {nil, otlp{}, false},
		"one for both":     {map[string]string{all: "http://c:4318"}, otlp{true, true}, false},
		"traces":           {map[string]string{traces: "http://c"}, otlp{traces: true}, false},
		"metrics":          {map[string]string{metrics: "http://c"}, otlp{metrics: true}, false},
		"disabled":         {map[string]string{all: "http://c", "OTEL_SDK_DISABLED": "TRUE"}, otlp{}, false},
		"no metrics":       {map[string]string{all: "http://c", none: "none"}, otlp{traces: true}, false},
		"gRPC":             {map[string]string{all: "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, otlp{}, true},
		"gRPC for nothing": {map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, otlp{}, false},
		"other exporter":   {map[string]string{all: "http://c", "OTEL_TRACES_EXPORTER": "zipkin"}, otlp{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := otlpFromEnv(func(k string) string { return c.env[k] })
			if (err != nil) != c.err {
				t.Fatalf("error %v", err)
			}
			if err == nil && got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAnUnknownLogFormatIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := start(t.Context(), Options{LogFormat: "xml", Out: new(bytes.Buffer)}, new(sources)); err == nil {
		t.Error("accepted")
	}
}

func TestTheLevelCanChange(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tel, err := start(t.Context(), Options{LogLevel: slog.LevelWarn, LogFormat: "auto", Out: &out}, new(sources))
	if err != nil {
		t.Fatal(err)
	}
	tel.Logger().Info("quiet")
	if out.Len() != 0 {
		t.Errorf("logged below the level: %s", out.String())
	}
	tel.SetLevel(slog.LevelInfo)
	tel.Logger().Info("loud")
	if !bytes.HasPrefix(out.Bytes(), []byte("{")) {
		t.Errorf("auto is not JSON where there is no terminal: %q", out.String())
	}
}
