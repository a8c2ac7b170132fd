package authflows

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/devices"
	"github.com/tenantgate/tenantgate/authflows/factors/recoverycode"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// Factor is a passkey or an authenticator app of the caller's.
type Factor struct {
	ID         uuid.UUID
	Kind       amr.Method
	Name       string
	CreatedAt  time.Time
	LastUsedAt *time.Time
	BackedUp   bool // of a passkey: whether it is synced to other devices

	verified bool // of a new passkey: whether its user was verified
}

// PublicID returns fac_….
func (f *Factor) PublicID() string { return ids.Format(ids.Factor, f.ID) }

// Enrolled is what the caller can prove who it is with.
type Enrolled struct {
	Password          bool
	Factors           []*Factor
	RecoveryCodesLeft int
}

// Factors lists what the caller has enrolled.
func (f *Flows) Factors(ctx context.Context, c *Caller) (_ *Enrolled, err error) {
	ctx, end := f.begin(ctx, "factor_list")
	defer end(&err)
	out := &Enrolled{}
	hash, err := accounts.PasswordHash(ctx, f.DB.Client, c.User.ID)
	if err != nil {
		return nil, err
	}
	out.Password = hash != ""
	apps, err := credentials.TOTPs(ctx, f.DB.TOTPDevice, c.User.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		out.Factors = append(out.Factors, &Factor{ID: a.ID, Kind: amr.TOTP, Name: a.Name, CreatedAt: a.CreatedAt, LastUsedAt: a.LastUsedAt})
	}
	keys, err := f.passkeyFactors(ctx, c)
	if err != nil {
		return nil, err
	}
	out.Factors = append(out.Factors, keys...)
	out.RecoveryCodesLeft, err = credentials.RecoveryCodesLeft(ctx, f.DB.RecoveryCode, c.User.ID)
	return out, err
}

// Passkeys lists the caller's passkeys, oldest first.
func (f *Flows) Passkeys(ctx context.Context, c *Caller) (_ []*Factor, err error) {
	ctx, end := f.begin(ctx, "passkey_list")
	defer end(&err)
	return f.passkeyFactors(ctx, c)
}

func (f *Flows) passkeyFactors(ctx context.Context, c *Caller) ([]*Factor, error) {
	keys, err := credentials.Passkeys(ctx, f.DB.Passkey, c.User.ID)
	if err != nil {
		return nil, err
	}
	var out []*Factor
	for _, k := range keys {
		out = append(out, &Factor{
			ID: k.ID, Kind: amr.Passkey, Name: k.Name, CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt, BackedUp: k.BackedUp,
		})
	}
	return out, nil
}

// RenamePasskey names one of the caller's passkeys. The fault not_found stands for another user's too.
func (f *Flows) RenamePasskey(ctx context.Context, c *Caller, id uuid.UUID, name string) (_ *Factor, err error) {
	ctx, end := f.begin(ctx, "passkey_rename")
	defer end(&err)
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	if name, err = factorName(amr.Passkey, name); err != nil {
		return nil, err
	}
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		has, err := credentials.RenamePasskey(ctx, tx, c.User.ID, id, name)
		if err != nil {
			return none, err
		}
		if !has {
			return none, fault.New(fault.NotFound)
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.FactorRenamed, Actor: events.ActorUser, User: c.User.ID, Session: c.Session.ID,
			Data: map[string]any{"factor": ids.Format(ids.Factor, id)},
		})
	})
	if err != nil {
		return nil, err
	}
	keys, err := f.passkeyFactors(ctx, c)
	for _, k := range keys {
		if k.ID == id {
			return k, nil
		}
	}
	return nil, err
}

// RemoveFactor removes a passkey or an authenticator app of the caller's. It needs a fresh proof. The fault factor_needed says
// that the tenant asks for a second factor and it is the last one, or that nothing would be left to sign in with.
func (f *Flows) RemoveFactor(ctx context.Context, c *Caller, id uuid.UUID, d Device) (err error) {
	ctx, end := f.begin(ctx, "factor_remove")
	defer end(&err)
	return f.removeFactor(ctx, c, d, func(ctx context.Context, tx *ent.Tx, user *accounts.User) (amr.Method, map[string]any, error) {
		event := map[string]any{"factor": ids.Format(ids.Factor, id)}
		had, err := credentials.RemoveTOTP(ctx, tx, user.ID, id)
		if err != nil || had {
			return amr.TOTP, event, err
		}
		had, err = credentials.RemovePasskey(ctx, tx, user.ID, id)
		if err == nil && !had {
			err = fault.New(fault.NotFound)
		}
		return amr.Passkey, event, err
	})
}

// RemoveTOTP removes all authenticator apps of the caller at once. It needs a fresh proof. Faults as of RemoveFactor;
// not_found where there is none.
func (f *Flows) RemoveTOTP(ctx context.Context, c *Caller, d Device) (err error) {
	ctx, end := f.begin(ctx, "totp_remove")
	defer end(&err)
	return f.removeFactor(ctx, c, d, func(ctx context.Context, tx *ent.Tx, user *accounts.User) (amr.Method, map[string]any, error) {
		apps, err := credentials.TOTPs(ctx, tx.TOTPDevice, user.ID)
		if err == nil && len(apps) == 0 {
			err = fault.New(fault.NotFound)
		}
		for _, app := range apps {
			if err == nil {
				_, err = credentials.RemoveTOTP(ctx, tx, user.ID, app.ID)
			}
		}
		return amr.TOTP, map[string]any{"count": len(apps)}, err
	})
}

// removing removes a factor, and says of which kind and what its event tells.
type removing func(context.Context, *ent.Tx, *accounts.User) (amr.Method, map[string]any, error)

func (f *Flows) removeFactor(ctx context.Context, c *Caller, d Device, remove removing) error {
	if err := f.limitUser(ctx, c); err != nil {
		return err
	}
	user, err := f.fresh(ctx, c)
	if err != nil {
		return err
	}
	hash, err := accounts.PasswordHash(ctx, f.DB.Client, user.ID)
	if err != nil {
		return err
	}
	magic := f.tenant.Settings.Magic.Enabled && user.EmailVerified
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		var kind amr.Method
		var event map[string]any
		after, err := f.changeFactors(ctx, tx, user, func(ctx context.Context, tx *ent.Tx) (err error) {
			kind, event, err = remove(ctx, tx, user)
			return err
		})
		if err != nil {
			return none, err
		}
		// What was trusted by the factor that is gone is trusted no more.
		if err := devices.ForgetAll(ctx, tx, user.ID); err != nil {
			return none, err
		}
		wayIn := magic || hash != "" && f.tenant.Settings.Password.Enabled || slices.Contains(after.Factors, amr.Passkey)
		if !wayIn || f.rules(user).required() && len(after.Factors) == 0 {
			return none, fault.New(fault.FactorNeeded)
		}
		if err := f.noticeOf(ctx, tx, mail.FactorRemoved, kind, user, d); err != nil {
			return none, err
		}
		event["kind"] = kind
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.FactorRemoved, Actor: events.ActorUser, User: user.ID, Session: c.Session.ID,
			Data: event,
		})
	})
	return err
}

// MakeRecoveryCodes makes ten new recovery codes, to be shown once; the old ones are void. It needs a fresh proof and a
// second factor to recover from the loss of, else the fault is factor_needed.
func (f *Flows) MakeRecoveryCodes(ctx context.Context, c *Caller, d Device) (codes []string, err error) {
	ctx, end := f.begin(ctx, "recovery_codes")
	defer end(&err)
	if !f.takes(amr.RecoveryCode) {
		return nil, fault.New(fault.MethodDisabled)
	}
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	user, err := f.fresh(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(user.Factors) == 0 {
		return nil, fault.New(fault.FactorNeeded)
	}
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) ([]string, error) {
		_, err := f.changeFactors(ctx, tx, user, func(ctx context.Context, tx *ent.Tx) (err error) {
			codes, err = f.makeRecoveryCodes(ctx, tx, user.ID)
			return err
		})
		if err != nil {
			return nil, err
		}
		if err := f.notice(ctx, tx, mail.RecoveryCodesMade, user, d); err != nil {
			return nil, err
		}
		return codes, f.Events.Append(ctx, tx, events.Event{
			Type: events.RecoveryCodesMade, Actor: events.ActorUser, User: user.ID, Session: c.Session.ID,
		})
	})
}

// changeFactors does what changes the factors of a user. A sign-in that began before and knows nothing of the change opens
// a session that is dead; those that are open live on. It returns the user as it is then.
func (f *Flows) changeFactors(
	ctx context.Context, tx *ent.Tx, user *accounts.User, change func(context.Context, *ent.Tx) error,
) (*accounts.User, error) {
	if err := accounts.RaiseVersion(ctx, tx, user, f.now()); err != nil {
		return nil, err
	}
	if err := change(ctx, tx); err != nil {
		return nil, err
	}
	if err := f.sumUp(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	if err := sessions.AdoptAll(ctx, tx, user.ID, user.CredentialVersion); err != nil {
		return nil, err
	}
	return accounts.Get(ctx, tx.User, user.ID)
}

// sumUp repeats on the user's own row which factors it has. Recovery codes go with the last of the others.
func (f *Flows) sumUp(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	factors, err := credentials.Summary(ctx, tx, user)
	if err != nil {
		return err
	}
	if len(factors) == 0 {
		if err := credentials.RemoveRecoveryCodes(ctx, tx, user); err != nil {
			return err
		}
	}
	return accounts.SetFactors(ctx, tx, user, factors)
}

// makeRecoveryCodes makes a new set in the client's form.
func (f *Flows) makeRecoveryCodes(ctx context.Context, tx *ent.Tx, user uuid.UUID) ([]string, error) {
	codes := f.client.Enrols.Codes.New()
	return codes, f.storeRecoveryCodes(ctx, tx, user, codes)
}

// storeRecoveryCodes replaces the set of a user. With a client that must show it again, the codes themselves are kept sealed.
func (f *Flows) storeRecoveryCodes(ctx context.Context, tx *ent.Tx, user uuid.UUID, codes []string) error {
	set := make([]credentials.RecoveryCode, 0, len(codes))
	for _, code := range codes {
		normal, _ := recoverycode.Normalize(code)
		c := credentials.RecoveryCode{ID: ids.New(), Digest: f.recoveryDigest(user, normal)}
		if f.client.Enrols.Reshows {
			box, err := f.tenant.Keys.Seal(credentials.RecoveryCodePlace(c.ID), []byte(code))
			if err != nil {
				return err
			}
			c.Sealed = box
		}
		set = append(set, c)
	}
	return credentials.ReplaceRecoveryCodes(ctx, tx, user, set, f.now())
}

func (f *Flows) recoveryDigest(user uuid.UUID, code string) []byte {
	return recoverycode.Digest(f.key("recovery code"), user.String(), code)
}
