package authflows

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/authflows/grants"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// Actor returns who a credential of the admin API belongs to: an API key, or an admin's session with the reserved tenant, always
// checked against SQL. Faults: unauthenticated, invalid_token, rate_limited, forbidden for somebody who is no admin.
func (e *Engine) Actor(ctx context.Context, registry *tenants.Registry, c access.Credential) (*access.Actor, error) {
	if strings.HasPrefix(c.Bearer, tenants.KeyPrefix) {
		return e.KeyActor(ctx, registry, c.Bearer, c.Address)
	}
	platform, err := registry.BySlug(ctx, tenants.Reserved)
	if err != nil {
		return nil, err
	}
	f, err := e.For(platform)
	if err != nil {
		return nil, err
	}
	var caller *Caller
	switch {
	case c.Bearer != "":
		caller, err = f.TokenCookie(ctx, c.Bearer) // as strict as a cookie: a session that was ended acts no more
	case c.Cookie != "":
		caller, err = f.Cookie(ctx, c.Cookie)
	default:
		err = fault.New(fault.Unauthenticated)
	}
	if err != nil {
		return nil, err
	}
	held, err := grants.Of(f.limit(ctx), e.DB.Client, caller.User.ID)
	if err != nil {
		return nil, err
	}
	if len(held) == 0 {
		return nil, fault.New(fault.Forbidden)
	}
	a := &access.Actor{
		Kind: access.KindAdmin, ID: caller.User.ID, Home: platform.ID, Platform: platform.ID,
		Session: caller.Session.ID, ProvenAt: caller.AuthTime,
	}
	if err := f.requireAll(caller); err != nil {
		return nil, err // a session of before the second factor was enrolled
	}
	for _, g := range held {
		a.Grants = append(a.Grants, access.Grant{Role: g.Role, Over: g.Over})
	}
	return a, nil
}

// wrongKeys is how many API keys that are none may be tried from one address.
var wrongKeys = ephemeral.Limit{Events: 60, Per: time.Minute}

// KeyActor returns who an API key belongs to. An address that has tried too many that are none is told rate_limited of the next.
// A key that was made here never is, even where it is over: whoever shares the address with a guesser goes on. Faults:
// invalid_token, rate_limited.
func (e *Engine) KeyActor(ctx context.Context, registry *tenants.Registry, key string, from netip.Addr) (*access.Actor, error) {
	actor, err := registry.APIKeyActor(ctx, key)
	if fault.CodeOf(err) != fault.InvalidToken || errors.Is(err, tenants.ErrKeyOver) {
		return actor, err
	}
	wait, takeErr := e.Rates.Take(ctx, ephemeral.ServerKey("wrong keys", ephemeral.AddressSubject(from)), wrongKeys)
	if takeErr != nil {
		slog.WarnContext(ctx, "wrong API key not counted", "error", takeErr)
	}
	if wait > 0 {
		return nil, fault.New(fault.RateLimited).After(wait)
	}
	return nil, err
}
