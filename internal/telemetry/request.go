package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const unmatched = "unmatched"

// StartRequest begins the span of an HTTP request, a child of the one that its W3C traceparent header names. The
// route is a pattern, never a path: paths hold secrets and ids. The returned function ends it with the status of the
// answer. Without tracing both do nothing.
func StartRequest(ctx context.Context, h http.Header, method, route string) (context.Context, func(status int)) {
	return current.Load().startRequest(ctx, h, method, route)
}

var noRequest = func(int) {}

func (t *Telemetry) startRequest(
	ctx context.Context, h http.Header, method, route string,
) (context.Context, func(int)) {
	if t == nil || t.tracer == nil {
		return ctx, noRequest
	}
	method, route = knownMethod(method), knownRoute(route)
	ctx, span := t.tracer.Start(propagator.Extract(ctx, propagation.HeaderCarrier(h)), method+" "+route,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route)))
	return ctx, func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// ObserveRequest counts an answered HTTP request. The route is a pattern; an empty one counts as unmatched, and a
// method outside the usual ones as other, because both are otherwise the sender's to choose.
func ObserveRequest(ctx context.Context, route, method string, status int, d time.Duration) {
	current.Load().observeRequest(ctx, route, method, status, d)
}

func (t *Telemetry) observeRequest(ctx context.Context, route, method string, status int, d time.Duration) {
	if t == nil {
		return
	}
	p := t.httpPoints.get(httpKey{knownRoute(route), knownMethod(method), status})
	t.requests.Add(ctx, 1, p.add...)
	t.requestTime.Record(ctx, d.Seconds(), p.record...)
}

type httpKey struct {
	route, method string
	status        int
}

func (k httpKey) spill() httpKey { return httpKey{unmatched, k.method, k.status} }

func (k httpKey) point() point {
	status := "other"
	if k.status >= 100 && k.status <= 599 {
		status = strconv.Itoa(k.status)
	}
	return newPoint(2, attribute.String("route", k.route), attribute.String("method", k.method),
		attribute.String("status", status))
}

func knownRoute(route string) string {
	if route == "" {
		return unmatched
	}
	return route
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	}
	return "other"
}
