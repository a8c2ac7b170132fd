package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is a mail server in this process that counts what it takes and keeps nothing.
type sink struct {
	server *smtp.Server
	addr   string

	mu      sync.Mutex
	taken   int
	arrived chan struct{} // closed and replaced with each mail
}

func startSink(ctx context.Context) (*sink, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a mail server: %w", err)
	}
	s := &sink{addr: l.Addr().String(), arrived: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return delivery{s}, nil }))
	s.server.Domain = "localhost"
	s.server.ErrorLog = log.New(io.Discard, "", 0) // connections that end with the server
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

func (s *sink) url() string { return "smtp://" + s.addr + "?starttls=off" }

func (s *sink) stop() { _ = s.server.Close() }

// count returns how many mails were taken so far.
func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// await returns once n mails were taken in all.
func (s *sink) await(n int) error {
	patience := time.NewTimer(untilDone)
	defer patience.Stop()
	for {
		s.mu.Lock()
		taken, arrived := s.taken, s.arrived
		s.mu.Unlock()
		if taken >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-patience.C:
			return fmt.Errorf("the mail server took %d mails of %d", taken, n)
		}
	}
}

// delivery is a connection.
type delivery struct{ to *sink }

func (d delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (d delivery) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (d delivery) Reset()                               {}
func (d delivery) Logout() error                        { return nil }

func (d delivery) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	d.to.mu.Lock()
	defer d.to.mu.Unlock()
	d.to.taken++
	close(d.to.arrived)
	d.to.arrived = make(chan struct{})
	return nil
}
