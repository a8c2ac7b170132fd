package authflows

import (
	"context"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
)

// Refusal says why a token is refused, for wires that tell its bearer.
type Refusal string

// The reasons.
const (
	RefusedForged    Refusal = "forged"    // not one of the client's
	RefusedExpired   Refusal = "expired"   // it was one
	RefusedEnded     Refusal = "ended"     // its session is over
	RefusedGone      Refusal = "gone"      // its user is no more
	RefusedSuspended Refusal = "suspended" // its user is locked
)

// WhyRefused says why Bearer refuses an access token, or PendingSignIn a pending one. Whoever does not hold a token that the
// client once handed out learns that it is forged, and nothing else.
func (f *Flows) WhyRefused(ctx context.Context, token string) (Refusal, error) {
	ctx = f.limit(ctx)
	g, err := tokens.Read(f.tenant, f.client.ID, UseAccess, token, f.now())
	if err != nil {
		g, err = tokens.Read(f.tenant, f.client.ID, UsePending, token, f.now())
	}
	switch {
	case err != nil:
		return RefusedForged, nil
	case !g.ValidAt(f.now()):
		return RefusedExpired, nil
	case g.Use == UsePending:
		return RefusedEnded, nil
	}
	session, err := sessions.Get(ctx, f.DB.Session, g.Subject)
	if err != nil {
		return "", err
	}
	if session == nil {
		return RefusedGone, nil // a session goes with its user, or long after its tokens have expired
	}
	user, err := accounts.Get(ctx, f.DB.User, session.UserID)
	switch {
	case err != nil:
		return "", err
	case user == nil:
		return RefusedGone, nil
	case user.Suspended:
		return RefusedSuspended, nil
	}
	return RefusedEnded, nil
}
