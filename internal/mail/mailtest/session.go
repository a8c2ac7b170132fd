package mailtest

import (
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one connection.
type session struct {
	sink *Sink
	conn *smtp.Conn
	user string // who authenticated
	from string
	to   []string
}

func (s *Sink) session(conn *smtp.Conn) (smtp.Session, error) {
	return &session{sink: s, conn: conn}, nil
}

func (s *session) AuthMechanisms() []string {
	if s.sink.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism != sasl.Plain || s.sink.user == "" {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.sink.is(Unhelpful) || user != s.sink.user || password != s.sink.password {
			return &smtp.SMTPError{
				Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Wrong password for " + user,
			}
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.sink.user != "" && s.user == "" {
		return &smtp.SMTPError{
			Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authenticate first",
		}
	}
	s.from = from
	return nil
}

// Rcpt repeats the address in its refusals, as real servers do: nobody may log such an answer.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch Mode(s.sink.mode.Load()) {
	case Deferring:
		return &smtp.SMTPError{
			Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: fmt.Sprintf("<%s>: try later", to),
		}
	case Rejecting:
		return &smtp.SMTPError{
			Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: fmt.Sprintf("<%s>: no such user", to),
		}
	case Stalling:
		<-s.sink.stopped
		return errors.New("stopped")
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.sink.is(Refusing) {
		return &smtp.SMTPError{
			Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: fmt.Sprintf("not for %s", s.to),
		}
	}
	_, encrypted := s.conn.TLSConnectionState()
	m := Message{EnvelopeFrom: s.from, EnvelopeTo: s.to, User: s.user, TLS: encrypted, Raw: raw}
	if err := m.parse(); err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	s.sink.take(m)
	return nil
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }
