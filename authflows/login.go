package authflows

import (
	"context"
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// LoginInput is an identifier of any kind and a password.
type LoginInput struct {
	Identifier, Password string
	Second               string // code of a second factor, from clients that send both at once
	Captcha              string // token; needed where abuse.turnstile.mode is required
	Device               Device
}

// Login checks an identifier and password. Faults: invalid_credentials alike for an unknown user, a wrong password, a
// suspended user and one without a password; version_conflict where a factor or the password changed in the same moment;
// rate_limited, busy, method_disabled, invalid_input.
func (f *Flows) Login(ctx context.Context, in LoginInput) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "login")
	defer end(&err)
	if !f.tenant.Settings.Password.Enabled {
		return nil, fault.New(fault.MethodDisabled)
	}
	if err := checkLogin(in); err != nil {
		return nil, err
	}
	if err := f.limitAddress(ctx, in.Device); err != nil {
		return nil, err
	}
	if err := f.checkCaptcha(ctx, captchaLogin, in.Captcha, in.Device); err != nil {
		return nil, err
	}
	user, err := f.find(ctx, in.Identifier)
	if err != nil {
		return nil, err
	}
	guess, err := f.countGuess(ctx, user, in.Identifier, in.Device, amr.Password)
	if err != nil {
		return nil, err
	}
	// An unknown user is checked against a decoy hash: same cost, same answer.
	hash, err := accounts.PasswordHash(ctx, f.DB.Client, idOf(user))
	if err != nil {
		return nil, err
	}
	ok, rehash, err := f.Hasher.Verify(ctx, hash, in.Password)
	if err != nil {
		return nil, err
	}
	if !ok || user == nil || user.Suspended {
		return nil, f.wrong(ctx, guess, fault.InvalidCredentials)
	}
	f.right(ctx, guess)
	if rehash {
		f.rehash(ctx, user.ID, hash, in.Password)
	}
	return f.advance(ctx, attempt{user: user, device: in.Device, second: in.Second}, amr.Password)
}

// checkLogin refuses what no user can have typed, before anything is looked up.
func checkLogin(in LoginInput) error {
	wrong := checkIdentifier(in.Identifier)
	if in.Password == "" {
		wrong = append(wrong, fault.Field{Field: "password", Code: "required", Message: "Is required."})
	}
	if len(wrong) > 0 {
		return fault.Invalid(wrong...)
	}
	return checkTypedPassword("password", in.Password)
}

// maxIdentifier is longer than any identifier that a user can have, in bytes.
const maxIdentifier = 320

func checkIdentifier(text string) []fault.Field {
	const fix = "Give an e-mail address, username or phone number."
	switch {
	case strings.TrimSpace(text) == "":
		return []fault.Field{{Field: "identifier", Code: "required", Message: fix}}
	case len(text) > maxIdentifier:
		return []fault.Field{{Field: "identifier", Code: "too_long", Message: fix}}
	}
	return nil
}

// find returns the user who has an identifier, nil if nobody has. Text that can be no identifier is nobody's, at the cost of
// one that could.
func (f *Flows) find(ctx context.Context, text string) (*accounts.User, error) {
	i, ok := accounts.Any(text)
	if !ok {
		i = accounts.Identifier{Kind: usernameKind, Normal: "\x01nobody"}
	}
	return accounts.ByIdentifier(ctx, f.DB.Client, i)
}

func idOf(u *accounts.User) uuid.UUID {
	if u == nil {
		return uuid.Nil
	}
	return u.ID
}

func normalText(text string) string {
	if i, ok := accounts.Any(text); ok {
		return i.Normal
	}
	return strings.ToLower(strings.TrimSpace(text))
}

// rehash stores the password under today's parameters. A sign-in does not fail because that did.
func (f *Flows) rehash(ctx context.Context, user uuid.UUID, old, password string) {
	stronger, err := f.Hasher.Hash(ctx, password)
	if err == nil {
		err = accounts.Rehash(ctx, f.DB.Client, user, old, stronger)
	}
	if err != nil {
		slog.WarnContext(ctx, "password not rehashed; the next sign-in tries again", "error", err)
	}
}
