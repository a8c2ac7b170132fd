package authflows_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// traveller goes on a journey.
type traveller struct {
	*testing.T
	env      *flowtest.Env
	slug     string
	flows    func() *authflows.Flows
	password string
	secret   string
	recovery []string
	keys     *flowtest.Authenticator
	factors  []*authflows.Factor
	session  *authflows.SignedIn
	proofs   ways
}

func (p *traveller) travel(j journey) {
	p.Helper()
	p.signUp(j.password)
	for i, m := range j.has {
		if i > 0 { // the first of them protects the others
			p.stepUp(j.has[i-1], "")
		}
		p.enrol(m)
	}
	p.env.Set(p.T, p.slug, "mfa.policy="+j.policy)
	p.signOut()
	p.signIn(j)
	p.refresh()
	p.age(j)
	p.remove(j)
}

func (p *traveller) caller() *authflows.Caller {
	p.Helper()
	return caller(p.T, p.env, p.slug, p.session)
}

// step returns a step that must have been taken.
func (p *traveller) step(s *authflows.Step, err error) *authflows.Step {
	p.Helper()
	return must[*authflows.Step](p.T)(s, err)
}

// reaches checks the session that a step opened or raised.
func (p *traveller) reaches(s *authflows.Step, level amr.Level, proofs ...amr.Method) {
	p.Helper()
	if s.SignedIn == nil {
		p.Fatalf("%v asked for %v", proofs, s.Challenge.Factors)
	}
	p.session, p.proofs = s.SignedIn, proofs
	wantProofs(p.T, s.SignedIn, level, slices.Compact(slices.Sorted(slices.Values(proofs)))...)
}

func (p *traveller) signUp(withPassword bool) {
	p.Helper()
	in, proofs := authflows.SignupInput{Email: ann, Device: laptop}, ways{amr.EmailCode}
	if withPassword {
		in.Password, p.password, proofs = password, password, ways{amr.Password, amr.EmailCode}
	}
	c := p.step(p.flows().Signup(p.Context(), in)).Challenge
	p.reaches(p.answer(c, amr.EmailCode), amr.AAL1, proofs...)
}

func (p *traveller) enrol(m amr.Method) {
	p.Helper()
	was := p.session.Session.ID
	if m == amr.TOTP {
		app := enrolApp(p.T, p.env, p.slug, p.caller())
		p.secret, p.recovery, p.factors = app.secret, app.recovery, append(p.factors, app.factor)
	} else {
		p.keys = newAuthenticator(p.T)
		p.factors = append(p.factors, must[*authflows.Factor](p.T)(registerPasskey(p.T, p.env, p.slug, p.caller(), p.keys)))
	}
	if p.caller().Session.ID != was {
		p.Error("enrolment changed the session")
	}
}

func (p *traveller) signOut() {
	p.Helper()
	mustDo(p.T, p.flows().Logout(p.Context(), p.caller()))
	_, err := p.flows().Bearer(p.Context(), p.session.AccessToken)
	wantFault(p.T, err, fault.InvalidToken)
	_, err = p.flows().Refresh(p.Context(), p.session.RefreshToken)
	wantFault(p.T, err, fault.InvalidToken)
}

// answer answers a challenge by a method.
func (p *traveller) answer(c *authflows.Challenge, m amr.Method) *authflows.Step {
	p.Helper()
	in := authflows.Answer{Challenge: c.ID, Factor: m, Password: p.password, Device: laptop}
	switch m {
	case amr.EmailCode:
		in.Code = p.env.Code(p.T, p.slug, ann)
	case emailLink:
		in.Factor = amr.EmailCode
		in.Secret = must[*url.URL](p.T)(url.Parse(p.env.Link(p.T, p.slug, ann))).Query().Get("s")
	case amr.TOTP:
		p.env.Clock.Advance(period)
		in.Code = codeIn(p.T, p.env, p.secret, 0)
	case amr.RecoveryCode:
		in.Code, p.recovery = p.recovery[0], p.recovery[1:]
	case amr.Passkey:
		in.Credential = p.keys.Get(c.PublicKey)
	case amr.PasskeyTouch:
		in.Factor, in.Credential = amr.Passkey, p.keys.Get(c.PublicKey, touching)
	}
	return p.step(p.flows().Answer(p.Context(), in))
}

// first gives the proof that begins a sign-in.
func (p *traveller) first(m amr.Method) *authflows.Step {
	p.Helper()
	switch m {
	case amr.Password:
		return p.step(login(p.T, p.env, p.slug, ann, p.password))
	case amr.Passkey, amr.PasskeyTouch:
		return p.answer(p.step(p.flows().LoginPasskey(p.Context(), ann, laptop)).Challenge, m)
	default:
		return p.answer(p.step(p.flows().LoginCode(p.Context(), ann, laptop)).Challenge, m)
	}
}

func (p *traveller) signIn(j journey) {
	p.Helper()
	was, asked := p.session.Session.ID, []string(nil)
	step := p.first(j.by[0])
	for _, m := range j.by[1:] {
		if step.SignedIn != nil {
			p.Fatalf("a session before %s was given", m)
		}
		asked = append(asked, strings.Join(slices.Sorted(slices.Values(amr.Texts(step.Challenge.Factors))), " "))
		step = p.answer(step.Challenge, m)
	}
	proofs := slices.Clone(j.by)
	if proofs[0] == emailLink {
		proofs[0] = amr.EmailCode
	}
	p.reaches(step, j.level, proofs...)
	if diff := cmp.Diff(j.asked, asked); diff != "" || p.session.Session.ID == was {
		p.Errorf("asked (-want +got):\n%s", diff)
	}
}

func (p *traveller) refresh() {
	p.Helper()
	was := p.session.Session
	p.reaches(p.step(p.flows().Refresh(p.Context(), p.session.RefreshToken)), was.Level(), p.proofs...)
	if p.session.Session.ID != was.ID || !p.session.Session.AuthTime.Equal(was.AuthTime) {
		p.Error("a refresh changed the session, or when its user was there")
	}
}

// stepUp gives a further proof: the same session, a newer auth_time, and nothing of before shares in it.
func (p *traveller) stepUp(m amr.Method, level amr.Level) {
	p.Helper()
	was := p.session
	c := p.step(p.flows().StepUp(p.Context(), p.caller(), level, laptop)).Challenge
	if byPassword := slices.Contains(c.Factors, amr.Password); byPassword != (p.password != "" && len(p.factors) == 0) {
		p.Errorf("a user with %d factors steps up by any of %v", len(p.factors), c.Factors)
	}
	p.env.Clock.Advance(time.Second)
	step := p.answer(c, m)
	proofs := append(slices.Clone(p.proofs), m)
	p.reaches(step, amr.LevelOf(proofs), proofs...)
	if p.session.Session.ID != was.Session.ID || !p.session.Session.AuthTime.After(was.Session.AuthTime) {
		p.Error("a step-up made another session, or an older one")
	}
	_, err := p.flows().Refresh(p.Context(), was.RefreshToken)
	wantFault(p.T, err, fault.InvalidToken)
}

// age lets the proofs grow old, so that nothing may be changed before a step-up.
func (p *traveller) age(j journey) {
	p.Helper()
	p.env.Clock.Advance(11 * time.Minute)
	p.refresh()
	for _, f := range p.factors {
		wantFault(p.T, p.flows().RemoveFactor(p.Context(), p.caller(), f.ID, laptop), fault.StepUpRequired)
	}
	p.stepUp(j.raise, "")
}

// remove takes away all factors, as far as the policy lets it, and signs in by what is left.
func (p *traveller) remove(j journey) {
	p.Helper()
	for i, f := range p.factors {
		err := p.flows().RemoveFactor(p.Context(), p.caller(), f.ID, laptop)
		if j.policy == "required" && i == len(p.factors)-1 {
			wantFault(p.T, err, fault.FactorNeeded)
			return
		}
		mustDo(p.T, err)
	}
	p.refresh()
	p.signOut()
	p.reaches(p.first(amr.EmailCode), amr.AAL1, amr.EmailCode)
}
