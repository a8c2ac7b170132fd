// Package authflows is what a person does to prove who they are: one file a flow, all of them ending in advance, which
// alone decides what comes next and alone opens a session.
//
// It knows no HTTP. It serves the native API, hosted pages, dialects and admins alike, and returns faults
// (internal/fault), never statuses. Rows are kept by the packages below it, which ignore each other.
package authflows
