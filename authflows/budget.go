package authflows

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// guess is an attempt to prove something that can be guessed, counted before it is checked. Passwords, codes and recovery
// codes share one budget of the account.
type guess struct {
	user    *accounts.User // nil for an identifier that nobody has
	subject throttle.Subject
	device  Device
	proof   amr.Method
	known   bool // from a device that the user signed in on
	last    bool // the last one of its window
}

// countGuess counts a guess against the user, or against the stranger that the identifier is; from devices that nobody has
// signed in on, also against the tenant and the server. The fault is rate_limited.
func (f *Flows) countGuess(ctx context.Context, u *accounts.User, typed string, d Device, proof amr.Method) (*guess, error) {
	_, known := f.known(u, d)
	g := &guess{user: u, device: d, proof: proof, known: known, subject: throttle.Stranger(f.key("throttle"), normalText(typed))}
	if u != nil {
		g.subject = f.subject(u, d)
	}
	if !known {
		if err := f.takeFailure(ctx); err != nil {
			return nil, err
		}
	}
	limits := throttle.Limits{Window: f.tenant.Settings.Abuse.AccountFailures, Daily: f.tenant.Settings.Abuse.AccountDaily}
	var err error
	if g.last, err = throttle.Count(ctx, f.DB.Client, g.subject, limits, f.now()); err != nil {
		f.right(ctx, g) // not evaluated, so no failure of the tenant's
		return nil, err
	}
	return g, nil
}

// subject is what guesses at a user are counted against: devices it signed in on have a budget of their own, which no
// stranger can use up.
func (f *Flows) subject(u *accounts.User, d Device) throttle.Subject {
	if _, known := f.known(u, d); known {
		return throttle.Known(u.ID)
	}
	return throttle.User(u.ID)
}

// budget is a limit and what it counts.
type budget struct {
	key   ephemeral.Key
	limit ephemeral.Limit
}

// failures are the budgets that all unknown devices share, the tenant's and the server's.
func (f *Flows) failures() []budget {
	return []budget{
		{ephemeral.TenantKey(f.tenant.ID, "failures", ""), f.tenant.Settings.Abuse.TenantFailures},
		{ephemeral.ServerKey("failures", ""), f.ServerFailures},
	}
}

// takeFailure takes one from each shared budget, before it is known whether the guess fails. Where one refuses, nothing is
// taken from the others: the guess is not evaluated.
func (f *Flows) takeFailure(ctx context.Context) error {
	all := f.failures()
	for i, b := range all {
		if err := f.takeFrom(ctx, b.key, b.limit); err != nil {
			f.give(ctx, all[:i])
			return err
		}
	}
	return nil
}

// right gives back what was taken for a guess that did not fail. The account's own budget is forgiven by the session alone:
// a right password without its second factor is no success yet.
func (f *Flows) right(ctx context.Context, g *guess) {
	if g.known {
		return
	}
	f.give(ctx, f.failures())
}

func (f *Flows) give(ctx context.Context, budgets []budget) {
	for _, b := range budgets {
		if b.limit.Off() {
			continue
		}
		if err := f.Rates.Give(ctx, b.key, b.limit); err != nil {
			slog.WarnContext(ctx, "failure budget not given back", "error", err)
		}
	}
}

// wrong records that a guess failed, and tells the user when it was the last one of its window. It returns code as the
// fault. The refusal stands even where it cannot be recorded.
func (f *Flows) wrong(ctx context.Context, g *guess, code fault.Code) error {
	event := events.Event{Type: events.SignInRefused, Actor: events.ActorUser, Data: map[string]any{
		"proof": g.proof, "address": g.device.addressText(), "known_device": g.known,
	}}
	if g.user != nil {
		event.User = g.user.ID
	}
	err := throttle.Fail(ctx, f.DB.Client, g.subject, f.tenant.Settings.Abuse.AccountDaily, f.now())
	if err == nil && g.last {
		err = f.tellBlocked(ctx, g)
	}
	if err == nil {
		err = f.Events.Note(ctx, f.DB.Client, event)
	}
	if err != nil {
		slog.WarnContext(ctx, "refusal not recorded", "type", event.Type, "error", err)
	}
	return fault.New(code)
}

// tellBlocked mails the user whose budget is used up. For a stranger a decoy costs the same.
func (f *Flows) tellBlocked(ctx context.Context, g *guess) error {
	if !f.CanMail(f.tenant) {
		return nil
	}
	to, user := "", uuid.Nil
	if g.user != nil {
		user = g.user.ID
	}
	if g.user != nil && g.user.EmailVerified {
		to = g.user.Email
	}
	_, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		if err := f.post(ctx, tx, *f.letter(mail.SignInBlocked, to, g.device), f.now().Add(noticeLife)); err != nil {
			return none, err
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.SignInBlocked, Actor: events.ActorSystem, User: user,
			Data: map[string]any{"proof": g.proof, "known_device": g.known},
		})
	})
	return err
}
