package access

import (
	"context"
	"net/netip"
)

// Credential is what a request of the admin API shows for itself: at most one of the first two.
type Credential struct {
	Bearer string // an API key, or an access token of the reserved tenant
	Cookie string // the value of the reserved tenant's session cookie

	Address netip.Addr // that it came from
}

type credentialKey struct{}

// Present puts a request's credential into its context.
func Present(ctx context.Context, c Credential) context.Context {
	return context.WithValue(ctx, credentialKey{}, c)
}

// Presented returns the credential of ctx, empty where there is none.
func Presented(ctx context.Context) Credential {
	c, _ := ctx.Value(credentialKey{}).(Credential)
	return c
}
