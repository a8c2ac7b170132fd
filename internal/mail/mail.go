// Package mail owns what the service writes to people: the closed list of mails, their words, and the shape in
// which a sender takes them.
//
// It sends nothing. internal/mail/smtp hands messages to a mail server, internal/mail/mailbox keeps them for a
// developer to read, and the job worker decides when a message is tried again.
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Message is one mail to one person. From and ReplyTo may carry a display name; To is a bare address.
type Message struct {
	ID                string // names the mail; the same on every try, so that two copies can be recognised
	From, ReplyTo, To string // ReplyTo may be empty
	Subject           string
	Text, HTML        string // the same content twice; HTML may be empty

	// Code and Link repeat what the body says. Only the development mailbox reads them.
	Code, Link string
}

// Sender hands messages over. It is safe for concurrent use. Its errors hold no address, and Permanent tells
// whether another try makes sense. A message may arrive twice where the answer of a mail server was lost.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// LogValue names the message and nothing in it: the rest is personal or secret.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.ID) }

// maxAddress is the longest forward path without its brackets (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// Validate says what is wrong with a message, as a refusal (see Permanent). Every Sender calls it first, so that no
// header can be written through any of its values.
func (m Message) Validate() error {
	headers := []struct{ name, value string }{
		{"id", m.ID}, {"from", m.From}, {"reply-to", m.ReplyTo}, {"to", m.To}, {"subject", m.Subject},
	}
	for _, h := range headers {
		if h.value == "" && h.name != "reply-to" {
			return Refused(fmt.Errorf("mail without %s", h.name))
		}
		if !oneLine(h.value) {
			return Refused(fmt.Errorf("mail header %s holds control characters", h.name))
		}
	}
	if strings.ContainsFunc(m.ID, func(r rune) bool { return !isAtom(r) }) {
		return Refused(errors.New("mail id holds characters other than letters, digits, - and _"))
	}
	if _, err := netmail.ParseAddress(m.From); err != nil {
		return Refused(errors.New("mail from no valid address"))
	}
	if _, err := netmail.ParseAddress(m.ReplyTo); m.ReplyTo != "" && err != nil {
		return Refused(errors.New("mail with no valid address to reply to"))
	}
	if !bareAddress(m.To) {
		return Refused(errors.New("mail to no valid address"))
	}
	if m.Text == "" || !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) {
		return Refused(errors.New("mail without a text, or with one that is not UTF-8"))
	}
	return nil
}

// bareAddress reports whether s is one address that net/mail reads back unchanged: no display name, list, comment
// or quoted local part, none of which a person types and all of which mail servers read differently.
func bareAddress(s string) bool {
	a, err := netmail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= maxAddress
}

// oneLine reports whether s is UTF-8 that cannot end a line, whatever reads it.
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

func isAtom(r rune) bool {
	return r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// refusal marks an error that another try would meet again.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// Refused marks err as final: the message itself was refused, and sending it again is pointless.
func Refused(err error) error { return refusal{err} }

// Permanent reports whether an error of a Sender or of Render is final. Anything else, such as a server that is down
// or does not know our password, has to do with the moment and not with the message: try again later.
func Permanent(err error) bool {
	var r refusal
	return errors.As(err, &r)
}
