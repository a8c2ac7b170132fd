package authflows

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/jobs"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// MailJob is the kind of job that sends a mail.
const MailJob = "mail"

// letter is a mail that waits to be sent. It is kept sealed. One without To is a decoy.
type letter struct {
	ID       string        `json:"id"`
	Kind     mail.Kind     `json:"kind"`
	To       string        `json:"to"`
	Code     string        `json:"code,omitempty"`
	Half     string        `json:"half,omitempty"` // the first half of a token, Code then being the second
	Link     string        `json:"link,omitempty"`
	Lifetime time.Duration `json:"lifetime,omitempty"`
	When     time.Time     `json:"when"`
	Device   string        `json:"device,omitempty"`
	Address  string        `json:"address,omitempty"`
	Factor   string        `json:"factor,omitempty"`
	Left     int           `json:"left,omitempty"`
	// Session is the one that the notice of a new device is about.
	Session uuid.UUID `json:"session,omitzero"`

	beyond bool // abuse.mails
}

func (l *letter) carriesCode() bool { return l.Kind != mail.SignupTaken }

// letter begins a mail about what a device just did.
func (f *Flows) letter(kind mail.Kind, to string, d Device) *letter {
	return &letter{
		ID: ids.NewUnguessable().String(), Kind: kind, To: to,
		When: f.now(), Device: DescribeAgent(d.UserAgent), Address: d.addressText(),
	}
}

// post leaves a letter for the worker within tx. A zero deadline means that it is worth sending however late.
func (f *Flows) post(ctx context.Context, tx *ent.Tx, l letter, deadline time.Time) error {
	return f.Jobs.Enqueue(ctx, tx, f.tenant.Keys, jobs.Job{Kind: MailJob, Payload: l, ExpiresAt: deadline})
}

// notice tells a user of a change to its account, if the user has an address and the tenant can mail.
func (f *Flows) notice(ctx context.Context, tx *ent.Tx, kind mail.Kind, u *accounts.User, d Device) error {
	return f.tell(ctx, tx, u, f.letter(kind, u.Email, d))
}

// noticeOf is notice for a change of a factor, named as the mail names it.
func (f *Flows) noticeOf(ctx context.Context, tx *ent.Tx, kind mail.Kind, factor amr.Method, u *accounts.User, d Device) error {
	l := f.letter(kind, u.Email, d)
	l.Factor = map[amr.Method]string{amr.TOTP: mail.AuthenticatorApp, amr.Passkey: mail.Passkey}[factor]
	return f.tell(ctx, tx, u, l)
}

// tell leaves a notice. An address that was never proven may be a stranger's: it hears of its proof and of nothing else.
func (f *Flows) tell(ctx context.Context, tx *ent.Tx, u *accounts.User, l *letter) error {
	proven := u.EmailVerified || l.Kind == mail.AccountClaimed || l.Kind == mail.PasswordResetDone
	if u.Email == "" || !proven || !f.CanMail(f.tenant) {
		return nil
	}
	return f.post(ctx, tx, *l, time.Time{})
}

// mailable returns the fault mail_unavailable, for everyone alike, where mails have nowhere to go.
func (f *Flows) mailable() error {
	if !f.CanMail(f.tenant) {
		return fault.New(fault.MailUnavailable)
	}
	return nil
}

// limitMail counts a letter against the address mailed, else against the identifier that was asked for. Beyond abuse.mails
// it becomes a decoy, and the flow goes on as if it had been sent.
func (f *Flows) limitMail(ctx context.Context, l *letter, asked string, known bool) error {
	if address, ok := accounts.Email(l.To); ok {
		asked = address.Normal
	}
	if known { // a device that the user signed in on: strangers cannot use its mails up
		asked = "known " + asked
	}
	subject := throttle.Mailed(f.key("throttle"), asked)
	_, err := throttle.Count(ctx, f.DB.Client, subject, throttle.Limits{Window: f.tenant.Settings.Abuse.Mails}, f.now())
	if err != nil && fault.CodeOf(err) == fault.RateLimited {
		l.To, l.beyond = "", true
		return nil
	}
	return err
}

// limitAsks counts a request to mail for a purpose, where the client's wire bounds those. Nobody is looked up before. The fault
// rate_limited names the field identifier: it is about that one, and no limit of the sender's.
func (f *Flows) limitAsks(ctx context.Context, purpose Purpose, asked string) error {
	every := f.client.Mails[purpose].Every
	if every.Off() {
		return nil
	}
	subject := hex.EncodeToString(emailcode.Digest(f.key("asked"), string(purpose), f.client.mailer(), asked))
	err := f.take(ctx, "asked", subject, every)
	var limited *fault.Fault
	if errors.As(err, &limited) && limited.Code == fault.RateLimited {
		limited.Fields = []fault.Field{{Field: "identifier", Code: "asked_recently", Message: "Wait a while before you ask again."}}
	}
	return err
}

// linkURL is where a mailed link leads: the tenant's own page, or ours.
func (f *Flows) linkURL(id uuid.UUID, secret string) string {
	base := f.tenant.Settings.Mail.LinkURL
	if base == "" {
		base = f.tenant.BaseURL + "/link"
	}
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("c", ids.Format(ids.Challenge, id))
	q.Set("s", secret)
	u.RawQuery = q.Encode()
	return u.String()
}

// Postman sends the mails that flows have left.
type Postman struct {
	Tenants *tenants.Registry
	// Sender returns who sends a tenant's mails and from which address.
	Sender func(*tenants.Tenant) (s mail.Sender, from string, err error)
	DB     *store.Store
}

// Send is the handler of MailJob.
func (p *Postman) Send(ctx context.Context, payload []byte) error {
	var l letter
	if err := json.Unmarshal(payload, &l); err != nil {
		return jobs.GiveUp(fmt.Errorf("read letter: %w", err))
	}
	if l.To == "" {
		return nil
	}
	if worth, err := p.worthSending(ctx, l); err != nil || !worth {
		return err
	}
	err := p.send(ctx, l)
	telemetry.MailSent(ctx, sendOutcome(err))
	if mail.Permanent(err) {
		return jobs.GiveUp(err)
	}
	return err
}

// worthSending reports whether a letter still says something. The notice of a new device does not where the device was seen
// before after all: a client without a device token may be one that keeps none. It is asked here and not by the sign-in,
// which has better things to do.
func (p *Postman) worthSending(ctx context.Context, l letter) (bool, error) {
	if l.Session == uuid.Nil {
		return true, nil
	}
	s, err := sessions.Get(ctx, p.DB.Session, l.Session)
	if err != nil || s == nil {
		return false, err
	}
	return sessions.FromNewDevice(ctx, p.DB.Client, s)
}

func (p *Postman) send(ctx context.Context, l letter) error {
	id, _ := tenancy.From(ctx)
	t, err := p.Tenants.ByID(ctx, id)
	if err != nil {
		return err
	}
	sender, from, err := p.Sender(t)
	if err != nil {
		return err
	}
	m, err := mail.Render(l.Kind, mail.Data{
		Brand: t.DisplayName(), To: l.To, Code: l.Code, Link: l.Link, Lifetime: l.Lifetime,
		When: l.When, Device: l.Device, Address: l.Address, Factor: l.Factor, Left: l.Left, Half: l.Half,
	})
	if err != nil {
		return err
	}
	m.ID, m.From, m.ReplyTo = l.ID, from, t.Settings.Mail.ReplyTo
	return sender.Send(ctx, m)
}

func sendOutcome(err error) string {
	switch {
	case err == nil:
		return "sent"
	case mail.Permanent(err):
		return "refused"
	default:
		return "failed"
	}
}
