// Package wolf is a dialect.
package wolf
