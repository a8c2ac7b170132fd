package smtp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

const (
	schemePlain = "smtp"
	schemeTLS   = "smtps"
)

// server is a mail server and how to talk to it.
type server struct {
	scheme, host   string
	port           int
	user, password string
	policy         gomail.TLSPolicy
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// parse reads the forms that Open documents. The error of url.Parse is dropped, because it repeats the password.
func parse(rawURL string) (server, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return server{}, errors.New("mail server URL is malformed; write special characters of the password as %XX")
	}
	s := server{scheme: u.Scheme, host: u.Hostname(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	switch {
	case s.scheme != schemePlain && s.scheme != schemeTLS:
		return server{}, errors.New("mail server URL must begin with smtp:// or smtps://")
	case s.host == "" || u.Opaque != "" || u.Path != "" && u.Path != "/" || u.Fragment != "":
		return server{}, errors.New("mail server URL must be smtp://user:password@host:port and hold nothing else")
	case (s.user == "") != (s.password == ""):
		return server{}, errors.New("mail server URL needs both a user and a password, or neither")
	}
	if s.port, err = portOf(u); err != nil {
		return server{}, err
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return server{}, errors.New("parameters of the mail server URL are malformed")
	}
	for name, values := range query {
		if name != "starttls" || len(values) != 1 {
			return server{}, errors.New("mail server URL may have one parameter, starttls, once")
		}
	}
	s.policy, err = s.policyOf(query.Get("starttls"), query.Has("starttls"))
	return s, err
}

func portOf(u *url.URL) (int, error) {
	if u.Port() == "" {
		if u.Scheme == schemeTLS {
			return 465, nil
		}
		return 587, nil
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 1 || port > 65535 {
		return 0, errors.New("port of the mail server URL must be between 1 and 65535")
	}
	return port, nil
}

// policyOf decides about STARTTLS. A password is never sent in the clear over a network: asked to, it refuses.
func (s server) policyOf(mode string, given bool) (gomail.TLSPolicy, error) {
	if s.scheme == schemeTLS {
		if given {
			return 0, errors.New("smtps:// encrypts from the first byte; remove starttls from the mail server URL")
		}
		return gomail.NoTLS, nil
	}
	exposed := s.user != "" && !s.loopback()
	switch {
	case mode == "required", exposed && (mode == "optional" || !given):
		return gomail.TLSMandatory, nil
	case mode == "optional", !given:
		return gomail.TLSOpportunistic, nil
	case mode == "off" && exposed:
		return 0, errors.New("starttls=off would send the password in the clear; remove one of them")
	case mode == "off":
		return gomail.NoTLS, nil
	}
	return 0, fmt.Errorf("starttls of the mail server URL must be required, optional or off, not %q", mode)
}

func (s server) loopback() bool {
	if strings.EqualFold(s.host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(s.host)
	return err == nil && ip.Unmap().IsLoopback()
}

// mechanisms returns how to authenticate, best first. Those that show the password demand encryption, except to a
// loopback host.
func (s server) mechanisms() []gomail.SMTPAuthType {
	if s.scheme == schemePlain && s.loopback() {
		return []gomail.SMTPAuthType{
			gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc, gomail.SMTPAuthSCRAMSHA256,
		}
	}
	return []gomail.SMTPAuthType{gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthSCRAMSHA256}
}
