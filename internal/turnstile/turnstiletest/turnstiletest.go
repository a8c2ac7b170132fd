// Package turnstiletest is siteverify for tests: tokens that are good once, and every way of not answering.
//
// It asserts nothing about what it was asked; tests do.
package turnstiletest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/turnstile"
)

// The keys of the one widget that a server knows.
const (
	SiteKey = "0x4AAAAAAAtestsitekey"
	Secret  = "0x4AAAAAAAtestsecret"
)

// Asked is what a server was asked.
type Asked struct {
	Secret, Token, Address, Key string
	Fields                      int // how many there were
}

// Server is a siteverify. It is safe for concurrent use.
type Server struct {
	URL string

	mu      sync.Mutex
	asked   []Asked
	solved  map[string]*solution
	answer  func(http.ResponseWriter, *http.Request) // nil to look at tokens
	closing chan struct{}
}

type solution struct {
	hostname, action string
	usedBy           string // idempotency key
}

// New returns a server that listens on loopback until the test ends.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{solved: map[string]*solution{}, closing: make(chan struct{})}
	listener := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		close(s.closing)
		listener.Close()
	})
	s.URL = listener.URL + "/turnstile/v0/siteverify"
	return s
}

// Verifier returns one that asks this server.
func (s *Server) Verifier() *turnstile.Verifier { return turnstile.New(s.URL) }

// Solve returns a token of a captcha that somebody solved on a page of a host, which gave the widget an action, or none.
func (s *Server) Solve(hostname, action string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := fmt.Sprintf("solved.%d", len(s.solved)+1)
	s.solved[token] = &solution{hostname: hostname, action: action}
	return token
}

// Asked returns what the server was asked so far, oldest first.
func (s *Server) Asked() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Refuse lets the server answer everything with error codes.
func (s *Server) Refuse(codes ...string) {
	s.set(func(w http.ResponseWriter, _ *http.Request) { refuse(w, codes...) })
}

// Break lets the server answer everything with a status and a body.
func (s *Server) Break(status int, body string) {
	s.set(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// Drop lets the server close the connection of every request without an answer.
func (s *Server) Drop() {
	s.set(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// DropNext lets the server close the connection of the next request without an answer, as one that was kept too long.
func (s *Server) DropNext() {
	s.set(func(http.ResponseWriter, *http.Request) {
		s.Mend()
		panic(http.ErrAbortHandler)
	})
}

// Hang lets the server answer nothing until the client goes away. The channel tells of each request that hangs.
func (s *Server) Hang() <-chan struct{} {
	hanging := make(chan struct{}, 100)
	s.set(func(_ http.ResponseWriter, r *http.Request) {
		hanging <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
	})
	return hanging
}

// Mend ends Refuse, Break, Drop, DropNext and Hang.
func (s *Server) Mend() { s.set(nil) }

func (s *Server) set(answer func(http.ResponseWriter, *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.ParseForm() != nil || len(r.URL.RawQuery) > 0 {
		refuse(w, "bad-request")
		return
	}
	asked := Asked{
		r.PostForm.Get("secret"), r.PostForm.Get("response"), r.PostForm.Get("remoteip"),
		r.PostForm.Get("idempotency_key"), len(r.PostForm),
	}
	s.mu.Lock()
	s.asked = append(s.asked, asked)
	answer := s.answer
	s.mu.Unlock()
	if answer == nil {
		answer = func(w http.ResponseWriter, _ *http.Request) { s.judge(w, asked) }
	}
	w.Header().Set("Content-Type", "application/json")
	answer(w, r)
}

// judge answers as Cloudflare does: a token is good for one idempotency key.
func (s *Server) judge(w http.ResponseWriter, asked Asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, known := s.solved[asked.Token]
	switch {
	case asked.Secret == "":
		refuse(w, "missing-input-secret")
	case asked.Secret != Secret:
		refuse(w, "invalid-input-secret")
	case asked.Token == "":
		refuse(w, "missing-input-response")
	case !known:
		refuse(w, "invalid-input-response")
	case found.usedBy != "" && found.usedBy != asked.Key:
		refuse(w, "timeout-or-duplicate")
	default:
		found.usedBy = asked.Key
		write(w, map[string]any{
			"success": true, "error-codes": []string{}, "challenge_ts": "2026-01-01T00:00:00.000Z",
			"hostname": found.hostname, "action": found.action, "cdata": "",
		})
	}
}

func refuse(w http.ResponseWriter, codes ...string) {
	write(w, map[string]any{"success": false, "error-codes": codes, "messages": []string{}})
}

func write(w http.ResponseWriter, body map[string]any) { _ = json.NewEncoder(w).Encode(body) }
