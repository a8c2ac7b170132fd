// Package ent is generated from ent/schema; only that folder and ent/migrate are written by hand.
package ent

//go:generate go run -mod=mod entc.go
