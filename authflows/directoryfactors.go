package authflows

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// FactorShown is what a list tells of a factor. What it would take to copy one is not even read.
type FactorShown struct{ credentials.Shown }

// PublicID returns fac_…, empty for a password and recovery codes.
func (s *FactorShown) PublicID() string {
	if s.ID == uuid.Nil {
		return ""
	}
	return ids.Format(ids.Factor, s.ID)
}

// Factors returns all that users can sign in with, the password first. It takes one statement for each kind.
func (d *Directory) Factors(ctx context.Context, users []uuid.UUID) (_ map[uuid.UUID][]*FactorShown, err error) {
	ctx, end := d.flows.begin(ctx, "directory_factors")
	defer end(&err)
	passwords, err := accounts.PasswordsOf(ctx, d.flows.DB.Client, users)
	if err != nil {
		return nil, err
	}
	others, err := credentials.ShownOf(ctx, d.flows.DB.Client, users)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID][]*FactorShown{}
	for user, since := range passwords {
		out[user] = append(out[user], &FactorShown{credentials.Shown{Kind: amr.Password, CreatedAt: since}})
	}
	for user, list := range others {
		for _, s := range list {
			out[user] = append(out[user], &FactorShown{*s})
		}
	}
	return out, nil
}

// ResetFactors removes all second factors and recovery codes of a user, forgets its devices, ends its sessions and the sign-ins
// under way, and mails a notice. A reset of the password that was asked for goes on. The faults are not_found and
// forbidden.
func (d *Directory) ResetFactors(ctx context.Context, id uuid.UUID) (_ *User, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_factors_reset")
	defer end(&err)
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		if err := d.guard(ctx, tx, id); err != nil {
			return nil, err
		}
		before, err := accounts.Renew(ctx, tx, id, f.now())
		if err != nil {
			return nil, err
		}
		n, err := credentials.RemoveAll(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := accounts.SetFactors(ctx, tx, id, nil); err != nil {
			return nil, err
		}
		if err := f.forgetDevices(ctx, tx, id); err != nil {
			return nil, err
		}
		if err := f.voidSignIns(ctx, tx, id); err != nil {
			return nil, err
		}
		ended, err := sessions.EndOfUser(ctx, tx, id, uuid.Nil, sessions.FactorsReset, f.now())
		if err != nil {
			return nil, err
		}
		if err := f.notice(ctx, tx, mail.FactorsReset, before, Device{}); err != nil {
			return nil, err
		}
		err = f.Events.Append(ctx, tx, events.Event{
			Type: events.FactorsReset, Actor: events.ActorOperator, User: id,
			Data: map[string]any{
				events.Before: map[string]any{"factors": amr.Texts(before.Factors)}, events.After: map[string]any{"factors": []string{}},
				"removed": n, "sessions_ended": ended,
			},
		})
		if err != nil {
			return nil, err
		}
		return accounts.Get(ctx, tx.User, id)
	})
}

// voidSignIns voids what was asked of a user but resets of the password: they open no session.
func (f *Flows) voidSignIns(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	err := tx.Challenge.Update().
		Where(challenge.UserID(user), challenge.UsedAtIsNil(), challenge.PurposeNEQ(purposeReset)).
		SetUsedAt(f.now()).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("void sign-ins: %w", err)
	}
	return nil
}

// SendReset mails a user a code and a link to set a new password, whatever abuse.mails says: strangers must not use up what an
// admin sends. Faults: not_found, forbidden, invalid_input for a suspended user, identifier_needed without an address,
// method_disabled, mail_unavailable, tenant_suspended.
func (d *Directory) SendReset(ctx context.Context, id uuid.UUID) (_ *User, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_reset")
	defer end(&err)
	if err := d.resets(); err != nil {
		return nil, err
	}
	if err := f.mailable(); err != nil {
		return nil, err
	}
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		user, err := d.resettable(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if user.Email == "" {
			return nil, fault.New(fault.IdentifierNeeded)
		}
		pending := pendingReset{Subject: normalText(user.Email), To: user.Email}
		_, err = f.issueIn(ctx, tx, issue{
			purpose: purposeReset, kind: KindReset, subject: pending.Subject, user: id, factors: []amr.Method{amr.EmailCode},
			payload: pending, letter: f.letter(mail.PasswordReset, user.Email, Device{}), link: true,
		})
		if err != nil {
			return nil, err
		}
		return user, f.Events.Append(ctx, tx, events.Event{Type: events.PasswordResetSent, Actor: events.ActorOperator, User: id})
	})
}

// IssueRecoveryLink makes a link by which a user who can read no mail sets a new password, once, within a day. The one before it
// is void. Whoever has it can: it is returned here and shown nowhere again. So for a user of the reserved tenant only who holds
// everything gets one. Faults as of SendReset, but those of mails.
func (d *Directory) IssueRecoveryLink(ctx context.Context, id uuid.UUID) (_ *User, link *RecoveryLink, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_recovery_link")
	defer end(&err)
	if err := d.mayEnter(ctx); err != nil {
		return nil, nil, err
	}
	if err := d.resets(); err != nil {
		return nil, nil, err
	}
	user, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		user, err := d.resettable(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if link, err = f.recoveryLink(ctx, tx, user); err != nil {
			return nil, err
		}
		return user, f.Events.Append(ctx, tx, events.Event{
			Type: events.RecoveryLinkIssued, Actor: events.ActorOperator, User: id, Data: map[string]any{"expires_at": link.ExpiresAt},
		})
	})
	if err != nil {
		return nil, nil, err
	}
	return user, link, nil
}

// resets says why nobody could answer a reset.
func (d *Directory) resets() error {
	if err := d.flows.tenant.Usable(); err != nil {
		return err
	}
	if !d.flows.tenant.Settings.Password.Enabled {
		return fault.New(fault.MethodDisabled)
	}
	return nil
}

// resettable holds a user whose password can be reset.
func (d *Directory) resettable(ctx context.Context, tx *ent.Tx, id uuid.UUID) (*User, error) {
	if err := d.guard(ctx, tx, id); err != nil {
		return nil, err
	}
	user, err := accounts.Held(ctx, tx, id, d.flows.now())
	if err == nil && user.Suspended {
		err = fault.Invalid(fault.Field{Field: "id", Code: "suspended", Message: "The user is suspended. Restore it first."})
	}
	return user, err
}
