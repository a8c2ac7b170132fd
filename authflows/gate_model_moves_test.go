package authflows_test

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/store"
)

// someUser returns a user of a tenant, nil where there is none.
func (g *gate) someUser(slug string) *gateUser {
	var of []*gateUser
	for _, u := range g.users {
		if u.slug == slug {
			of = append(of, u)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return pick(&g.dice, of)
}

func (g *gate) newPassword() string {
	g.names++
	return fmt.Sprintf("violet harbour %d kettles in the rain", g.names)
}

// newUser adds a user that a flow has just made.
func (g *gate) newUser(slug, email, password string, verified bool) *gateUser {
	g.t.Helper()
	i, _ := accounts.Email(email)
	made, err := accounts.ByIdentifier(g.within[slug], g.env.DB.Client, i)
	if err != nil || made == nil {
		g.t.Fatalf("find the new user: %v, %v", made, err)
	}
	u := &gateUser{slug: slug, email: email, id: made.ID, verified: verified, password: password}
	g.users = append(g.users, u)
	return u
}

// mailed returns the code, and the secret of the link, that were just mailed to an address; nothing where none were.
func (g *gate) mailed(slug, email string) (code, secret string) {
	g.t.Helper()
	mails := g.env.Mails(g.t, slug, email)
	for _, m := range mails[g.mails[slug+email]:] {
		if m.Code == "" {
			continue
		}
		code, secret = m.Code, ""
		if m.Link != "" {
			secret = must[*url.URL](g.t)(url.Parse(m.Link)).Query().Get("s")
		}
	}
	g.mails[slug+email] = len(mails)
	return code, secret
}

// keep keeps a challenge that began something.
func (g *gate) keep(c *gateChallenge) {
	g.t.Helper()
	if c.email != "" {
		c.code, c.secret = g.mailed(c.slug, c.email)
	}
	g.saw("challenge %s", c.Kind)
	g.challenges = append(g.challenges, c)
}

// goOn mostly answers the challenge that was handed out last, once n had been before.
func (g *gate) goOn(n int) {
	g.t.Helper()
	if len(g.challenges) > n && g.dice.chance(65) {
		g.check()
		g.pursue(g.challenges[n])
	}
}

func (g *gate) requestReset() {
	slug := g.slug()
	u := g.someUser(slug)
	if u == nil {
		return
	}
	step, err := g.flows(slug).RequestReset(g.t.Context(), u.email, g.device(u))
	if err != nil {
		g.refused(err)
		return
	}
	g.keep(&gateChallenge{Challenge: step.Challenge, slug: slug, purpose: gateReset, user: u, email: u.email})
}

func (g *gate) resend() {
	c := g.someChallenge(func(c *gateChallenge) bool { return c.email != "" || g.dice.chance(10) })
	if c == nil {
		return
	}
	step, err := g.flows(c.slug).Resend(g.t.Context(), c.ID, g.device(c.user))
	if err != nil {
		g.refused(err)
		return
	}
	if c.ended {
		g.t.Fatal("a challenge that had ended was sent again")
	}
	c.ended = true
	again := *c
	again.Challenge, again.ended, again.evaluated = step.Challenge, false, 0
	g.keep(&again)
}

// gateSettings are changes of settings, by how often.
var gateSettings = [][]string{
	{"mfa.policy=off", "mfa.required_roles=[]"},
	{"mfa.policy=optional"},
	{"mfa.policy=optional"},
	{"mfa.policy=optional"},
	{"mfa.policy=required"},
	{"mfa.policy=required"},
	{"mfa.policy=optional", `mfa.required_roles=["staff"]`},
	{"passkeys.user_verification=preferred"},
	{"passkeys.user_verification=required"},
	{"mfa.trust_device_days=0"},
	{"mfa.trust_device_days=1"},
	{"mfa.trust_device_days=1"},
	{"mfa.enrol_grace=0"},
	{"mfa.enrol_grace=2h"},
	{`mfa.factors=["totp","passkey","recovery_code"]`},
	{`mfa.factors=["totp","passkey","recovery_code"]`},
	{`mfa.factors=["totp","recovery_code"]`},
	{"passkeys.enabled=true", `mfa.factors=["passkey"]`},
	{"passkeys.enabled=true"},
	{"passkeys.enabled=false", `mfa.factors=["totp","passkey","recovery_code"]`},
}

func (g *gate) configure() { g.set(g.slug(), pick(&g.dice, gateSettings)...) }

// promote gives a user the role that may require two factors, or takes it away.
func (g *gate) promote() {
	u := g.someUser(g.slug())
	if u == nil {
		return
	}
	u.staff = !u.staff
	roles := map[bool][]string{true: {"staff"}}[u.staff]
	_, err := store.InTx(g.within[u.slug], g.env.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, accounts.SetRoles(ctx, tx, u.id, roles, g.now())
	})
	mustDo(g.t, err)
}

func (g *gate) moveClock() {
	d := pick(&g.dice, []time.Duration{
		30 * time.Second, 30 * time.Second, time.Minute, time.Minute, 5 * time.Minute, 11 * time.Minute, 16 * time.Minute, time.Hour, 25 * time.Hour,
	})
	g.t.Logf("    %s pass", d)
	g.env.Clock.Advance(d)
}
