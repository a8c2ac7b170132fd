package main

import (
	"sync"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mail/mailbox"
	"github.com/tenantgate/tenantgate/internal/mail/smtp"
	"github.com/tenantgate/tenantgate/tenants"
)

// mailers finds who sends the mails of a tenant: its own mail server, else the operator's, else the mailbox of dev.
type mailers struct {
	server mail.Sender // nil for none
	from   string      // of the server's; empty for none
	guard  []smtp.Option

	mu   sync.Mutex
	kept map[uuid.UUID]ownMailer
}

// ownMailer is a tenant's mail server as of a version of its settings.
type ownMailer struct {
	version int
	sender  mail.Sender
}

// mostMailers bounds what is kept; opening a sender anew is cheap.
const mostMailers = 1000

// newMailers returns the senders of a server. box is nil outside of dev.
func newMailers(cfg *config.Config, box *mailbox.Box) (*mailers, error) {
	m := &mailers{kept: map[uuid.UUID]ownMailer{}}
	if !cfg.AllowPrivateTargets {
		m.guard = append(m.guard, smtp.WithDialGuard(smtp.PublicOnly))
	}
	if cfg.MailFrom != nil {
		m.from = cfg.MailFrom.String()
	}
	switch {
	case cfg.SMTPURL.IsSet():
		server, err := smtp.Open(cfg.SMTPURL.Reveal())
		if err != nil {
			return nil, err
		}
		m.server = server
	case box != nil:
		m.server = box
	}
	return m, nil
}

// can reports whether mails of a tenant have somewhere to go, and an address to come from.
func (m *mailers) can(t *tenants.Tenant) bool {
	return (m.server != nil || t.Settings.Mail.SMTPURL.IsSet()) && m.fromOf(t) != ""
}

func (m *mailers) fromOf(t *tenants.Tenant) string {
	if t.Settings.Mail.From != "" {
		return t.Settings.Mail.From
	}
	return m.from
}

// sender returns who sends a tenant's mails and from which address, or the fault mail_unavailable.
func (m *mailers) sender(t *tenants.Tenant) (mail.Sender, string, error) {
	if !m.can(t) {
		return nil, "", fault.New(fault.MailUnavailable)
	}
	if !t.Settings.Mail.SMTPURL.IsSet() {
		return m.server, m.fromOf(t), nil
	}
	own, err := m.own(t)
	return own, m.fromOf(t), err
}

func (m *mailers) own(t *tenants.Tenant) (mail.Sender, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept, ok := m.kept[t.ID]; ok && kept.version == t.Version {
		return kept.sender, nil
	}
	text, err := t.Reveal(t.Settings.Mail.SMTPURL)
	if err != nil {
		return nil, err
	}
	sender, err := smtp.Open(text, m.guard...)
	if err != nil {
		return nil, err
	}
	if len(m.kept) >= mostMailers {
		clear(m.kept)
	}
	m.kept[t.ID] = ownMailer{t.Version, sender}
	return sender, nil
}
