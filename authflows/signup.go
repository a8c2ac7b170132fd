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
	"github.com/tenantgate/tenantgate/tenants"
)

// SignupInput is what a person gives to sign up. Which of it is required says signup.required.
type SignupInput struct {
	Email, Username, Phone string
	Password               string // may be left out where magic.signup is on
	Name                   string
	Profile                json.RawMessage
	Device                 Device
}

// registration is a checked sign-up, the password hashed. It waits in a challenge until the address is proven.
type registration struct {
	Identifiers  []accounts.Identifier `json:"identifiers"`
	PasswordHash string                `json:"password_hash"`
	Name         string                `json:"name,omitempty"`
	Profile      json.RawMessage       `json:"profile,omitempty"`
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
// mail. Faults: invalid_input, signup_closed, identifier_taken, mail_unavailable, rate_limited, busy.
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
	if !settings.Password.Enabled && !magic {
		return nil, fault.New(fault.MethodDisabled)
	}
	// Without a password the mailbox is what the user will sign in by: nothing exists before it is proven.
	verify := settings.Signup.VerifyEmail == tenants.VerifyBeforeSession || magic
	if verify {
		if err := f.mailable(); err != nil {
			return nil, err
		}
	}
	reg, err := f.checkSignup(in, magic)
	if err != nil {
		return nil, err
	}
	if !magic {
		if reg.PasswordHash, err = f.Hasher.Hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	if _, withEmail := reg.email(); verify && withEmail {
		return f.verifyFirst(ctx, reg, in.Device)
	}
	step, err := f.advance(ctx, f.register(reg, in.Device, nil), amr.Password)
	if fault.CodeOf(err) == fault.IdentifierTaken {
		return nil, f.whichTaken(ctx, reg, err)
	}
	return step, err
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
	owner, err := accounts.Owner(ctx, f.DB.Client, email)
	if err != nil {
		return nil, err
	}
	kind := mail.SignupCode
	if owner != uuid.Nil {
		kind = mail.SignupTaken
	}
	l := f.letter(kind, email.Value, d)
	if err := f.limitMail(ctx, l, email.Normal, false); err != nil {
		return nil, err
	}
	c, err := f.issue(ctx, issue{
		purpose: purposeSignup, kind: KindEmailCode,
		subject: email.Normal, factors: []amr.Method{amr.EmailCode},
		payload: pendingSignup{*reg, owner != uuid.Nil, kind}, letter: l,
		link: reg.linkable() && kind == mail.SignupCode && f.linkLeads(),
	})
	return &Step{Challenge: c}, err
}

// pendingSignup is the payload of a sign-up's challenge. One for a taken address makes no user, whatever is answered.
type pendingSignup struct {
	registration
	Taken bool      `json:"taken"`
	Kind  mail.Kind `json:"kind"`
}

// register is the attempt whose proof makes the user. use, if not nil, uses up its challenge in the same transaction.
func (f *Flows) register(reg *registration, d Device, use func(context.Context, *ent.Tx) error) attempt {
	a := attempt{
		device: d, signup: true,
		settle: func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
			if use != nil {
				if err := use(ctx, tx); err != nil {
					return nil, err
				}
			}
			user, err := accounts.Create(ctx, tx, accounts.NewUser{
				Identifiers: reg.Identifiers, EmailVerified: use != nil,
				PasswordHash: reg.PasswordHash, Name: reg.Name, Profile: reg.Profile,
			}, f.now())
			if err != nil {
				return nil, err
			}
			if err := throttle.Prepare(ctx, tx, user.ID, f.now()); err != nil {
				return nil, err
			}
			return user, f.Events.Append(ctx, tx, events.Event{
				Type: events.UserSignedUp, Actor: events.ActorUser, User: user.ID,
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
