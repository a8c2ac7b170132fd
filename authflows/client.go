package authflows

import (
	"cmp"
	"time"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/recoverycode"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// Client is the API by which a person reaches the flows: the native one, or the wire of another system. It holds what such
// wires differ in: names, lifetimes, the form of codes, what can be said at all. None of it decides who gets in.
//
// The zero value of each member is what the native API does.
type Client struct {
	// ID is the client_id of its tokens and of the sessions that it opens.
	ID string

	// Alias is the shape of its ids of users, where they are no ids of ours.
	Alias AliasKind
	// Claims are what its tokens say beside our own claims.
	Claims func(Said) map[string]any
	// Session bounds the life of a session that it opens; sessions.absolute does so too.
	Session time.Duration
	// Access is the life of its access tokens, Refresh that of its refresh tokens, 0 where it has none.
	Access, Refresh time.Duration
	// Rotates replaces the refresh token with each refresh; a token that comes again ends its session.
	Rotates bool
	// Levelled lets access tokens carry the level of the proofs that they were handed out for. Others follow their session,
	// for the wire hands out no new ones when it rises.
	Levelled bool
	// Pending hands a sign-in that waits for its next factor out as a token, Attempt after which it is over.
	Pending bool
	Attempt time.Duration
	// OneRequest takes a second factor in the request of the first: nothing waits in a challenge.
	OneRequest bool

	// Follows is what its wire can ask for after a first proof; nil is all that there is.
	Follows *Follows

	// Mails say what its mails carry; Site is where the pages are that they lead to, empty where nobody said.
	Mails map[Purpose]Mailing
	Site  string
	// Mailer is what clients of one wire have in common that take each other's mails: whoever asks in an app may click in a
	// browser. Empty is the client alone.
	Mailer string
	// SignsUp says what the wire has for sign-ups.
	SignsUp SignsUp
	// Enrols says what the wire has for authenticator apps.
	Enrols Enrols
}

// Follows is what a wire can ask for after a first proof: any one of the factors in a second step, or to enrol one. What it
// cannot ask for it refuses, in its own words.
type Follows struct {
	Second []amr.Method `json:"second,omitempty"`
	Enrol  []amr.Method `json:"enrol,omitempty"`
}

// CodesOnly is what wires have that take the codes of apps and recovery codes in a second step, and enrol nothing in a sign-in.
var CodesOnly = &Follows{Second: []amr.Method{amr.TOTP, amr.RecoveryCode}}

// Purpose is what a mailed code or token is good for.
type Purpose string

// The purposes that clients tell apart.
const (
	ForSignup  Purpose = purposeSignup
	ForLogin   Purpose = purposeSignIn
	ForReset   Purpose = purposeReset
	ForAddress Purpose = purposeAddress
)

// Mailing is how a client mails for a purpose.
type Mailing struct {
	// Token mails one word that says all, which ReadMailed takes apart; else the mail carries a code, and the address that it
	// was mailed to stands for the challenge: only the newest of a client counts.
	Token bool
	// Lifetime is how long it lasts; codes.lifetime by zero.
	Lifetime time.Duration
	// Page is the path on Site where a token leads, with {token} for it, or {id} and {secret} for its halves.
	Page string
	// Apart mails the two halves of the token apart from each other.
	Apart bool
	// Every bounds how often one address may be asked for, known or not.
	Every ephemeral.Limit
}

// SignsUp is what a wire has for sign-ups.
type SignsUp struct {
	// Confirms says that a mail can confirm a sign-up before the user exists. Where it cannot, signup.verify_email =
	// before_session leaves the fault address_unverified.
	Confirms bool
	// Without opens no session.
	Without bool
	// Later mails, after a sign-up whose address is not proven, a token that proves it.
	Later bool
	// NamesTaken tells that an address is taken, unless signup.verify_email is before_session.
	NamesTaken bool
	// Bare has no passwords: whoever signs up reads the mailbox, which the tenant must allow by magic.signup.
	Bare bool
}

// Enrols is what a wire has for authenticator apps and recovery codes.
type Enrols struct {
	// One is all the authenticator apps that a user may have by it.
	One bool
	// Resumes shows an app that was begun and not activated again, in place of a new one.
	Resumes bool
	// Early shows the recovery codes with the app that they go with, before it is activated.
	Early bool
	// Codes is the form of its recovery codes.
	Codes recoverycode.Form
	// Reshows keeps the recovery codes that it makes so that they can be shown again.
	Reshows bool
}

// AliasKind is the shape of an alias.
type AliasKind = accounts.AliasKind

// The shapes of aliases.
const (
	AliasInteger = accounts.AliasInteger
	AliasHex     = accounts.AliasHex
)

// The uses of tokens.
const (
	UseAccess  = tokens.UseAccess
	UseRefresh = tokens.UseRefresh
	UsePending = tokens.UsePending
)

// Said is what the claims of a token may tell.
type Said struct {
	Use     tokens.Use
	User    *User
	Alias   string   // of the user, where the client has a shape for it
	Session *Session // nil while a sign-in is pending
	Key     string   // of the session, see SessionKey
	Level   amr.Level
}

// native is the client of our own API.
var native = &Client{ID: tokens.NativeClient, Levelled: true, Enrols: Enrols{Codes: recoverycode.Native}}

// As returns the flows as another client reaches them.
func (f *Flows) As(c *Client) *Flows {
	as := *f
	as.client = c
	return &as
}

// Client returns the client of the flows.
func (f *Flows) Client() *Client { return f.client }

func (c *Client) mailer() string { return cmp.Or(c.Mailer, c.ID) }

func (f *Flows) isNative() bool { return f.client == native }

// RecoveryForm is a form of recovery codes that clients choose.
type RecoveryForm = recoverycode.Form

// The characters of recovery codes.
const (
	RecoveryDigits    = recoverycode.Digits
	RecoveryLowercase = recoverycode.Lowercase
)
