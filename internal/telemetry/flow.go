package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Flow begins to observe a flow, named as in code: login, refresh. The returned function ends it and takes what the
// flow returns; defer it directly. The outcome is ok, the code of the fault, or internal, also for a panic, which
// goes on. The span carries the tenant if ctx is limited to one, and never the text of an error.
func Flow(ctx context.Context, name string) (context.Context, func(*error)) {
	return current.Load().flow(ctx, name)
}

var noFlow = func(*error) {}

func (t *Telemetry) flow(ctx context.Context, name string) (context.Context, func(*error)) {
	if t == nil {
		return ctx, noFlow
	}
	begun := time.Now()
	var span trace.Span
	if t.tracer != nil {
		ctx, span = t.tracer.Start(ctx, "flow "+name)
		if tenant, ok := tenancy.From(ctx); ok {
			span.SetAttributes(attribute.Stringer("tenant", tenant))
		}
	}
	return ctx, func(err *error) {
		outcome := outcomeOf(err)
		// Recovered only to be counted: a panic is no success.
		panicked := recover()
		if panicked != nil {
			outcome = string(fault.Internal)
		}
		p := t.flowPoints.get(pair{name, outcome})
		t.flows.Add(ctx, 1, p.add...)
		t.flowTime.Record(ctx, time.Since(begun).Seconds(), p.record...)
		if span != nil {
			span.SetAttributes(attribute.String("outcome", outcome))
			if outcome == string(fault.Internal) {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}
		if panicked != nil {
			panic(panicked)
		}
	}
}

func outcomeOf(err *error) string {
	if err == nil || *err == nil {
		return "ok"
	}
	return string(fault.CodeOf(*err))
}
