package smtp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
)

func TestFailuresAreFinalOnlyWhereTheMailIsRefused(t *testing.T) { // OPS-06
	t.Parallel()
	cases := []struct {
		mode      mailtest.Mode
		permanent bool
		code      string
		check     bool // whether Check fails too
	}{
		{mailtest.Deferring, false, "451 (4.3.0)", false},
		{mailtest.Rejecting, true, "550 (5.1.1)", false},
		{mailtest.Refusing, true, "554 (5.6.0)", false},
		{mailtest.Unhelpful, false, "535", true},
		{mailtest.Down, false, "", true},
	}
	for _, c := range cases {
		sink := mailtest.Start(t, mailtest.WithAuth("carol@x.test", "hunter2"))
		sink.Set(c.mode)
		s, err := Open(sink.URL())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Send(t.Context(), message(t))
		if err == nil || mail.Permanent(err) != c.permanent || !strings.Contains(err.Error(), c.code) {
			t.Errorf("mode %d: %v; want code %q, permanent %v", c.mode, err, c.code, c.permanent)
			continue
		}
		for _, personal := range []string{"alice", "carol", "hunter2", "acme.test"} {
			if strings.Contains(err.Error(), personal) {
				t.Errorf("mode %d: the error holds %q: %v", c.mode, personal, err)
			}
		}
		if err := s.Check(t.Context()); (err != nil) != c.check {
			t.Errorf("mode %d: check says %v", c.mode, err)
		}
		sink.Set(mailtest.Healthy)
		if err := s.Send(t.Context(), message(t)); err != nil {
			t.Errorf("mode %d: after it has passed: %v", c.mode, err)
		}
	}
}

func TestAMissingPasswordLeavesTheMailToBeSent(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t, mailtest.WithAuth("u", "p"))
	s, err := Open("smtp://" + sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), message(t)); err == nil || mail.Permanent(err) {
		t.Errorf("%v, want an error that leaves the mail to be sent", err)
	}
}

func TestInjectedHeadersReachNoServer(t *testing.T) { // INP-06
	t.Parallel()
	sink := mailtest.Start(t)
	s := open(t, sink, "")
	const injected = "\r\nBcc: eve@evil.test\r\n.\r\nMAIL FROM:<eve@evil.test>"
	for name, change := range map[string]func(*mail.Message){
		"id":       func(m *mail.Message) { m.ID += injected },
		"from":     func(m *mail.Message) { m.From = `"Acme` + injected + `" <no-reply@acme.test>` },
		"reply-to": func(m *mail.Message) { m.ReplyTo += injected },
		"to":       func(m *mail.Message) { m.To += injected },
		"subject":  func(m *mail.Message) { m.Subject += injected },
		"domain":   func(m *mail.Message) { m.To = "alice@x..test" },
	} {
		m := message(t)
		change(&m)
		if err := s.Send(t.Context(), m); !mail.Permanent(err) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if n := sink.Attempts(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestTheContextEndsAStalledConversation(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t)
	sink.Set(mailtest.Stalling)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := open(t, sink, "").Send(ctx, message(t)); !errors.Is(err, context.DeadlineExceeded) || mail.Permanent(err) {
		t.Errorf("caller's deadline: %v", err)
	}
	s := open(t, sink, "", WithTimeouts(time.Second, 50*time.Millisecond))
	if err := s.Send(t.Context(), message(t)); !errors.Is(err, context.DeadlineExceeded) || mail.Permanent(err) {
		t.Errorf("own deadline: %v", err)
	}
}

func TestAServerThatNeverGreetsIsLeft(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for _, scheme := range []string{"smtp://", "smtps://"} {
		s, err := Open(scheme+silent.Addr().String(), WithTimeouts(time.Second, 50*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}
