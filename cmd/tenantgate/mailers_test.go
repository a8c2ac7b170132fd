package main

import (
	"errors"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
	"github.com/tenantgate/tenantgate/internal/mail/smtp"
)

func mailersOf(t *testing.T, cfg *config.Config) *mailers {
	t.Helper()
	m, err := newMailers(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func note(to string) mail.Message {
	return mail.Message{ID: "note", From: "a@tenant.example", To: to, Subject: "Note", Text: "Text"}
}

func TestATenantsOwnMailServerSendsItsMails(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t)
	env := flowtest.New(t)
	env.Set(t, flowtest.Acme, "mail.smtp_url="+sink.URL(), "mail.from=no-reply@acme.example")
	m := mailersOf(t, &config.Config{AllowPrivateTargets: true})
	acme, globex := env.Tenant(t, flowtest.Acme), env.Tenant(t, flowtest.Globex)
	if !m.can(acme) || m.can(globex) {
		t.Errorf("can mail: acme %t, globex %t", m.can(acme), m.can(globex))
	}
	if _, _, err := m.sender(globex); fault.CodeOf(err) != fault.MailUnavailable {
		t.Errorf("a tenant without a mail server: %v", err)
	}
	sender, from, err := m.sender(acme)
	if err != nil || from != "no-reply@acme.example" {
		t.Fatalf("from %q, %v", from, err)
	}
	if err := sender.Send(t.Context(), note("ann@example.com")); err != nil || len(sink.Messages()) != 1 {
		t.Errorf("%d mails arrived, %v", len(sink.Messages()), err)
	}
	again, _, _ := m.sender(acme)
	env.Set(t, flowtest.Acme, "mail.smtp_url=smtp://mail.acme.example:2525")
	changed, _, err := m.sender(env.Tenant(t, flowtest.Acme))
	if err != nil || again != sender || changed == sender {
		t.Errorf("the sender is kept: %t, and made anew after a change: %t (%v)", again == sender, changed != sender, err)
	}
}

func TestATenantsMailServerIsNotDialledInsideTheOperatorsNetwork(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t)
	env := flowtest.New(t)
	env.Set(t, flowtest.Acme, "mail.smtp_url="+sink.URL(), "mail.from=no-reply@acme.example")
	sender, _, err := mailersOf(t, &config.Config{}).sender(env.Tenant(t, flowtest.Acme))
	if err != nil {
		t.Fatal(err)
	}
	err = sender.Send(t.Context(), note("ann@example.com"))
	if !errors.Is(err, smtp.ErrNotPublic) || len(sink.Messages()) != 0 {
		t.Errorf("sent with %v, %d mails arrived", err, len(sink.Messages()))
	}
}
