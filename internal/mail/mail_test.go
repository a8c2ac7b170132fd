package mail

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func valid() Message {
	return Message{
		ID: "job_01", From: `"Acme" <no-reply@acme.test>`, To: "alice@x.test", Subject: "Hello", Text: "Hello.\n",
	}
}

func TestAMessageOfGoodPartsIsValid(t *testing.T) {
	t.Parallel()
	m := valid()
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
	m.ReplyTo, m.HTML, m.To = "Acme support <help@acme.test>", "<p>Hello.</p>", "jürgen+tag@bücher.test"
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
}

func TestNoHeaderValueCanEndItsLine(t *testing.T) { // INP-06
	t.Parallel()
	fields := map[string]func(*Message) *string{
		"ID":      func(m *Message) *string { return &m.ID },
		"From":    func(m *Message) *string { return &m.From },
		"ReplyTo": func(m *Message) *string { return &m.ReplyTo },
		"To":      func(m *Message) *string { return &m.To },
		"Subject": func(m *Message) *string { return &m.Subject },
	}
	endings := []string{
		"\r\nBcc: eve@evil.test", "\nBcc: eve@evil.test", "\rBcc: eve@evil.test", "\x00", "\u0085", "\u2028",
		"\r\n.\r\nMAIL FROM:<eve@evil.test>", "\r\n\r\n<h1>Body</h1>", "\xff",
	}
	for name, field := range fields {
		for _, ending := range endings {
			for _, at := range []string{"start", "middle", "end"} {
				m := valid()
				m.ReplyTo = "help@acme.test"
				p := field(&m)
				switch half := len(*p) / 2; at {
				case "start":
					*p = ending + *p
				case "middle":
					*p = (*p)[:half] + ending + (*p)[half:]
				case "end":
					*p += ending
				}
				if err := m.Validate(); !Permanent(err) {
					t.Errorf("%s with %q at its %s: %v, want a refusal", name, ending, at, err)
				}
			}
		}
	}
}

func TestOnlyOneBareAddressIsMailed(t *testing.T) { // INP-06
	t.Parallel()
	for _, to := range []string{
		"", "alice", "alice@", "@x.test", "a@x.test, b@x.test", "a@x.test;b@x.test", "Claim your prize <a@x.test>",
		"<a@x.test>", "a@x.test (prize)", `"a b"@x.test`, " a@x.test", "a@x.test ", "a@x.test> SIZE=1",
		"team: a@x.test;", strings.Repeat("a", 250) + "@x.test",
	} {
		m := valid()
		m.To = to
		err := m.Validate()
		if !Permanent(err) {
			t.Errorf("to %q: %v, want a refusal", to, err)
		}
		if to != "" && err != nil && strings.Contains(err.Error(), to) {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
}

func TestPermanentSeesThroughWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	refused := fmt.Errorf("send: %w", Refused(cause))
	if !Permanent(refused) || !errors.Is(refused, cause) {
		t.Errorf("%v is not permanent or lost its cause", refused)
	}
	if Permanent(cause) || Permanent(nil) {
		t.Error("what nobody refused is permanent")
	}
}

func TestALoggedMessageShowsItsIDOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	m := valid()
	m.Code = "123456"
	slog.New(slog.NewTextHandler(&out, nil)).Info("send", "mail", m)
	if !strings.Contains(out.String(), "mail=job_01") || strings.Contains(out.String(), "alice") ||
		strings.Contains(out.String(), "123456") {
		t.Error(out.String())
	}
}
