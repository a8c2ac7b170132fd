package authflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/passwordcredential"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// player is a user with all that it can prove itself by.
type player struct {
	email    string
	user     uuid.UUID
	password bool
	boss     bool // has the role boss
	app      *authApp
	device   *flowtest.Authenticator
	trusted  string // the token of a trusted device
	plain    string // the token of one that is only known
}

// way is one way of a player to sign in.
type way struct {
	*player
	first  amr.Method
	prefer []amr.Method // of second factors, the first of them that is asked for is given
	client *authflows.Client
	token  string // of the device
}

func (w way) String() string {
	client := "native"
	if w.client != nil {
		client = w.client.ID
	}
	return strings.Join([]string{w.email, string(w.first), client, string(w.prefer[0])}, " ")
}

func (w way) flows(t testing.TB, env *flowtest.Env) *authflows.Flows {
	flows := env.Flows(t, acme)
	if w.client != nil {
		flows = flows.As(w.client)
	}
	return flows
}

// Wires that differ in what they can ask for.
var (
	codesWire   = &authflows.Client{ID: "codes", Access: time.Hour, Follows: authflows.CodesOnly}
	enrolsWire  = &authflows.Client{ID: "enrols", Access: time.Hour, Follows: &authflows.Follows{Second: authflows.CodesOnly.Second, Enrol: []amr.Method{amr.TOTP}}}
	nothingWire = &authflows.Client{ID: "nothing", Access: time.Hour, Follows: &authflows.Follows{}}
	atOnceWire  = &authflows.Client{ID: "at-once", Access: time.Hour, OneRequest: true, Follows: authflows.CodesOnly}
)

// came is how an attempt ended.
type came struct {
	proofs  []amr.Method
	session uuid.UUID            // uuid.Nil where none was opened
	asked   *authflows.Challenge // what it was left with
	code    fault.Code           // of a refusal
}

// choosing picks what to answer to a challenge after some proofs, nothing to stop.
type choosing func(c *authflows.Challenge, given []amr.Method) amr.Method

// preferred gives the factor that the player likes best.
func (w way) preferred(c *authflows.Challenge, _ []amr.Method) amr.Method {
	if c.Kind != authflows.KindMFA {
		return ""
	}
	for _, m := range w.prefer {
		if slices.Contains(c.Factors, m) && (w.client == nil || slices.Contains(w.client.Follows.Second, m)) {
			return m
		}
	}
	return ""
}

// same gives the same proofs as before, as far as they are asked for.
func same(before []amr.Method) choosing {
	return func(c *authflows.Challenge, given []amr.Method) amr.Method {
		if c.Kind == authflows.KindMFA && len(given) < len(before) && slices.Contains(c.Factors, before[len(given)]) {
			return before[len(given)]
		}
		return ""
	}
}

// signIn signs in by the first proof and what is chosen then.
func (w way) signIn(t testing.TB, env *flowtest.Env, choose choosing) came {
	t.Helper()
	step, err := w.begin(t, env, "")
	given := []amr.Method{w.first}
	for err == nil && step.SignedIn == nil {
		m := choose(step.Challenge, given)
		if m == "" {
			return came{proofs: given, asked: step.Challenge}
		}
		if w.client == atOnceWire {
			if w.first != amr.Password {
				t.Fatalf("%s: only a password comes with a code", w)
			}
			step, err = w.begin(t, env, w.code(t, env, m))
		} else {
			step, err = w.flows(t, env).Answer(t.Context(), w.answer(t, env, step.Challenge, m))
		}
		given = append(given, m)
	}
	if err != nil {
		return came{proofs: given, code: fault.CodeOf(err)}
	}
	return came{proofs: given, session: step.SignedIn.Session.ID}
}

func (w way) on() authflows.Device { return onDevice(w.token) }

func (w way) begin(t testing.TB, env *flowtest.Env, second string) (*authflows.Step, error) {
	t.Helper()
	flows := w.flows(t, env)
	switch w.first {
	case amr.Password:
		return flows.Login(t.Context(), authflows.LoginInput{Identifier: w.email, Password: password, Second: second, Device: w.on()})
	case amr.EmailCode:
		c := must[*authflows.Step](t)(flows.LoginCode(t.Context(), w.email, w.on())).Challenge
		return flows.Answer(t.Context(), authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, w.email), Device: w.on()})
	default:
		c := must[*authflows.Step](t)(flows.LoginPasskey(t.Context(), w.email, w.on())).Challenge
		return flows.Answer(t.Context(), w.answer(t, env, c, w.first))
	}
}

func (w way) code(t testing.TB, env *flowtest.Env, m amr.Method) string {
	t.Helper()
	if m == amr.TOTP {
		return w.app.next(t, env)
	}
	code := w.app.recovery[0]
	w.app.recovery = append(w.app.recovery[1:], code)
	return code
}

func (w way) answer(t testing.TB, env *flowtest.Env, c *authflows.Challenge, m amr.Method) authflows.Answer {
	t.Helper()
	in := authflows.Answer{Challenge: c.ID, Factor: m, Device: w.on()}
	switch m {
	case amr.Password:
		in.Password = password
	case amr.Passkey:
		in.Credential = w.device.Get(c.PublicKey)
	case amr.PasskeyTouch:
		in.Factor, in.Credential = amr.Passkey, w.device.Get(c.PublicKey, touching)
	default:
		in.Code = w.code(t, env, m)
	}
	return in
}

// truly is what has become of somebody who signed in before by some proofs and now came so far.
func (w way) truly(before []amr.Method, now came) authflows.SimulationOutcome {
	switch {
	case now.session != uuid.Nil && len(now.proofs) == len(before):
		return authflows.Unchanged
	case now.session != uuid.Nil:
		return authflows.AskedForLess
	case now.code == fault.FactorNotOffered && w.client == atOnceWire && len(now.proofs) > 1:
		return authflows.Refused
	case now.code == fault.FactorNotOffered:
		return authflows.LockedOut
	case now.asked == nil:
		return authflows.SimulationOutcome("an error: " + now.code)
	}
	if w.client != nil {
		by := w.client.Follows.Second
		if now.asked.Kind == authflows.KindEnrol {
			by = w.client.Follows.Enrol
		}
		if !slices.ContainsFunc(now.asked.Factors, func(m amr.Method) bool { return slices.Contains(by, m) }) {
			return authflows.Refused
		}
	}
	if now.asked.Kind == authflows.KindEnrol {
		return authflows.MustEnrol
	}
	return authflows.AskedForMore
}

// renewRecoveryCodes makes used codes good again: the walk has no wish to run out of them.
func renewRecoveryCodes(t testing.TB, env *flowtest.Env) {
	t.Helper()
	mustDo(t, env.DB.RecoveryCode.Update().ClearUsedAt().Exec(within(t, env, acme)))
}

// decided returns the events of the sign-ins that were recorded, by their sessions.
func decided(t testing.TB, env *flowtest.Env) map[uuid.UUID]uuid.UUID {
	t.Helper()
	out := map[uuid.UUID]uuid.UUID{}
	rows, err := env.DB.Event.Query().Where(event.Type(string(events.UserSignedIn))).All(within(t, env, acme))
	mustDo(t, err)
	for _, row := range rows {
		out[*row.SessionID] = row.ID
	}
	return out
}

// newPlayer makes a user with factors, under a policy that lets it.
func newPlayer(t testing.TB, env *flowtest.Env, email string, withPassword, app, passkey bool, roles ...string) *player {
	t.Helper()
	s := env.SignUp(t, acme, email)
	p := &player{email: email, user: s.User.ID, password: withPassword, boss: len(roles) > 0}
	giveRoles(t, env, p.user, roles...)
	me := caller(t, env, acme, s)
	if passkey {
		p.device = newAuthenticator(t)
		must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, p.device))
		me = passkeyCaller(t, env, acme, p.device)
	}
	if app {
		p.app = enrolApp(t, env, acme, me)
		p.trusted, _ = trustOn(t, env, acme, email, p.app, laptop)
		p.plain = signInWithApp(t, env, acme, email, p.app).DeviceToken
	}
	if !withPassword {
		must[int](t)(env.DB.PasswordCredential.Delete().Where(passwordcredential.UserID(p.user)).Exec(within(t, env, acme)))
	}
	return p
}

// candidateOf is the policy that settings lead to.
func candidateOf(t testing.TB, env *flowtest.Env, settings ...string) tenants.MFASettings {
	t.Helper()
	var changes []tenants.Change
	for _, text := range settings {
		changes = append(changes, must[tenants.Change](t)(tenants.ParseChange(text)))
	}
	return must[tenants.Settings](t)(env.Tenants.Preview(t.Context(), acme, changes)).MFA
}
