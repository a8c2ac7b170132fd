// Package accounts keeps users, their identifiers and their passwords as rows. It finds, makes, changes and deletes them.
//
// It proves nothing and opens nothing: flows do.
package accounts
