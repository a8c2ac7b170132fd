package authflows_test

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
)

func (g *gate) beginOwn() {
	s, c := g.proven()
	if c == nil {
		return
	}
	flows, m := g.flows(s.user.slug), pick(&g.dice, []amr.Method{amr.TOTP, amr.Passkey})
	var begun *authflows.Enrolment
	var err error
	if m == amr.TOTP {
		begun, err = flows.BeginTOTP(g.t.Context(), c, "")
	} else {
		begun, err = flows.BeginPasskey(g.t.Context(), c)
	}
	if err != nil {
		g.refused(err)
		return
	}
	g.changes(s, true)
	g.keep(&gateChallenge{
		Challenge: &authflows.Challenge{ID: begun.Challenge, Kind: authflows.KindEnrol, Factors: []amr.Method{m}, ExpiresAt: begun.ExpiresAt},
		slug:      s.user.slug, purpose: gateOwn, user: s.user, session: s, begun: begun,
	})
	if g.dice.chance(70) {
		g.check()
		g.finish(g.challenges[len(g.challenges)-1])
	}
}

func (g *gate) finishOwn() {
	c := g.someChallenge(func(c *gateChallenge) bool { return c.purpose == gateOwn && (!c.ended || g.dice.chance(10)) })
	if c == nil {
		return
	}
	g.finish(c)
}

// finish enrols a factor that was begun, at times from another session of its user.
func (g *gate) finish(c *gateChallenge) {
	g.t.Helper()
	s := c.session
	if of := g.liveOf(c.user); len(of) > 0 && g.dice.chance(30) {
		s = pick(&g.dice, of)
	}
	by := g.caller(s)
	if by == nil {
		return
	}
	try := &gateTry{c: c, user: c.user, method: c.begun.Factor, in: authflows.Answer{Challenge: c.ID}}
	g.firstAnswer(try, g.dice.chance(20))
	flows := g.flows(s.user.slug)
	var f *authflows.Factor
	var codes []string
	var err error
	if c.begun.Factor == amr.TOTP {
		f, codes, err = flows.ActivateTOTP(g.t.Context(), by, c.ID, try.in.Code, laptop)
	} else {
		f, err = flows.AddPasskey(g.t.Context(), by, c.ID, try.in.Credential, "", laptop)
	}
	if err != nil {
		g.miss(try, err)
		return
	}
	if s != c.session {
		g.t.Fatal("another session finished an enrolment")
	}
	g.changes(s, false)
	g.hit(try)
	g.enrolled(s.user, try, f.ID, codes)
}

// enrol begins to enrol a factor that a sign-in needs, or another one.
func (g *gate) enrol() {
	c := g.someChallenge(func(c *gateChallenge) bool { return c.purpose == gateEnrol && (!c.ended || g.dice.chance(10)) })
	if c != nil {
		g.beginEnrol(c)
	}
}

func (g *gate) beginEnrol(c *gateChallenge) {
	g.t.Helper()
	begun, err := g.flows(c.slug).Enrol(g.t.Context(), c.ID, pick(&g.dice, c.Factors), "", g.device(c.user))
	if err != nil {
		g.refused(err)
		return
	}
	if c.ended {
		g.t.Fatal("a challenge that had ended began an enrolment")
	}
	c.begun = begun
}

func (g *gate) removeFactor() {
	s, c := g.proven()
	if c == nil {
		return
	}
	u, id := s.user, uuid.New()
	owner := u
	if other := g.someUser(u.slug); g.dice.chance(15) {
		owner = other
	}
	kind := pick(&g.dice, []amr.Method{amr.TOTP, amr.Passkey})
	switch {
	case kind == amr.TOTP && len(owner.apps) > 0:
		id = pick(&g.dice, owner.apps).id
	case len(owner.keys) > 0:
		kind, id = amr.Passkey, pick(&g.dice, owner.keys).id
	}
	if err := g.flows(u.slug).RemoveFactor(g.t.Context(), c, id, laptop); err != nil {
		g.refused(err)
		return
	}
	if owner != u {
		g.t.Fatal("a user removed the factor of another")
	}
	g.changes(s, true)
	u.apps = slices.DeleteFunc(u.apps, func(a *gateApp) bool { return a.id == id })
	u.keys = slices.DeleteFunc(u.keys, func(k *gateKey) bool { return k.id == id })
	for _, d := range u.devices {
		d.trustedUntil = time.Time{}
	}
	g.saw("removed %s", kind)
	if len(u.kinds()) > 0 {
		return
	}
	u.codes = nil
	if t := g.tenants[u.slug]; t.must(u) {
		g.t.Fatal("the last factor was removed where two are required")
	}
}

func (g *gate) recoveryCodes() {
	s, c := g.proven()
	if c == nil {
		return
	}
	codes, err := g.flows(s.user.slug).MakeRecoveryCodes(g.t.Context(), c, laptop)
	if err != nil {
		g.refused(err)
		return
	}
	g.changes(s, true)
	s.user.setCodes(codes)
	g.saw("recovery codes made")
}
