package authflows_test

import (
	"slices"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// someSession returns a session, more often a live one, nil where there is none.
func (g *gate) someSession() *gateSession {
	var live []*gateSession
	for _, s := range g.sessions {
		if !s.ended {
			live = append(live, s)
		}
	}
	switch {
	case len(live) > 0 && g.dice.chance(90):
		return pick(&g.dice, live[max(0, len(live)-6):])
	case len(g.sessions) > 0:
		return pick(&g.dice, g.sessions)
	}
	return nil
}

// liveOf returns the live sessions of a user.
func (g *gate) liveOf(u *gateUser) (out []*gateSession) {
	for _, s := range g.sessions {
		if s.user == u && !s.ended {
			out = append(out, s)
		}
	}
	return out
}

// caller brings the access token of a session, or a new one where that has expired. A session that has ended brings nothing,
// and one that has fallen behind the policy ends.
func (g *gate) caller(s *gateSession) *authflows.Caller {
	g.t.Helper()
	g.cookie(s)
	flows := g.flows(s.user.slug)
	c, err := flows.Bearer(g.t.Context(), s.access)
	if err != nil {
		if !g.refresh(s) {
			return nil
		}
		c, err = flows.Bearer(g.t.Context(), s.access)
	}
	if err != nil || s.ended || c.Session.ID != s.id || c.User.ID != s.user.id || !c.AuthTime.Equal(s.authTime.Truncate(time.Second)) {
		g.t.Fatalf("bearer of a session (ended: %t) is %+v, %v", s.ended, c, err)
	}
	return c
}

// refresh exchanges the refresh token of a session. It reports false where the session has ended, or ends thereby.
func (g *gate) refresh(s *gateSession) bool {
	g.t.Helper()
	behind := !s.ended && g.tenants[s.user.slug].outgrown(s, g.now())
	step, err := g.flows(s.user.slug).Refresh(g.t.Context(), s.refresh)
	switch {
	case behind:
		if fault.CodeOf(err) != fault.InvalidToken {
			g.t.Fatalf("a session of %v that has fallen behind the policy was refreshed: %v", s.proofs, err)
		}
		s.ended = true
		g.outgrew(s)
		return false
	case err != nil && !s.ended:
		g.t.Fatalf("a live session was refused: %v", err)
	case err != nil:
		g.refused(err)
		return false
	case !sameMethods(step.SignedIn.Session.Proofs, s.proofs):
		g.t.Fatalf("a refresh made %v of %v", step.SignedIn.Session.Proofs, s.proofs)
	case s.ended:
		g.t.Fatal("a session that had ended was refreshed")
	}
	g.saw("session refreshed")
	s.access, s.refresh = step.SignedIn.AccessToken, step.SignedIn.RefreshToken
	return true
}

// outgrew demands that the end of a session says why.
func (g *gate) outgrew(s *gateSession) {
	g.t.Helper()
	of := event.And(event.Type(string(events.SessionEnded)), event.SessionID(s.id))
	for _, row := range must[[]*ent.Event](g.t)(g.env.DB.Event.Query().Where(of).All(g.within[s.user.slug])) {
		if strings.Contains(string(row.Data), sessions.PolicyChanged) {
			g.saw("session outgrown")
			return
		}
	}
	g.t.Fatal("a session that had fallen behind the policy ended without an event that says so")
}

// cookie demands of a session as a cookie what is demanded of its refresh.
func (g *gate) cookie(s *gateSession) {
	g.t.Helper()
	ctx, slug := g.within[s.user.slug], s.user.slug
	row := must[*ent.Session](g.t)(g.env.DB.Session.Get(ctx, s.id))
	value := tokens.Cookie.Mint(g.env.Tenant(g.t, slug).Keys, tokens.Rotating{Session: s.id, Generation: row.Generation})
	c, err := g.flows(slug).Cookie(g.t.Context(), value)
	refuse := s.ended || g.tenants[slug].outgrown(s, g.now())
	if refuse != (err != nil) || err != nil && fault.CodeOf(err) != fault.InvalidToken || err == nil && c.Session.ID != s.id {
		g.t.Fatalf("cookie of a session of %v (ended: %t), to be refused: %t, answers %v", s.proofs, s.ended, refuse, err)
	}
	if refuse && !s.ended {
		g.saw("outgrown cookie refused")
	}
}

// someCaller returns a session and who calls by it.
func (g *gate) someCaller() (*gateSession, *authflows.Caller) {
	g.t.Helper()
	s := g.someSession()
	if s == nil {
		return nil, nil
	}
	return s, g.caller(s)
}

func (g *gate) useSession() {
	s, c := g.someCaller()
	if s == nil {
		return
	}
	if c != nil && g.dice.chance(30) { // before it must
		g.refresh(s)
	}
}

// changes demands that a session may change how its user signs in: all that the user has was proven in it, and the last
// proof is fresh where that is asked for.
func (g *gate) changes(s *gateSession, fresh bool) {
	g.t.Helper()
	age := g.now().Sub(s.authTime.Truncate(time.Second))
	if fresh && age > 10*time.Minute+time.Second {
		g.t.Fatalf("a proof %s old sufficed", age)
	}
	t := g.tenants[s.user.slug]
	if t.policy == "off" || twoFactors(s.proofs) {
		return
	}
	for _, m := range t.second(s.user, s.user.kinds()) {
		if m == amr.Passkey && slices.Contains(s.proofs, amr.PasskeyTouch) && !t.must(s.user) {
			continue // it was the first
		}
		if showsMore(s.proofs, m) {
			g.t.Fatalf("a session of %v changed factors, yet its user has %v", s.proofs, s.user.kinds())
		}
	}
}

func (g *gate) stepUp() {
	if s := g.someSession(); s != nil {
		g.stepUpOf(s)
	}
}

// proven is someCaller, mostly after a step-up where the proofs are old or one is missing.
func (g *gate) proven() (*gateSession, *authflows.Caller) {
	g.t.Helper()
	s := g.someSession()
	if s == nil {
		return nil, nil
	}
	stale := g.now().Sub(s.authTime) > 9*time.Minute || len(s.user.kinds()) > 0 && !twoFactors(s.proofs)
	if stale && g.dice.chance(75) {
		g.stepUpOf(s)
		g.check()
	}
	return s, g.caller(s)
}

func (g *gate) stepUpOf(s *gateSession) {
	g.t.Helper()
	c := g.caller(s)
	if c == nil {
		return
	}
	defer g.goOn(len(g.challenges))
	level := pick(&g.dice, []amr.Level{"", "", amr.AAL1, amr.AAL2})
	step, err := g.flows(s.user.slug).StepUp(g.t.Context(), c, level, g.device(s.user))
	if err != nil {
		g.refused(err)
		return
	}
	next := &gateChallenge{Challenge: step.Challenge, slug: s.user.slug, purpose: gateStepUp, user: s.user, session: s}
	want := g.provable(s, level)
	if step.Challenge.Kind == authflows.KindEmailCode {
		if next.email = s.user.email; len(want) == 0 {
			want = []amr.Method{amr.EmailCode}
		}
	}
	if !sameMethods(step.Challenge.Factors, want) {
		g.t.Fatalf("a step-up of %v to %q asks for %v, want %v", s.proofs, level, step.Challenge.Factors, want)
	}
	g.keep(next)
}

// provable is what a step-up offers: who has another factor gives that, and never the password in its place, but beside a
// recent proof without knowledge. For aal2 it is what reaches that level, or is a step towards it.
func (g *gate) provable(s *gateSession, level amr.Level) []amr.Method {
	second := g.tenants[s.user.slug].second(s.user, s.user.kinds())
	offered := slices.Clone(second)
	if len(s.user.keys) > 0 && !g.tenants[s.user.slug].noKeys && !slices.Contains(second, amr.Passkey) {
		offered = append(offered, amr.Passkey) // a way to sign in all the same
	}
	recent := g.now().Sub(s.authTime.Truncate(time.Second)) <= 10*time.Minute
	if s.user.password != "" && (len(offered) == 0 || recent && showsMore(s.proofs, amr.Password)) {
		offered = append(offered, amr.Password)
	}
	return slices.DeleteFunc(offered, func(m amr.Method) bool {
		reaches := twoFactors(append(slices.Clone(s.proofs), m))
		return level == amr.AAL2 && !reaches && !showsMore(s.proofs, m)
	})
}

func (g *gate) changePassword() {
	s, c := g.proven()
	if c == nil {
		return
	}
	u, next, d := s.user, g.newPassword(), g.device(s.user)
	current, right := wrongPassword, u.password != "" && g.dice.chance(75)
	if right {
		current = u.password
	}
	err := g.flows(u.slug).ChangePassword(g.t.Context(), c, current, next, d)
	switch {
	case err == nil && !right:
		g.t.Fatal("a wrong password counted")
	case err == nil:
		g.changes(s, true)
		g.guessed(u, d.Token, false)
		u.budget(d.Token).count = 0
		u.password, u.devices = next, nil
		g.endOf(u, s)
		g.saw("password changed")
	case g.refused(err) != fault.WrongPassword:
	case right:
		g.t.Fatal("a right password was refused")
	default:
		g.guessed(u, d.Token, true)
	}
}

func (g *gate) forgetDevice() {
	s, c := g.someCaller()
	if c == nil {
		return
	}
	flows := g.flows(s.user.slug)
	list, _, err := flows.TrustedDevices(g.t.Context(), c, laptop)
	mustDo(g.t, err)
	if len(list) == 0 {
		return
	}
	forgotten := pick(&g.dice, list)
	mustDo(g.t, flows.ForgetDevice(g.t.Context(), c, forgotten.ID))
	for _, d := range s.user.devices {
		if said, ok := tokens.ReadDevice(g.env.Tenant(g.t, s.user.slug).Keys, d.token); ok && said.ID == forgotten.DeviceID {
			d.trustedUntil = time.Time{}
		}
	}
	g.saw("device forgotten")
}

func (g *gate) logout() {
	s, c := g.someCaller()
	if c == nil {
		return
	}
	mustDo(g.t, g.flows(s.user.slug).Logout(g.t.Context(), c))
	s.ended = true
}
