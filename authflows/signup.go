package authflows

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// SignupInput is what a person gives to sign up. Which of it is required says signup.required.
type SignupInput struct {
	Email, Username, Phone string
	Password               string // may be left out where magic.signup is on
	Name                   string
	Profile                json.RawMessage
	AddressProof           uuid.UUID // of ProveAddress, that the address was proven before
	Captcha                string    // token; needed where abuse.turnstile.mode is required
	Device                 Device
}

// registration is a checked sign-up, the password hashed. It waits in a challenge until the address is proven.
type registration struct {
	Identifiers  []accounts.Identifier `json:"identifiers"`
	PasswordHash string                `json:"password_hash"`
	Name         string                `json:"name,omitempty"`
	Profile      json.RawMessage       `json:"profile,omitempty"`
	Prepared     bool                  `json:"prepared,omitempty"` // a mailed token alone will confirm it
}

// linkable reports whether a link may prove the address. With a password or another identifier the click of a stranger, who
// never asked, would confirm an account that somebody else can enter.
func (r *registration) linkable() bool { return r.PasswordHash == "" && len(r.Identifiers) == 1 }

func (r *registration) email() (accounts.Identifier, bool) { return r.find(emailKind) }

func (r *registration) find(kind identifierKind) (accounts.Identifier, bool) {
	for _, i := range r.Identifiers {
		if i.Kind == kind {
			return i, true
		}
	}
	return accounts.Identifier{}, false
}

// Signup makes a user, or the challenge that will. Where addresses are verified before the first session, nothing exists
// until the mailed code is answered, and a taken address costs the same and gets the same answer; its owner is told by
// mail. Faults: invalid_input, signup_closed, method_disabled, identifier_taken, mail_unavailable, rate_limited, busy.
func (f *Flows) Signup(ctx context.Context, in SignupInput) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "signup")
	defer end(&err)
	if err := f.limitAddress(ctx, in.Device); err != nil {
		return nil, err
	}
	settings := f.tenant.Settings
	if settings.Signup.Mode != tenants.SignupOpen {
		return nil, fault.New(fault.SignupClosed)
	}
	magic := in.Password == "" && settings.Magic.Enabled && settings.Magic.Signup
	if !magic && (!settings.Password.Enabled || f.client.SignsUp.Bare) {
		return nil, fault.New(fault.MethodDisabled)
	}
	// Without a password the mailbox is what the user will sign in by: nothing exists before it is proven.
	verify := settings.Signup.VerifyEmail == tenants.VerifyBeforeSession || magic
	later := f.client.SignsUp.Later && settings.Signup.VerifyEmail != tenants.VerifyOff
	if verify || later {
		if err := f.mailable(); err != nil {
			return nil, err
		}
	}
	reg, err := f.checkSignup(in, magic)
	if err != nil {
		return nil, err
	}
	// After what the form can mend by itself: a token is good once. Before anything is looked up or hashed.
	if err := f.checkCaptcha(ctx, captchaSignup, in.Captcha, in.Device); err != nil {
		return nil, err
	}
	proven, err := f.provenBefore(ctx, reg, in)
	if err != nil {
		return nil, err
	}
	if verify && proven == nil && !f.isNative() && !f.client.SignsUp.Confirms {
		return nil, fault.New(fault.AddressUnverified)
	}
	if !magic {
		if reg.PasswordHash, err = f.Hasher.Hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	if _, withEmail := reg.email(); verify && withEmail && proven == nil {
		return f.verifyFirst(ctx, reg, in.Device)
	}
	return f.signUpAtOnce(ctx, reg, in.Device, proven)
}

// signUpAtOnce makes the user without waiting for a mail. That an address is taken is told, so each such answer counts as a
// failed guess at who has an account.
func (f *Flows) signUpAtOnce(ctx context.Context, reg *registration, d Device, proven *ent.Challenge) (*Step, error) {
	if err := f.takeFailure(ctx); err != nil {
		return nil, err
	}
	a, last := f.register(reg, d, nil), amr.Password
	if proven != nil {
		a, last = f.register(reg, d, func(ctx context.Context, tx *ent.Tx) error { return f.use(ctx, tx, proven.ID) }), amr.EmailCode
		a.settle = f.replacing(reg, a.settle)
	} else if err := f.verifyLater(ctx, reg, d, &a); err != nil {
		f.give(ctx, f.failures())
		return nil, err
	}
	open := func(ctx context.Context, a attempt) (*Step, error) { return f.advance(ctx, a, last) }
	if f.client.SignsUp.Without {
		open = f.registerOnly
	}
	step, err := open(ctx, a)
	if fault.CodeOf(err) == fault.IdentifierTaken {
		return nil, f.whichTaken(ctx, reg, err)
	}
	f.give(ctx, f.failures())
	return step, err
}

// registerOnly makes the user of an attempt and opens no session.
func (f *Flows) registerOnly(ctx context.Context, a attempt) (*Step, error) {
	user, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		return a.settle(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	alias, err := f.Alias(ctx, user)
	return &Step{Registered: &Registered{user, alias}}, err
}

// whichTaken names the fields of a refused registration that others have, as far as they still do. It comes after the
// transaction, which answers no further question once a key has clashed.
func (f *Flows) whichTaken(ctx context.Context, reg *registration, refused error) error {
	var fields []string
	for _, i := range reg.Identifiers {
		owner, err := accounts.Owner(ctx, f.DB.Client, i)
		if err != nil {
			return err
		}
		if owner != uuid.Nil {
			fields = append(fields, string(i.Kind))
		}
	}
	if len(fields) == 0 {
		return refused
	}
	return taken(fields...)
}

// verifyFirst keeps the registration in a challenge whose code is mailed.
func (f *Flows) verifyFirst(ctx context.Context, reg *registration, d Device) (*Step, error) {
	email, _ := reg.email()
	if name, ok := reg.find(usernameKind); ok {
		// Usernames are public; an address is not, so only the former is refused here.
		owner, err := accounts.Owner(ctx, f.DB.Client, name)
		if err != nil {
			return nil, err
		}
		if owner != uuid.Nil {
			return nil, taken("username")
		}
	}
	if err := f.limitAsks(ctx, ForSignup, email.Normal); err != nil {
		return nil, err
	}
	owner, err := accounts.Owner(ctx, f.DB.Client, email)
	if err != nil {
		return nil, err
	}
	kind := mail.SignupCode
	if f.client.Mails[ForSignup].Token {
		kind = mail.IdentifierCode // SignupCode says that its link signs in
	}
	if owner != uuid.Nil {
		kind = mail.SignupTaken
	}
	l := f.letter(kind, email.Value, d)
	if err := f.limitMail(ctx, l, email.Normal, false); err != nil {
		return nil, err
	}
	if owner != uuid.Nil && f.client.SignsUp.NamesTaken && f.tenant.Settings.Signup.VerifyEmail != tenants.VerifyBeforeSession {
		if err := f.takeFailure(ctx); err != nil {
			return nil, err
		}
		return nil, taken("email")
	}
	pending := pendingSignup{registration: *reg, Taken: owner != uuid.Nil, Kind: kind}
	if f.client.Mails[ForSignup].Token {
		pending.Client, pending.Prepared = f.client.mailer(), reg.PasswordHash != ""
	}
	c, err := f.issue(ctx, issue{
		purpose: purposeSignup, kind: KindEmailCode,
		subject: email.Normal, factors: []amr.Method{amr.EmailCode},
		payload: pending, letter: l,
		link: reg.linkable() && kind == mail.SignupCode && f.linkLeads(),
	})
	return &Step{Challenge: c}, err
}

// pendingSignup is the payload of a sign-up's challenge. One for a taken address makes no user, whatever is answered.
type pendingSignup struct {
	registration
	Taken bool      `json:"taken"`
	Kind  mail.Kind `json:"kind"`
	// Client is set where a mailed token confirms it, which its mailer alone takes and which opens no session.
	Client string `json:"client,omitempty"`
}

// register is the attempt whose proof makes the user. use, if not nil, uses up its challenge in the same transaction.
func (f *Flows) register(reg *registration, d Device, use func(context.Context, *ent.Tx) error) attempt {
	last := amr.Password
	if use != nil {
		last = amr.EmailCode
	}
	a := attempt{
		device: d, signup: true,
		settle: func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
			if use != nil {
				if err := use(ctx, tx); err != nil {
					return nil, err
				}
			}
			user, err := accounts.Create(ctx, tx, accounts.NewUser{
				Identifiers: reg.Identifiers, EmailVerified: use != nil, Prepared: reg.Prepared,
				PasswordHash: reg.PasswordHash, Name: reg.Name, Profile: reg.Profile,
			}, f.now())
			if err != nil {
				return nil, err
			}
			if err := throttle.Prepare(ctx, tx, user.ID, f.now()); err != nil {
				return nil, err
			}
			return user, f.Events.Append(ctx, tx, events.Event{
				Type: events.UserSignedUp, Actor: events.ActorUser, User: user.ID, Data: map[string]any{"proof": last},
			})
		},
	}
	if use != nil && reg.PasswordHash != "" {
		// Whoever answers holds the id of the challenge, and so is the one who chose the password.
		a.proofs = []amr.Method{amr.Password}
	}
	return a
}

func taken(fields ...string) error {
	t := fault.New(fault.IdentifierTaken)
	for _, name := range fields {
		t.Fields = append(t.Fields, fault.Field{Field: name, Code: "taken", Message: "Choose another one."})
	}
	return t
}
