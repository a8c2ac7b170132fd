// Package access says what an admin or an API key may do: scopes, the roles that bundle them, and the tenants that a grant
// reaches. It is a table and pure functions.
//
// Who holds a grant is package tenants', how its holder signs in package authflows'.
package access
