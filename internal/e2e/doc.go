// Package e2e starts the real binary, several replicas of it, on real Postgres and Redis, speaks HTTP to it, and breaks
// what it stands on: it kills replicas, stops databases, moves clocks.
//
// It owns what only a whole service can show. What a flow decides is tested beside the flow. TENANTGATE_SOAK=1 runs the
// same tests at full length.
package e2e
