package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// pendingReset is the payload of a reset's challenge. To is empty where nobody is mailed.
type pendingReset struct {
	Subject string `json:"subject"`
	To      string `json:"to"`
	Handed  bool   `json:"handed,omitempty"` // an admin hands the link over, which proves no address
}

// dead reports whether the challenge is over for a user: its mailbox is the primary one no more.
func (p *pendingReset) dead(u *accounts.User) bool { return !p.Handed && p.To != u.Email }

// RequestReset mails a code and a link by which a user chooses a new password. Unknown users get the same answer at the
// same cost, and no mail. Faults: mail_unavailable, method_disabled, rate_limited, invalid_input.
func (f *Flows) RequestReset(ctx context.Context, identifier string, d Device) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "password_reset")
	defer end(&err)
	if !f.tenant.Settings.Password.Enabled {
		return nil, fault.New(fault.MethodDisabled)
	}
	if wrong := checkIdentifier(identifier); len(wrong) > 0 {
		return nil, fault.Invalid(wrong...)
	}
	if err := f.limitAddress(ctx, d); err != nil {
		return nil, err
	}
	if err := f.mailable(); err != nil {
		return nil, err
	}
	if err := f.limitAsks(ctx, ForReset, normalText(identifier)); err != nil {
		return nil, err
	}
	user, err := f.find(ctx, identifier)
	if err != nil {
		return nil, err
	}
	pending := pendingReset{Subject: normalText(identifier)}
	in := issue{
		purpose: purposeReset, kind: KindReset, subject: pending.Subject,
		factors: []amr.Method{amr.EmailCode}, link: f.isNative(),
	}
	if user != nil && !user.Suspended && user.Email != "" {
		pending.To = user.Email
		in.user = user.ID
	}
	in.payload = pending
	in.letter = f.letter(mail.PasswordReset, pending.To, d)
	_, known := f.known(user, d)
	if err := f.limitMail(ctx, in.letter, in.subject, known); err != nil {
		return nil, err
	}
	c, err := f.issue(ctx, in)
	return &Step{Challenge: c}, err
}

// answerReset sets the new password. It signs nobody in: the next sign-in asks for every factor that the policy wants. All
// sessions end, and everything else that was asked for before is void.
func (f *Flows) answerReset(ctx context.Context, row *ent.Challenge, in Answer) error {
	// The account is unknown to whoever asks, so the policy is applied without it, and again with it once it is proven.
	if wrong := f.checkPassword("new_password", in.NewPassword); len(wrong) > 0 {
		return fault.Invalid(wrong...)
	}
	var pending pendingReset
	if err := f.unseal(row, &pending); err != nil {
		return err
	}
	user, err := f.answering(ctx, row, amr.EmailCode)
	if err != nil {
		return err
	}
	guess, err := f.checkCode(ctx, row, in, func() (*guess, error) {
		return f.countGuess(ctx, user, pending.Subject, in.Device, amr.EmailCode)
	})
	if err != nil {
		return err
	}
	if user == nil || pending.To == "" && !pending.Handed {
		return f.wrong(ctx, guess, fault.WrongCode) // its code was mailed to nobody
	}
	if pending.dead(user) {
		return fault.New(fault.ChallengeExpired)
	}
	set, err := f.newPassword(ctx, user, in.NewPassword)
	if err != nil {
		return err
	}
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		if err := f.useOf(ctx, tx, user.ID, row.ID); err != nil {
			return none, err
		}
		if err := set(ctx, tx); err != nil {
			return none, err
		}
		if err := f.claimByReset(ctx, tx, user, pending, in.Device); err != nil {
			return none, err
		}
		if err := f.forgetDevices(ctx, tx, user.ID); err != nil {
			return none, err
		}
		n, err := sessions.EndOfUser(ctx, tx, user.ID, uuid.Nil, sessions.PasswordReset, f.now())
		if err != nil {
			return none, err
		}
		if err := throttle.Reset(ctx, tx, f.subject(user, in.Device)); err != nil {
			return none, err
		}
		if err := f.notice(ctx, tx, mail.PasswordResetDone, user, in.Device); err != nil {
			return none, err
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.PasswordReset, Actor: events.ActorUser, User: user.ID,
			Data: map[string]any{"sessions_ended": n, "by": resetBy(in, pending)},
		})
	})
	return err
}

// claimByReset claims an address that was not proven before: who answers what was mailed there reads the mailbox.
func (f *Flows) claimByReset(ctx context.Context, tx *ent.Tx, user *accounts.User, pending pendingReset, d Device) error {
	switch {
	case pending.Handed:
		return nil
	case !user.EmailVerified:
		return f.dispossess(ctx, tx, user, d)
	case user.Prepared:
		return f.untie(ctx, tx, user)
	default:
		return nil
	}
}

func resetBy(in Answer, pending pendingReset) string {
	switch {
	case pending.Handed:
		return "recovery_link"
	case in.Secret != "":
		return "link"
	default:
		return "code"
	}
}
