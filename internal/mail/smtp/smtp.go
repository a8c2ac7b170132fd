// Package smtp hands mails to a mail server over SMTP, one connection a mail.
//
// It owns the connection: encryption, who we are to the server, deadlines, and which answers are final. What a mail
// says belongs to internal/mail, and when it is tried again to the job worker.
package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"syscall"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// Sender is a mail server. It is safe for concurrent use and holds nothing open between mails.
type Sender struct {
	server server
	now    clock.Clock
	guard  func(network, address string) error
	roots  *x509.CertPool
	dial   time.Duration
	whole  time.Duration
}

var _ mail.Sender = (*Sender)(nil)

// Option changes a Sender.
type Option func(*Sender)

// WithClock sets the clock that dates mails.
func WithClock(now clock.Clock) Option { return func(s *Sender) { s.now = now } }

// WithDialGuard has every address, as resolved and right before it is dialled, allowed by guard. Servers that tenants
// name need one: see PublicOnly.
func WithDialGuard(guard func(network, address string) error) Option {
	return func(s *Sender) { s.guard = guard }
}

// WithRootCAs sets whose certificates are believed, instead of the system's.
func WithRootCAs(pool *x509.CertPool) Option { return func(s *Sender) { s.roots = pool } }

// WithTimeouts sets how long connecting (default 5 s) and the whole conversation (default 20 s) may take.
func WithTimeouts(dial, whole time.Duration) Option {
	return func(s *Sender) { s.dial, s.whole = dial, whole }
}

// Open reads where and how to send. It connects to nothing. Its errors do not repeat the URL, which holds a password.
//
//	smtp://user:password@host:587              STARTTLS demanded, because a password travels
//	smtp://host:25                             STARTTLS where the server offers it
//	smtp://host:25?starttls=required           STARTTLS, or no mail
//	smtp://host:25?starttls=off                in the clear; with a password only to a loopback host
//	smtps://user:password@host:465             TLS from the first byte
//
// The ports shown for the first and the last are the defaults. Certificates are verified whenever there is TLS.
func Open(rawURL string, opts ...Option) (*Sender, error) {
	where, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	s := &Sender{server: where, now: clock.Now, dial: 5 * time.Second, whole: 20 * time.Second}
	for _, o := range opts {
		o(s)
	}
	return s, nil
}

// String names the server, without user and password.
func (s *Sender) String() string { return s.server.scheme + "://" + s.server.address() }

// Send hands one mail over. It returns nil once the server has taken it, whatever happens to the connection
// afterwards. Errors hold the server's code but not its words, which like to repeat addresses.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	msg, err := compose(m, s.now())
	if err != nil {
		return err
	}
	err = s.converse(ctx, func(c *gomail.Client, conn *smtp.Client) error {
		err := c.SendWithSMTPClient(conn, msg)
		if msg.IsDelivered() {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// Check connects, encrypts and authenticates as for a mail, and sends none.
func (s *Sender) Check(ctx context.Context) error {
	err := s.converse(ctx, func(*gomail.Client, *smtp.Client) error { return nil })
	if err != nil {
		return fmt.Errorf("check mail server: %w", err)
	}
	return nil
}

// converse runs use on a ready connection. Everything ends when ctx does or the time is up.
func (s *Sender) converse(ctx context.Context, use func(*gomail.Client, *smtp.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.whole)
	defer cancel()
	client, err := s.client(func(dialCtx context.Context, _, _ string) (net.Conn, error) {
		conn, err := s.connect(dialCtx)
		if err != nil {
			return nil, err
		}
		// The library closes no connection whose greeting, STARTTLS or AUTH fails, and minds ctx only while dialling.
		// Our ctx ends on every way out of here.
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		return s.encrypt(dialCtx, conn)
	})
	if err != nil {
		return fmt.Errorf("prepare client: %w", err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err == nil {
		err = use(client, conn)
	}
	switch {
	case err == nil:
		_ = client.CloseWithSMTPClient(conn)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return scrub(err)
}

func (s *Sender) connect(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: s.dial}
	if s.guard != nil {
		dialer.Control = func(network, address string, _ syscall.RawConn) error { return s.guard(network, address) }
	}
	return dialer.DialContext(ctx, "tcp", s.server.address())
}

// encrypt begins TLS where the server speaks it from the first byte.
func (s *Sender) encrypt(ctx context.Context, conn net.Conn) (net.Conn, error) {
	if s.server.scheme != schemeTLS {
		return conn, nil
	}
	encrypted := tls.Client(conn, s.tlsConfig())
	return encrypted, encrypted.HandshakeContext(ctx)
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// client returns a client for one connection: the library's remembers things about the last one.
func (s *Sender) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	opts := []gomail.Option{
		// A little longer than our own deadline, which is the one to report.
		gomail.WithDialContextFunc(dial), gomail.WithTimeout(s.whole + time.Second), gomail.WithTLSConfig(s.tlsConfig()),
		gomail.WithTLSPolicy(s.server.policy), gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	if s.server.scheme == schemeTLS {
		opts = append(opts, gomail.WithSSL())
	}
	if s.server.user != "" {
		opts = append(opts, gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password),
			gomail.WithOpportunisticSMTPAuth(s.server.mechanisms()...))
	}
	return gomail.NewClient(s.server.host, opts...)
}
