package authflows_test

import (
	"fmt"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func (g *gate) signUp() {
	slug, password := g.slug(), g.newPassword()
	if len(g.users) > 3 && g.dice.chance(80) {
		return
	}
	defer g.goOn(len(g.challenges))
	g.names++
	email := fmt.Sprintf("user%d@ex.test", g.names)
	if u := g.someUser(slug); u != nil && g.dice.chance(20) {
		email = u.email
	}
	in := authflows.SignupInput{Email: email, Password: password, Device: g.device(nil)}
	step, err := g.flows(slug).Signup(g.t.Context(), in)
	switch {
	case err != nil:
		g.refused(err)
	case g.tenants[slug].unproven:
		u := g.newUser(slug, email, password, false)
		g.follow(u, step, []amr.Method{amr.Password}, nil, &gateTry{in: authflows.Answer{Device: in.Device}})
	default:
		g.keep(&gateChallenge{Challenge: step.Challenge, slug: slug, purpose: gateSignUp, email: email, password: password})
	}
}

func (g *gate) passwordLogin() {
	defer g.goOn(len(g.challenges))
	slug := g.slug()
	u := g.someUser(slug)
	in := authflows.LoginInput{Identifier: "nobody@ex.test", Password: wrongPassword, Device: g.device(u)}
	if u != nil {
		in.Identifier = u.email
	}
	right := u != nil && u.password != "" && g.dice.chance(70)
	if right {
		in.Password = u.password
	}
	g.t.Logf("    password login (right: %t)", right)
	step, err := g.flows(slug).Login(g.t.Context(), in)
	switch {
	case err == nil && !right:
		g.t.Fatal("a wrong password counted")
	case err == nil:
		g.saw("proof password")
		g.guessed(u, in.Device.Token, false)
		g.follow(u, step, []amr.Method{amr.Password}, u.kinds(), &gateTry{in: authflows.Answer{Device: in.Device}})
	case g.refused(err) != fault.InvalidCredentials:
	case right:
		g.t.Fatal("a right password was refused")
	case u != nil:
		g.guessed(u, in.Device.Token, true)
	default:
		g.guessedAt(slug, in.Identifier, true)
	}
}

// guessWildly gives wrong answers until a challenge has no try left, or wrong passwords until the budget of a user is used up.
func (g *gate) guessWildly() {
	u := g.someUser(g.slug())
	if u == nil {
		return
	}
	if n := len(g.challenges); g.dice.chance(60) {
		g.askCode(u)
		for len(g.challenges) > n && g.challenges[n].evaluated <= gateTries && !g.submit(g.aim(g.challenges[n], true)) {
			g.check()
		}
		return
	}
	d := g.device(u)
	for range 12 {
		_, err := g.flows(u.slug).Login(g.t.Context(), authflows.LoginInput{Identifier: u.email, Password: wrongPassword, Device: d})
		if g.refused(err) == fault.RateLimited {
			return
		}
		g.guessed(u, d.Token, true)
	}
	g.t.Fatal("twelve wrong passwords in a row were looked at")
}

func (g *gate) codeLogin() {
	defer g.goOn(len(g.challenges))
	g.askCode(g.someUser(g.slug()))
}

// askCode asks for a code of a user's, or of nobody's.
func (g *gate) askCode(u *gateUser) {
	g.t.Helper()
	slug, email := acme, "nobody@ex.test"
	if u != nil {
		slug, email = u.slug, u.email
	}
	step, err := g.flows(slug).LoginCode(g.t.Context(), email, g.device(u))
	if err != nil {
		g.refused(err)
		return
	}
	g.keep(&gateChallenge{Challenge: step.Challenge, slug: slug, purpose: gateSignIn, user: u, email: email})
}

func (g *gate) passkeyLogin() {
	defer g.goOn(len(g.challenges))
	slug := g.slug()
	u, identifier := g.someUser(slug), ""
	if u != nil && g.dice.chance(50) {
		identifier = u.email
	}
	if identifier == "" || len(u.keys) == 0 {
		u = nil // a decoy, or whoever answers
	}
	step, err := g.flows(slug).LoginPasskey(g.t.Context(), identifier, g.device(u))
	if err != nil {
		g.refused(err)
		return
	}
	g.keep(&gateChallenge{Challenge: step.Challenge, slug: slug, purpose: gateSignIn, user: u})
}
