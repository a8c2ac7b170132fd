// Package waanverse is a dialect.
package waanverse
