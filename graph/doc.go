// Package graph is the admin API: resolvers of the schema in graph/schema. A resolver reads its input, asks the domain and
// renders; who may do what is decided by the directives of the schema and by reach, the one way to a tenant.
//
// It knows no HTTP beyond what its server needs; package web mounts it.
package graph

//go:generate go run ./schemacheck
//go:generate go tool gqlgen generate
