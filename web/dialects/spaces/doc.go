// Package spaces is a dialect.
package spaces
