// Package tokens writes and reads what sessions hand out: access tokens (RFC 9068), refresh tokens and session cookies.
// Each kind is refused everywhere else.
//
// It reads no rows: whether a session still lives is asked of package sessions.
package tokens
