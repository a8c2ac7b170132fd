package httpx

import (
	"context"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// Caller returns who sent the request: by bearer token, or by cookie where the tenant chose cookies. Both at once are
// refused, so that no request ever mixes two people.
func Caller(ctx context.Context) (*authflows.Flows, *authflows.Caller, error) {
	r := From(ctx)
	token, err := r.Bearer()
	if err != nil {
		return nil, nil, err
	}
	cookie := r.UsableCookie()
	var c *authflows.Caller
	switch {
	case token != "" && cookie != "":
		return nil, nil, fault.New(fault.AmbiguousCredentials)
	case token != "":
		c, err = r.Flows.Bearer(ctx, token)
	case cookie != "":
		c, err = r.Flows.Cookie(ctx, cookie)
	default:
		err = fault.New(fault.Unauthenticated)
	}
	return r.Flows, c, err
}
