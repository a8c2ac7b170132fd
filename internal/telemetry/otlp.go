package telemetry

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

// otlp says which signals are sent to a collector.
type otlp struct{ traces, metrics bool }

// otlpFromEnv reads OpenTelemetry's own variables: a signal is sent where an endpoint for it is set and neither
// OTEL_SDK_DISABLED nor OTEL_<SIGNAL>_EXPORTER=none says otherwise. It refuses what is not spoken here, because
// the exporters would send it in vain.
func otlpFromEnv(getenv func(string) string) (otlp, error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return otlp{}, nil
	}
	traces, err := signalFromEnv(getenv, "TRACES")
	if err != nil {
		return otlp{}, err
	}
	metrics, err := signalFromEnv(getenv, "METRICS")
	return otlp{traces, metrics}, err
}

func signalFromEnv(getenv func(string) string, signal string) (bool, error) {
	of := func(name string) (string, string) {
		if v := getenv("OTEL_EXPORTER_OTLP_" + signal + "_" + name); v != "" {
			return "OTEL_EXPORTER_OTLP_" + signal + "_" + name, v
		}
		return "OTEL_EXPORTER_OTLP_" + name, getenv("OTEL_EXPORTER_OTLP_" + name)
	}
	if _, endpoint := of("ENDPOINT"); endpoint == "" {
		return false, nil
	}
	exporter := "OTEL_" + signal + "_EXPORTER"
	switch v := getenv(exporter); v {
	case "", "otlp":
	case "none":
		return false, nil
	default:
		return false, fmt.Errorf("%s: %q is not offered, use otlp or none", exporter, v)
	}
	if name, v := of("PROTOCOL"); v != "" && v != "http/protobuf" {
		return false, fmt.Errorf("%s: %q is not spoken, use http/protobuf and the collector's HTTP port", name, v)
	}
	return true, nil
}

// describe names the process. What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say wins.
func describe(ctx context.Context, o Options) (*resource.Resource, error) {
	own := []attribute.KeyValue{attribute.String("service.name", "tenantgate")}
	if o.Version != "" {
		own = append(own, attribute.String("service.version", o.Version))
	}
	if o.Instance != "" {
		own = append(own, attribute.String("service.instance.id", o.Instance))
	}
	return resource.New(ctx, resource.WithAttributes(own...), resource.WithTelemetrySDK(), resource.WithFromEnv())
}
