// Package telemetry is what an operator sees of a running Tenantgate: the log, the metrics at /metrics, and traces.
// It is the only importer of the OpenTelemetry SDK.
//
// Domain code calls its functions without holding anything: Flow around a flow, Note to add to the request's event
// line, Observe… and the others for what happened. Before Setup, and where nothing listens, they do nothing. Traces
// exist only where OTLP is configured; without it a flow costs two clock readings and two counters.
//
// What each metric means is in Metrics; nothing else starting with tenantgate_ is exposed, and a test holds both
// together. Tenants are never labels: their number is unbounded. They may appear in log lines and spans. Secrets and
// personal data belong in none of the three; the log hides them by attribute name and by shape as a last line of
// defence, which excuses nobody from leaving them out.
//
// It does not decide what is logged (callers do), keeps no audit trail (that is internal/events), and knows no
// particular database or Redis client.
package telemetry
