// Package httpx is what every HTTP surface shares: the request's context, the tenant it is for, credentials and cookies,
// origins, limits on bodies, and the table that turns faults into problem documents (RFC 9457).
//
// It holds no rule of authentication; it carries what flows need in, and what they answer out.
package httpx
