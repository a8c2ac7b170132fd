// Package model holds the objects of the admin API: inputs, payloads and pages as generated from graph/schema, and by hand the
// nouns, whose fields are methods on what the domain tells.
//
// It asks the domain for what hangs on a page of objects in one statement for all of them. Who may see what is package graph's.
package model
