package authflows

import (
	"context"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// ChangePassword replaces the caller's password. Its other sessions end, everything that was asked for before is void, and
// a notice is mailed. Faults: wrong_password, step_up_required, invalid_input, version_conflict, rate_limited,
// busy.
func (f *Flows) ChangePassword(ctx context.Context, c *Caller, current, next string, d Device) (err error) {
	ctx, end := f.begin(ctx, "password_change")
	defer end(&err)
	if err := f.limitUser(ctx, c); err != nil {
		return err
	}
	// Read before the password is proven: a change that commits in between makes this one fail.
	user, err := f.fresh(ctx, c)
	if err != nil {
		return err
	}
	if wrong := f.checkPassword("new_password", next, user.Email, user.Username); len(wrong) > 0 {
		return fault.Invalid(wrong...)
	}
	if current == "" || checkTypedPassword("current_password", current) != nil {
		return fault.New(fault.WrongPassword)
	}
	if err := f.verifyPassword(ctx, user, current, d, fault.WrongPassword); err != nil {
		return err
	}
	set, err := f.newPassword(ctx, user, next)
	if err != nil {
		return err
	}
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		if err := set(ctx, tx); err != nil {
			return none, err
		}
		if err := sessions.Adopt(ctx, tx, c.Session.ID, user.CredentialVersion+1); err != nil {
			return none, err
		}
		n, err := sessions.EndOfUser(ctx, tx, c.User.ID, c.Session.ID, sessions.PasswordChanged, f.now())
		if err != nil {
			return none, err
		}
		if err := throttle.Reset(ctx, tx, f.subject(user, d)); err != nil {
			return none, err
		}
		if err := f.forgetDevices(ctx, tx, c.User.ID); err != nil {
			return none, err
		}
		if err := f.notice(ctx, tx, mail.PasswordChanged, c.User, d); err != nil {
			return none, err
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.PasswordChanged, Actor: events.ActorUser, User: c.User.ID, Session: c.Session.ID,
			Data: map[string]any{"sessions_ended": n},
		})
	})
	return err
}

// verifyPassword checks the password of a known user, counting the guess first. A wrong one is the fault given.
func (f *Flows) verifyPassword(ctx context.Context, u *accounts.User, text string, d Device, wrong fault.Code) error {
	if u == nil {
		return fault.New(fault.ChallengeExpired)
	}
	guess, err := f.countGuess(ctx, u, "", d, amr.Password)
	if err != nil {
		return err
	}
	hash, err := accounts.PasswordHash(ctx, f.DB.Client, u.ID)
	if err != nil {
		return err
	}
	ok, _, err := f.Hasher.Verify(ctx, hash, text)
	if err != nil {
		return err
	}
	if !ok {
		return f.wrong(ctx, guess, wrong)
	}
	f.right(ctx, guess)
	return nil
}

// newPassword hashes a new password, refuses one that history forbids, and returns what stores it within a transaction.
func (f *Flows) newPassword(ctx context.Context, u *accounts.User, text string) (func(context.Context, *ent.Tx) error, error) {
	if wrong := f.checkPassword("new_password", text, u.Email, u.Username); len(wrong) > 0 {
		return nil, fault.Invalid(wrong...)
	}
	former, err := accounts.FormerHashes(ctx, f.DB.Client, u.ID, f.tenant.Settings.Password.History)
	if err != nil {
		return nil, err
	}
	for _, hash := range former {
		used, _, err := f.Hasher.Verify(ctx, hash, text)
		if err != nil {
			return nil, err
		}
		if used {
			return nil, fault.Invalid(fault.Field{
				Field: "new_password", Code: "used_before", Message: "Choose one that you have not used before.",
			})
		}
	}
	hash, err := f.Hasher.Hash(ctx, text)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *ent.Tx) error {
		if err := accounts.SetPassword(ctx, tx, u, hash, former, f.now()); err != nil {
			return err
		}
		return f.voidAll(ctx, tx, u.ID)
	}, nil
}

// checkTypedPassword refuses a password of a size or form that none can have, before anything is hashed.
func checkTypedPassword(field, text string) error {
	_, err := password.Normalize(text)
	if err == nil {
		return nil
	}
	return fault.Invalid(fault.Field{
		Field: field, Code: "invalid", Message: "Use at most 256 characters of valid UTF-8 without control characters.",
	})
}
