package smtp

import (
	"errors"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/tenantgate/tenantgate/internal/mail"
)

// compose turns a message into the library's. Its errors are refusals.
func compose(m mail.Message, now time.Time) (*gomail.Msg, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from, err := address(m.From)
	if err != nil {
		return nil, err
	}
	to, err := address(m.To)
	if err != nil {
		return nil, err
	}
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	if m.ReplyTo != "" {
		reply, err := address(m.ReplyTo)
		if err != nil {
			return nil, err
		}
		msg.ReplyToMailAddress(reply)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(now)
	msg.SetMessageIDWithValue(m.ID + from.Address[strings.LastIndexByte(from.Address, '@'):])
	// RFC 3834: absence notices and other robots do not answer.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// address reads an address and writes its domain in ASCII, which every server takes; a local part in other letters
// needs one with SMTPUTF8.
func address(s string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return nil, mail.Refused(errors.New("mail holds an invalid address"))
	}
	at := strings.LastIndexByte(a.Address, '@')
	domain, err := idna.Lookup.ToASCII(a.Address[at+1:])
	if err != nil {
		return nil, mail.Refused(errors.New("mail holds an address with an invalid domain"))
	}
	a.Address = a.Address[:at+1] + domain
	return a, nil
}
