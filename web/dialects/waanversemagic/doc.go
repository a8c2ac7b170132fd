// Package waanversemagic is a dialect.
package waanversemagic
