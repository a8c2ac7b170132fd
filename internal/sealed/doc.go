// Package sealed encrypts what the database keeps secret. A master key of the operator's wraps one data key per tenant
// and version; a data key seals values, each bound to its tenant, table, column and row, and derives the tenant's MAC
// keys.
//
// It owns no storage: data keys are loaded and kept by package tenants.
package sealed
