package authflows_test

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// gateTenant is what the model knows of the settings in force.
type gateTenant struct {
	policy    string
	allowed   []amr.Method
	trustDays int
	grace     time.Duration
	roles     bool // staff must reach aal2
	failures  int  // of an account within 15 minutes
	daily     int
	noKeys    bool // passkeys do not count
	unproven  bool // sessions before the address is proven
}

func newGateTenant() *gateTenant {
	return &gateTenant{policy: "optional", allowed: []amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode}, failures: 10, daily: 100}
}

func (s *gateTenant) set(setting string) {
	path, value, _ := strings.Cut(setting, "=")
	switch path {
	case "mfa.policy":
		s.policy = value
	case "mfa.factors":
		s.allowed = nil
		for _, m := range []amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode} {
			if strings.Contains(value, string(m)) {
				s.allowed = append(s.allowed, m)
			}
		}
	case "mfa.trust_device_days":
		s.trustDays, _ = strconv.Atoi(value)
	case "mfa.enrol_grace":
		s.grace, _ = time.ParseDuration(value)
	case "mfa.required_roles":
		s.roles = strings.Contains(value, "staff")
	case "abuse.account_failures":
		s.failures = leading(value)
	case "abuse.account_daily":
		s.daily = leading(value)
	case "passkeys.enabled":
		s.noKeys = value == "false"
	case "signup.verify_email":
		s.unproven = value == "after_session"
	}
}

func leading(limit string) int {
	n, _ := strconv.Atoi(limit[:strings.Index(limit, "/")])
	return n
}

// gateUser is what the model knows of a user.
type gateUser struct {
	slug, email string
	id          uuid.UUID
	verified    bool
	password    string // empty for none
	apps        []*gateApp
	keys        []*gateKey
	codes       []*gateCode // the set in force
	devices     []*gateDevice
	staff       bool
	askedAt     time.Time // when the grace began
	budgets     [2]gateBudget
}

type gateApp struct {
	id       uuid.UUID
	secret   string
	lastStep int64
}

type gateCode struct {
	text string
	used bool
}

type gateDevice struct {
	token        string
	trustedUntil time.Time
}

// kinds are the kinds of second factors that the user has.
func (u *gateUser) kinds() (out []amr.Method) {
	if len(u.apps) > 0 {
		out = append(out, amr.TOTP)
	}
	if len(u.keys) > 0 {
		out = append(out, amr.Passkey)
	}
	if len(out) > 0 && slices.ContainsFunc(u.codes, func(c *gateCode) bool { return !c.used }) {
		out = append(out, amr.RecoveryCode)
	}
	return out
}

// usable are the kinds among some that the tenant lets count.
func (s *gateTenant) usable(kinds []amr.Method) (out []amr.Method) {
	for _, m := range kinds {
		if slices.Contains(s.allowed, m) && !(s.noKeys && m == amr.Passkey) {
			out = append(out, m)
		}
	}
	return out
}

// second are the kinds among some of a user's that count as a second factor: where two are required also a passkey, whatever
// mfa.factors lists.
func (s *gateTenant) second(u *gateUser, kinds []amr.Method) []amr.Method {
	out := s.usable(kinds)
	if s.must(u) && !s.noKeys && slices.Contains(kinds, amr.Passkey) && !slices.Contains(out, amr.Passkey) {
		out = append(out, amr.Passkey)
	}
	return out
}

// graceOpen reports whether a user may still do without a second factor that it does not have.
func (s *gateTenant) graceOpen(u *gateUser, now time.Time) bool {
	return s.grace > 0 && (u.askedAt.IsZero() || now.Before(u.askedAt.Add(s.grace)))
}

// outgrown reports whether a session has fallen behind the policy.
func (s *gateTenant) outgrown(of *gateSession, now time.Time) bool {
	u := of.user
	return s.must(u) && !twoFactors(of.proofs) && (len(s.second(u, u.kinds())) > 0 || !s.graceOpen(u, now))
}

// gaveSecond reports whether proofs hold a second factor beside a first. had are the kinds of factors that the user had.
func (s *gateTenant) gaveSecond(had, proofs []amr.Method) bool {
	return len(proofs) > 1 && slices.ContainsFunc(s.usable(had), func(m amr.Method) bool {
		return slices.Contains(proofs, m) || m == amr.Passkey && slices.Contains(proofs, amr.PasskeyTouch)
	})
}

// trusts reports whether a sign-in that asks for it makes its device a trusted one.
func (s *gateTenant) trusts(u *gateUser, had, proofs []amr.Method) bool {
	return s.trustDays > 0 && !s.must(u) && (s.gaveSecond(had, proofs) || twoFactors(proofs))
}

// must reports whether a user must reach aal2.
func (s *gateTenant) must(u *gateUser) bool {
	return s.policy == "required" || s.policy == "optional" && s.roles && u.staff
}

// isPossession and isKnowledge say what a method shows; a mailbox shows neither.
func isPossession(m amr.Method) bool {
	return m == amr.TOTP || m == amr.RecoveryCode || m == amr.Passkey || m == amr.PasskeyTouch
}

func isKnowledge(m amr.Method) bool { return m == amr.Password || m == amr.Passkey }

func twoFactors(proofs []amr.Method) bool {
	return slices.ContainsFunc(proofs, isPossession) && slices.ContainsFunc(proofs, isKnowledge)
}

// showsMore reports whether a method shows what proofs do not.
func showsMore(proofs []amr.Method, m amr.Method) bool {
	return isPossession(m) && !slices.ContainsFunc(proofs, isPossession) || isKnowledge(m) && !slices.ContainsFunc(proofs, isKnowledge)
}

// forbids says why the policy forbids to open a session, or nothing. had are the kinds of factors that the user had when it
// was asked for the last proof.
func (s *gateTenant) forbids(u *gateUser, had, proofs []amr.Method, device *gateDevice, now time.Time) string {
	usable, graceOpen := s.second(u, had), s.graceOpen(u, now)
	touched := slices.Contains(proofs, amr.PasskeyTouch)
	switch {
	case len(proofs) == 0:
		return "nothing was proven"
	case s.policy == "off", twoFactors(proofs):
		return ""
	case s.must(u) && len(usable) > 0:
		return "it is at aal1 and its user could give a second factor"
	case s.must(u) && !graceOpen:
		return "it is at aal1 and the grace is over"
	case s.must(u), len(usable) == 0:
		return ""
	case touched && !slices.Contains(had, amr.TOTP):
		return "" // it was the first, and recovery codes stand in for it alone
	case device != nil && now.Before(device.trustedUntil):
		return ""
	case s.gaveSecond(had, proofs):
		return ""
	}
	// Nothing that the user has may be left to ask for.
	for _, m := range usable {
		if m == amr.Passkey && touched {
			continue
		}
		if showsMore(proofs, m) {
			return "its user has a second factor"
		}
	}
	if u.password != "" && !slices.ContainsFunc(proofs, isKnowledge) {
		return "its user has a password that nobody asked for"
	}
	return ""
}

// gateSession is what the model knows of a session.
type gateSession struct {
	id              uuid.UUID
	user            *gateUser
	access, refresh string
	proofs          []amr.Method
	authTime        time.Time
	ended           bool
}

// gateChallenge is what the model knows of a challenge.
type gateChallenge struct {
	*authflows.Challenge
	slug, purpose string
	user          *gateUser // nil where it is nobody's, or not known yet
	email         string    // that it was mailed to, or not
	password      string    // of a sign-up
	code, secret  string    // as mailed; empty where nobody was
	proofs        []amr.Method
	session       *gateSession
	begun         *authflows.Enrolment
	ended         bool // answered, or void
	evaluated     int
}

// The purposes of challenges that the model tells apart.
const (
	gateSignUp = "sign up"
	gateSignIn = "sign in"
	gateStepUp = "step up"
	gateEnrol  = "enrol"
	gateOwn    = "own" // a factor that a user adds
	gateReset  = "reset"
)

// device returns the one of a token, nil for none that the user signed in on.
func (u *gateUser) device(token string) *gateDevice {
	if u == nil || token == "" {
		return nil
	}
	for _, d := range u.devices {
		if d.token == token {
			return d
		}
	}
	return nil
}

// budget is what guesses by a device token count against.
func (u *gateUser) budget(token string) *gateBudget {
	if u.device(token) != nil {
		return &u.budgets[1]
	}
	return &u.budgets[0]
}
