package authflows_test

import (
	"slices"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// elsewhere brings what one tenant handed out to the other.
func (g *gate) elsewhere() {
	c := g.someChallenge(func(c *gateChallenge) bool { return !c.ended })
	if c == nil {
		return
	}
	other := map[string]string{acme: globex, globex: acme}[c.slug]
	if _, err := g.flows(other).Answer(g.t.Context(), g.aim(c, false).in); fault.CodeOf(err) != fault.ChallengeExpired {
		g.t.Fatalf("another tenant answers %v", err)
	}
	if s := g.someSession(); s != nil {
		other := g.flows(map[string]string{acme: globex, globex: acme}[s.user.slug])
		_, bearer := other.Bearer(g.t.Context(), s.access)
		_, refresh := other.Refresh(g.t.Context(), s.refresh)
		if fault.CodeOf(bearer) != fault.InvalidToken || fault.CodeOf(refresh) != fault.InvalidToken {
			g.t.Fatalf("another tenant answers %v and %v", bearer, refresh)
		}
	}
	g.saw("other tenant refused")
}

// repeat gives a code that has just counted to another sign-in of its user, at the same moment.
func (g *gate) repeat(try *gateTry) {
	g.t.Helper()
	u := try.user
	counted := len(g.taken) > 0 && g.taken[len(g.taken)-1] == try
	if !counted || try.app == nil && try.code == nil || u.password == "" || g.dice.chance(40) {
		return
	}
	in := authflows.LoginInput{Identifier: u.email, Password: u.password, Device: laptop}
	step, err := g.flows(u.slug).Login(g.t.Context(), in)
	if err != nil {
		g.refused(err)
		return
	}
	g.guessed(u, "", false)
	n := len(g.challenges)
	g.follow(u, step, []amr.Method{amr.Password}, u.kinds(), &gateTry{in: authflows.Answer{Device: laptop}})
	if len(g.challenges) > n && slices.Contains(g.challenges[n].Factors, try.method) {
		again := *try
		again.c, again.in.Challenge, again.wrong, again.sure = g.challenges[n], g.challenges[n].ID, true, false
		again.in.Factor = try.method
		g.saw("code repeated")
		g.submit(&again)
	}
}

// replay gives an answer that counted once more: to the same challenge, or to another one that asks for the same.
func (g *gate) replay() {
	if len(g.taken) == 0 {
		return
	}
	again := *pick(&g.dice, g.taken)
	again.wrong, again.sure = true, false
	other := g.someChallenge(func(c *gateChallenge) bool {
		return c != again.c && c.slug == again.c.slug && !c.ended && slices.Contains(c.Factors, again.in.Factor)
	})
	if other != nil && again.made == nil && again.method != amr.Password && g.dice.chance(60) {
		again.c, again.in.Challenge = other, other.ID
	}
	g.saw("replay refused") // or submit fails
	g.submit(&again)
}
