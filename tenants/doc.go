// Package tenants says who a tenant is: its slug, status, settings, issuer, data keys and signing keys. It makes,
// changes, suspends and deletes tenants, and resolves a request to one.
//
// What the people of a tenant do to prove who they are is package authflows'.
package tenants
