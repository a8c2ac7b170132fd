package dialecttest

import (
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// Driver says how one wire does what people do. A function is nil where the wire has no such thing. Each sends the requests,
// keeps in the Person what the wire handed out, and judges nothing: it returns the last answer with what it means.
//
// It lives in package web/dialects/<name>/<name>test (waanversemagictest for waanverse-magic) as
//
//	func Driver() dialecttest.Driver
//
// and that dialect's tests, package <name>_test, call dialecttest.Run(t, axortest.Driver()).
type Driver struct {
	Name tenants.Dialect
	// Settings are what a tenant needs beside dialects.<name>.enabled=true and signup.verify_email=after_session, each
	// written path=value.
	Settings []string

	// SignUp makes the account of p by all the requests that it takes, mailed codes included: after it somebody with
	// p.Email (and p.Username, where the wire has names) exists. Where the tenant's signup.verify_email is before_session
	// and the wire can prove the address first, SignUp does so; a wire that cannot is refused. States: SignedIn where the
	// wire hands out a session at once, Done where it does not, Refused.
	SignUp func(p *Person) Outcome
	// Confirms says that SignUp works where signup.verify_email is before_session.
	Confirms bool
	// NamesTaken says that the wire tells a sign-up that the address is taken, under after_session.
	NamesTaken bool
	// Verify proves p.Email by what is mailed, asking for the mail first where SignUp does not send it. State: Done, or
	// SignedIn where the wire then hands out a session. Nil where the wire has no mail that proves an address, or where
	// SignUp has proven it already.
	Verify func(p *Person) Outcome

	// AskCode asks for a code by which p signs in. Nil where p signs in by password: then SignIn takes p.Password.
	AskCode func(p *Person) Outcome
	// SignIn gives the first factor: a password, or the code that was mailed. States: SignedIn; NeedsSecond where the wire
	// asks for a second factor, with whatever the next request needs kept in p; Refused. Where the wire's answer does not
	// tell whether a second factor is needed, that p.Secret is set does.
	SignIn func(p *Person, secret string) Outcome
	// SecondFactor gives a second factor, a code of the app or a recovery code, after SignIn said NeedsSecond. A wire that
	// takes both in one request sends p.Password again. States: SignedIn, Refused. Nil where the wire has none.
	SecondFactor func(p *Person, code string) Outcome
	// EnrolTOTP begins and activates an authenticator app of the signed-in p with p.TOTP(), and keeps p.Secret, p.Recovery
	// where the wire shows recovery codes with it, and the tokens, where it hands out new ones. It uses up the code of the
	// moment. State: Done or SignedIn.
	EnrolTOTP func(p *Person) Outcome
	// BeginTOTP is the first half of EnrolTOTP: p.Secret is then known and no factor yet. State: Done.
	BeginTOTP func(p *Person) Outcome
	// DisableTOTP takes the app away; code is one of the app or a recovery code, for wires that send one along.
	DisableTOTP func(p *Person, code string) Outcome
	// MakeRecoveryCodes makes new recovery codes and keeps them in p.Recovery; code is one of the app, for wires that send one
	// along. Nil where codes come with EnrolTOTP alone.
	MakeRecoveryCodes func(p *Person, code string) Outcome
	// ShowRecoveryCodes keeps in p.Recovery those that are left. Nil where the wire shows codes only once.
	ShowRecoveryCodes func(p *Person) Outcome

	// Me asks who p is: 200 to whoever is signed in, else Unauthenticated.
	Me func(p *Person) Outcome
	// Refresh exchanges p.Refresh, or what the wire has for it, for new tokens and keeps them. Rotates says that the refresh
	// token is replaced each time.
	Refresh func(p *Person) Outcome
	Rotates bool
	// SignOut ends the session of p, or all of them where the wire has nothing else; EndsAll says the latter.
	SignOut func(p *Person) Outcome
	EndsAll bool
	// Sessions returns the ids of the sessions of p as the wire names them, the newest first or last alike.
	Sessions func(p *Person) ([]string, Outcome)
	// EndSession ends a session by its id.
	EndSession func(p *Person, id string) Outcome

	// RequestReset asks for the mail by which p.Email gets a new password.
	RequestReset func(p *Person) Outcome
	// Mailed returns what the newest mail to p carries for SignIn, Verify or Reset; nil means its one code or token. Wires
	// that mail two halves join them as Reset takes them.
	Mailed func(p *Person) string
	// Reset sets a password by what was mailed.
	Reset func(p *Person, mailed, password string) Outcome
	// ChangePassword sets a password of the signed-in p. It does not change p.Password.
	ChangePassword func(p *Person, old, password string) Outcome
	// Delete ends the account of the signed-in p.
	Delete func(p *Person) Outcome

	// Statuses of refusals.
	Unauthenticated int // without usable credentials: 401, or 403
	WrongFirst      int // wrong password or mailed code
	WrongSecond     int // wrong second factor
	Limited         int // too many failures, where it is not 429

	// Tokens returns all that p holds and can present, by kind, such as access, refresh, pending, cookie, session. The kinds
	// are the wire's own; empty ones are left out.
	Tokens func(p *Person) map[string]string
	// Doors are the places of the wire where a token is presented, with every kind that each takes.
	Doors []Door
}

// Door is a place that takes tokens.
type Door struct {
	Name  string   // such as "GET /me/"
	Takes []string // kinds of Driver.Tokens
	// Try presents a token as the wire would have it there, with nothing else that signs in: p has empty cookies and tokens.
	// Other fields of the request are right, or at least well formed.
	Try func(p *Person, token string) Outcome
}

// Outcome is an answer and what it means.
type Outcome struct {
	*webtest.Answer
	State State
}

// State is what an answer means for the one who signs in.
type State string

// The states.
const (
	Done        State = "done"         // it worked, and says nothing of a session
	SignedIn    State = "signed in"    // p holds a session
	NeedsSecond State = "needs second" // the first factor was right, the wire waits for another
	Refused     State = "refused"      // any answer of 300 and more that is not NeedsSecond
)

// Plain is Done for a status below 300, else Refused.
func Plain(a *webtest.Answer) Outcome { return Judge(a, Done) }

// Judge is the given state for a status below 300, else Refused.
func Judge(a *webtest.Answer, state State) Outcome {
	if a.Status >= 300 {
		state = Refused
	}
	return Outcome{a, state}
}
