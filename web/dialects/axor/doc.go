// Package axor is a dialect.
package axor
