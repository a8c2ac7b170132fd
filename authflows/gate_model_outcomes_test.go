package authflows_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// gateTries is codes.tries.
const gateTries = 5

// submit gives an answer and checks what comes of it. It reports whether nothing more can come of it: the answer counted, or the
// challenge or a budget is used up.
func (g *gate) submit(try *gateTry) bool {
	g.t.Helper()
	var had []amr.Method
	if try.user != nil {
		had = try.user.kinds()
	}
	unnamed := try.unnamed()
	g.t.Logf("    answer %s by %s (wrong: %t, unnamed: %t)", try.c.purpose, try.method, try.wrong, unnamed)
	step, err := g.flows(try.c.slug).Answer(g.t.Context(), try.in)
	if unnamed && fault.CodeOf(err) != fault.ChallengeExpired {
		g.demandFactor(err)
	}
	if err != nil {
		code := g.miss(try, err)
		return code == fault.ChallengeExpired || code == fault.RateLimited
	}
	g.hit(try)
	c, u := try.c, try.user
	switch c.purpose {
	case gateSignUp:
		u = g.newUser(c.slug, c.email, c.password, true)
		g.follow(u, step, []amr.Method{amr.Password, amr.EmailCode}, nil, try)
	case gateSignIn:
		if try.method == amr.EmailCode && !u.verified {
			g.claim(u)
			had = nil
		}
		g.follow(u, step, append(slices.Clone(c.proofs), try.method), had, try)
	case gateStepUp:
		g.raise(try, step)
	case gateEnrol:
		for _, m := range g.tenants[u.slug].second(u, had) {
			if showsMore(c.proofs, m) {
				g.t.Fatalf("a factor was enrolled in place of %s", m)
			}
		}
		var codes []string
		if step.SignedIn != nil {
			codes = step.SignedIn.RecoveryCodes
		}
		g.enrolled(u, try, c.ID, codes)
		g.follow(u, step, append(slices.Clone(c.proofs), try.method), append(had, c.begun.Factor), try)
	case gateReset:
		g.reset(u, try.in)
	default:
		g.t.Fatalf("a challenge to %s was answered from outside", c.purpose)
	}
	return true
}

// demandFactor demands that an answer was refused because it does not say by which factor, or none was begun.
func (g *gate) demandFactor(err error) {
	g.t.Helper()
	var refused *fault.Fault
	if !errors.As(err, &refused) || refused.Code != fault.InvalidInput || len(refused.Fields) != 1 || refused.Fields[0].Field != "factor" {
		g.t.Fatalf("an answer that says no factor is answered %v", err)
	}
	g.saw("factor demanded")
}

// miss handles a refusal. Codes, passwords and signatures that were looked at count against every limit.
func (g *gate) miss(try *gateTry, err error) fault.Code {
	g.t.Helper()
	code := g.refused(err)
	switch code {
	case fault.ChallengeExpired:
		if try.c.ended {
			g.saw("void challenge refused")
		}
	case fault.WrongCode, fault.InvalidCredentials, fault.PasskeyRefused, fault.PasskeyInvalid:
		if try.sure {
			g.t.Fatalf("a right answer was refused: %v", err)
		}
		g.evaluated(try, true)
	}
	return code
}

// hit handles an answer that counted.
func (g *gate) hit(try *gateTry) {
	g.t.Helper()
	c := try.c
	if try.wrong || c.ended || !g.now().Before(c.ExpiresAt) {
		g.t.Fatalf("an answer counted: wrong %t, challenge ended %t, expires %s", try.wrong, c.ended, c.ExpiresAt)
	}
	g.evaluated(try, false)
	c.ended = true
	g.spend("challenge %s", c.ID)
	g.taken = append(g.taken, try)
	g.saw("proof %s", try.method)
	switch {
	case try.app != nil:
		g.spend("step %d of %s", try.step, try.app.id)
		try.app.lastStep = try.step
	case try.code != nil:
		g.spend("recovery code %s", try.code.text)
		try.code.used = true
	case try.in.Secret != "" && c.purpose == gateSignIn:
		g.saw("session of a magic link")
	case c.user == nil && isKnowledge(try.method):
		g.saw("session by a discovered passkey")
	}
}

// spend fails where a proof counts a second time.
func (g *gate) spend(format string, args ...any) {
	g.t.Helper()
	what := fmt.Sprintf(format, args...)
	if g.spent[what] {
		g.t.Fatalf("counted twice: %s", what)
	}
	g.spent[what] = true
}

// evaluated counts an answer that was looked at against its challenge and its user.
func (g *gate) evaluated(try *gateTry, failed bool) {
	g.t.Helper()
	if try.c.evaluated++; try.c.evaluated > gateTries {
		g.t.Fatalf("%d answers to a challenge were looked at", try.c.evaluated)
	}
	if try.c.evaluated == gateTries && failed {
		g.saw("tries used up")
	}
	guessable := slices.Contains([]amr.Method{amr.Password, amr.EmailCode, amr.TOTP, amr.RecoveryCode}, try.method)
	switch {
	case !guessable || try.c.purpose == gateEnrol || try.c.purpose == gateOwn: // nobody's proof yet
	case try.c.user != nil:
		g.guessed(try.c.user, try.in.Device.Token, failed)
	case try.c.email != "": // also of a sign-up, whosever the address is
		g.guessedAt(try.c.slug, try.c.email, failed)
	}
}

// guessedAt counts a guess at the stranger that an address is.
func (g *gate) guessedAt(slug, email string, failed bool) {
	g.t.Helper()
	b := g.strangers[slug+email]
	if b == nil {
		b = &gateBudget{}
		g.strangers[slug+email] = b
	}
	g.count(b, g.tenants[slug], failed)
}

// guessed counts a guess at a user, which must be within its budgets.
func (g *gate) guessed(u *gateUser, token string, failed bool) {
	g.t.Helper()
	g.count(u.budget(token), g.tenants[u.slug], failed)
}

func (g *gate) count(b *gateBudget, s *gateTenant, failed bool) {
	g.t.Helper()
	b.guess(g.now(), failed)
	if b.count > s.failures || b.failures > s.daily {
		g.t.Fatalf("guess %d of its window, failure %d of its day", b.count, b.failures)
	}
	if b.count == s.failures && failed {
		g.saw("account budget used up")
	}
}

// follow handles what follows a proof: a challenge, or a session that the policy must allow. had are the factors that the
// user had by then.
func (g *gate) follow(u *gateUser, step *authflows.Step, proofs, had []amr.Method, try *gateTry) {
	g.t.Helper()
	if step.Challenge != nil {
		g.asked(u, step.Challenge, proofs)
		return
	}
	s, got := g.tenants[u.slug], step.SignedIn
	device := u.device(try.in.Device.Token)
	if why := s.forbids(u, had, proofs, device, g.now()); why != "" {
		g.t.Fatalf("%s (staff: %t), factors %v, proofs %v: a session was opened, yet %s", s.policy, u.staff, had, proofs, why)
	}
	if !sameMethods(got.Session.Proofs, proofs) || got.User.ID != u.id {
		g.t.Fatalf("session of %v, want one of %v", got.Session.Proofs, proofs)
	}
	g.sessions = append(g.sessions, &gateSession{
		id: got.Session.ID, user: u, access: got.AccessToken, refresh: got.RefreshToken, proofs: proofs, authTime: g.now(),
	})
	g.saw("session %s", got.Session.Level())
	if s.must(u) && twoFactors(proofs) {
		g.saw("session under required")
	}
	if s.must(u) && !twoFactors(proofs) && len(s.second(u, had)) == 0 && s.grace > 0 {
		g.saw("session in the grace")
		if u.askedAt.IsZero() {
			u.askedAt = g.now()
		}
	}
	if len(proofs) == 1 && len(s.usable(had)) > 0 && s.policy == "optional" && !twoFactors(proofs) && device != nil {
		g.saw("session on a trusted device")
	}
	if !got.New {
		u.budget(try.in.Device.Token).count = 0
	}
	trusts := try.in.TrustDevice && s.trusts(u, had, proofs)
	if got.DeviceToken == "" {
		if device == nil || trusts {
			g.t.Fatalf("no device token, known: %t, to be trusted: %t", device != nil, trusts)
		}
		return
	}
	if device = u.device(got.DeviceToken); device == nil {
		device = &gateDevice{token: got.DeviceToken}
		u.devices = append(u.devices, device)
	}
	if trusts {
		device.trustedUntil = g.now().AddDate(0, 0, s.trustDays)
		g.saw("device trusted")
	}
}

// asked keeps a challenge for what is missing, which the user must have, or be able to enrol.
func (g *gate) asked(u *gateUser, c *authflows.Challenge, proofs []amr.Method) {
	g.t.Helper()
	g.saw("challenge %s", c.Kind)
	s, purpose := g.tenants[u.slug], gateSignIn
	has := s.second(u, u.kinds())
	if u.password != "" {
		has = append(has, amr.Password)
	}
	if c.Kind == authflows.KindEnrol {
		purpose, has = gateEnrol, slices.DeleteFunc(slices.Clone(s.allowed), func(m amr.Method) bool { return m == amr.RecoveryCode })
	}
	for _, m := range c.Factors {
		if !slices.Contains(has, m) {
			g.t.Fatalf("%s asks for %v, of which its user has %v", c.Kind, c.Factors, has)
		}
	}
	g.challenges = append(g.challenges, &gateChallenge{Challenge: c, slug: u.slug, purpose: purpose, user: u, proofs: proofs})
}

// raise handles a step-up: the same session, with one proof more.
func (g *gate) raise(try *gateTry, step *authflows.Step) {
	g.t.Helper()
	s, got := try.c.session, step.SignedIn
	s.proofs = append(slices.Clone(s.proofs), try.method)
	if s.ended || got.Session.ID != s.id || got.User.ID != s.user.id || !sameMethods(got.Session.Proofs, s.proofs) {
		g.t.Fatalf("step-up of a session with %v (ended: %t) made %v", s.proofs, s.ended, got.Session.Proofs)
	}
	s.access, s.refresh, s.authTime = got.AccessToken, got.RefreshToken, g.now()
	s.user.budget(try.in.Device.Token).count = 0
	g.saw("session raised")
}

// enrolled adds a factor to a user.
func (g *gate) enrolled(u *gateUser, try *gateTry, id uuid.UUID, codes []string) {
	if try.made != nil {
		try.made.id = id
		u.keys = append(u.keys, try.made)
	} else {
		u.apps = append(u.apps, &gateApp{id: id, secret: try.c.begun.Secret, lastStep: try.step})
		g.spend("step %d of %s", try.step, id)
	}
	if codes != nil {
		u.setCodes(codes)
	}
	g.saw("enrolled %s", try.c.begun.Factor)
}

func (u *gateUser) setCodes(codes []string) {
	u.codes = nil
	for _, text := range codes {
		u.codes = append(u.codes, &gateCode{text: text})
	}
}
