// Package mailtest is a mail server for tests: it takes every mail, hands it to nobody, and fails on request.
//
// It is test support only. What a mail must say is tested where the mail is made.
package mailtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-smtp"
)

// Mode is how a Sink behaves towards what comes next.
type Mode int32

// The modes.
const (
	Healthy   Mode = iota // takes every mail
	Down                  // drops connections as they come in
	Deferring             // answers 451 to every recipient
	Rejecting             // answers 550 to every recipient
	Refusing              // answers 554 to every mail, once it has arrived in full
	Unhelpful             // answers 535 to every attempt to authenticate
	Stalling              // never answers a recipient
)

// Option changes a Sink.
type Option func(*Sink)

// WithStartTLS offers STARTTLS.
func WithStartTLS() Option { return func(s *Sink) { s.startTLS = true } }

// WithTLS speaks TLS from the first byte, as smtps does.
func WithTLS() Option { return func(s *Sink) { s.tls = true } }

// WithAuth offers AUTH PLAIN, in the clear too, and takes mails only from who knows these.
func WithAuth(user, password string) Option {
	return func(s *Sink) { s.user, s.password = user, password }
}

// Sink is a mail server on a free port of 127.0.0.1.
type Sink struct {
	user, password string
	startTLS, tls  bool
	cert           certificate
	addr           string
	mode           atomic.Int32
	stopped        chan struct{}

	mu       sync.Mutex
	messages []Message
	arrived  chan struct{} // closed and replaced with each mail
	attempts int
}

// Start starts a sink that ends with the test.
func Start(t testing.TB, opts ...Option) *Sink {
	t.Helper()
	s := &Sink{stopped: make(chan struct{}), arrived: make(chan struct{})}
	for _, o := range opts {
		o(s)
	}
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain = "sink.test"
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0) // what a test breaks on purpose is not news
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s.addr = listener.Addr().String()
	listener = &gate{Listener: listener, sink: s}
	if s.startTLS || s.tls {
		if s.cert, err = newCertificate(); err != nil {
			t.Fatalf("make certificate: %v", err)
		}
	}
	config := &tls.Config{Certificates: []tls.Certificate{s.cert.pair}, MinVersion: tls.VersionTLS12}
	switch {
	case s.tls:
		listener = tls.NewListener(listener, config)
	case s.startTLS:
		server.TLSConfig = config
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		close(s.stopped)
		_ = server.Close()
		_ = listener.Close() // a server that had not begun to serve does not know it
		<-served
	})
	return s
}

// URL returns the address in the form that internal/mail/smtp opens, with user and password where they are asked.
func (s *Sink) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.addr}
	if s.tls {
		u.Scheme = "smtps"
	}
	if s.user != "" {
		u.User = url.UserPassword(s.user, s.password)
	}
	return u.String()
}

// Addr returns host and port.
func (s *Sink) Addr() string { return s.addr }

// Roots returns a pool with the certificate of a sink that has TLS, which is valid for localhost and 127.0.0.1.
func (s *Sink) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	if s.cert.parsed != nil {
		pool.AddCert(s.cert.parsed)
	}
	return pool
}

// CertPEM returns the same certificate for a process that reads SSL_CERT_FILE.
func (s *Sink) CertPEM() []byte { return s.cert.pem }

// Set changes how the sink behaves from now on. Connections that are open when it goes Down stay open.
func (s *Sink) Set(m Mode) { s.mode.Store(int32(m)) }

func (s *Sink) is(m Mode) bool { return Mode(s.mode.Load()) == m }

// Attempts returns how many connections came in, those that were dropped included.
func (s *Sink) Attempts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts
}

// Messages returns the mails taken so far, oldest first.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Await returns the mails once there are n of them, or the error of ctx.
func (s *Sink) Await(ctx context.Context, n int) ([]Message, error) {
	for {
		s.mu.Lock()
		messages, arrived := slices.Clone(s.messages), s.arrived
		s.mu.Unlock()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return messages, ctx.Err()
		}
	}
}

func (s *Sink) take(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// gate drops connections at the door while the sink is down.
type gate struct {
	net.Listener
	sink *Sink
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.sink.mu.Lock()
		g.sink.attempts++
		g.sink.mu.Unlock()
		if !g.sink.is(Down) {
			return conn, nil
		}
		_ = conn.(*net.TCPConn).SetLinger(0) // a reset, as from a port where nobody listens
		_ = conn.Close()
	}
}
