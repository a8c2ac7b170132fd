package authflows

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/tenants"
)

// absolute is how long a session of the client lives at most.
func (f *Flows) absolute() time.Duration {
	most := f.tenant.Settings.Sessions.Absolute.Std()
	if f.client.Session == 0 {
		return most
	}
	return min(most, f.client.Session)
}

// mint writes the tokens of a session as it is now.
func (f *Flows) mint(ctx context.Context, s *SignedIn) error {
	if !f.isNative() {
		return f.mintFor(ctx, s, s.Session.Level(), s.Session.AuthTime)
	}
	now := f.now()
	generation := tokens.Rotating{Session: s.Session.ID, Generation: s.Session.Generation}
	if f.tenant.Settings.Tokens.Transport == tenants.TransportCookie {
		s.Cookie = tokens.Cookie.Mint(f.tenant.Keys, generation)
		return nil
	}
	// No access token outlives its session's absolute limit.
	s.ExpiresIn = min(f.tenant.Settings.Sessions.Access.Std(), s.Session.ExpiresAt.Sub(now))
	var err error
	s.AccessToken, err = tokens.MintAccess(f.tenant.Signing, tokens.Access{
		Issuer: f.tenant.Issuer, Audience: tokens.Audience(f.tenant),
		User: s.User.ID, Session: s.Session.ID,
		IssuedAt: now, Expires: now.Add(s.ExpiresIn), AuthTime: s.Session.AuthTime, Proofs: s.Session.Proofs,
	})
	s.RefreshToken = tokens.Refresh.Mint(f.tenant.Keys, generation)
	return err
}

// mintFor writes the tokens of a client other than the native one, for proofs of a level.
func (f *Flows) mintFor(ctx context.Context, s *SignedIn, level amr.Level, proven time.Time) (err error) {
	if s.Alias, err = f.Alias(ctx, s.User); err != nil {
		return err
	}
	now := f.now()
	left := s.Session.ExpiresAt.Sub(now)
	s.ExpiresIn = min(f.client.Access, left)
	access := tokens.Grant{
		Client: f.client.ID, Use: UseAccess, Subject: s.Session.ID, IssuedAt: now, Expires: now.Add(s.ExpiresIn),
	}
	if f.client.Levelled {
		access.Level, access.AuthTime = level, proven
	}
	said := Said{User: s.User, Alias: s.Alias, Session: s.Session, Key: f.SessionKey(s.Session), Level: level}
	if s.AccessToken, err = f.write(access, said); err != nil || f.client.Refresh == 0 {
		return err
	}
	refresh := access
	refresh.Use, refresh.Expires = UseRefresh, now.Add(min(f.client.Refresh, left))
	if f.client.Rotates {
		refresh.Generation = s.Session.Generation
	}
	s.RefreshToken, err = f.write(refresh, said)
	return err
}

// mintPending hands the challenge of a sign-in out as a token, with clients that do.
func (f *Flows) mintPending(ctx context.Context, c *Challenge) (err error) {
	if !f.client.Pending || c.User == nil {
		return nil
	}
	said := Said{User: c.User, Level: amr.AAL1}
	if said.Alias, err = f.Alias(ctx, c.User); err != nil {
		return err
	}
	c.Token, err = f.write(tokens.Grant{
		Client: f.client.ID, Use: UsePending, Subject: c.ID, IssuedAt: f.now(), Expires: c.ExpiresAt,
	}, said)
	return err
}

func (f *Flows) write(g tokens.Grant, said Said) (string, error) {
	said.Use = g.Use
	var own map[string]any
	if f.client.Claims != nil {
		own = f.client.Claims(said)
	}
	return tokens.Mint(f.tenant, g, own)
}

// Alias returns the client's id of a user, empty where the client takes ours.
func (f *Flows) Alias(ctx context.Context, u *User) (string, error) {
	if f.client.Alias == "" {
		return "", nil
	}
	return accounts.Alias(f.limit(ctx), f.DB.Client, u.ID, f.client.Alias, f.now())
}
