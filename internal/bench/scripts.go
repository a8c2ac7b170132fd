package main

import (
	"bytes"
	"fmt"
	"net/http"
)

// checks asks who one is, with one token after the other. Without again each is used once.
type checks struct {
	requests [][]byte
	at       int
	again    bool
}

func (c *checks) next() []byte {
	if c.at == len(c.requests) {
		if !c.again {
			return nil
		}
		c.at = 0
	}
	c.at++
	return c.requests[c.at-1]
}

func (c *checks) answered(status int, _ []byte) error { return want(http.StatusOK, status) }

// refreshes exchanges the refresh tokens of some sessions, one after the other, each for its successor.
type refreshes struct {
	sessions []*session
	at       int
}

func (r *refreshes) next() []byte {
	r.at = (r.at + 1) % len(r.sessions)
	s := r.sessions[r.at]
	return postRequest("/t/"+s.slug+"/v1/token", `{"refresh_token":"`+s.refresh+`"}`)
}

func (r *refreshes) answered(status int, body []byte) error {
	if err := want(http.StatusOK, status); err != nil {
		return err
	}
	const before = `"refresh_token":"`
	_, rest, found := bytes.Cut(body, []byte(before))
	token, _, closed := bytes.Cut(rest, []byte(`"`))
	if !found || !closed {
		return fmt.Errorf("an answer to a refresh has no refresh token")
	}
	r.sessions[r.at].refresh = string(token)
	return nil
}

// logins signs users in, one after the other.
type logins struct {
	requests [][]byte
	at       int
}

func (l *logins) next() []byte {
	l.at = (l.at + 1) % len(l.requests)
	return l.requests[l.at]
}

// A sign-in that waits too long for its hash is turned away: that is so by design.
func (l *logins) answered(status int, _ []byte) error {
	if status == http.StatusServiceUnavailable {
		return errRefused
	}
	return want(http.StatusOK, status)
}

func want(status, got int) error {
	if got != status {
		return fmt.Errorf("the server answered %d, not %d", got, status)
	}
	return nil
}

// split deals things out to n clients, in turn.
func split[T any](things []T, n int) [][]T {
	out := make([][]T, n)
	for i, thing := range things {
		out[i%n] = append(out[i%n], thing)
	}
	return out
}

// checkScripts are session checks by n clients.
func checkScripts(sessions []*session, n int, again bool) []script {
	var out []script
	for _, some := range split(sessions, n) {
		c := &checks{again: again}
		for _, s := range some {
			c.requests = append(c.requests, getRequest("/t/"+s.slug+"/v1/me", s.access))
		}
		if len(c.requests) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func refreshScripts(sessions []*session, n int) []script {
	var out []script
	for _, some := range split(sessions, n) {
		if len(some) > 0 {
			out = append(out, &refreshes{sessions: some})
		}
	}
	return out
}

func loginScripts(users []user, password string, n int) []script {
	var out []script
	for _, some := range split(users, n) {
		l := &logins{}
		for _, u := range some {
			l.requests = append(l.requests, loginRequest(u, password))
		}
		if len(some) > 0 {
			out = append(out, l)
		}
	}
	return out
}

func loginRequest(u user, password string) []byte {
	return postRequest("/t/"+u.slug+"/v1/login", `{"identifier":"`+u.email+`","password":"`+password+`"}`)
}

// repeated asks the same n times.
func repeated(request []byte, n int) []script {
	out := make([]script, n)
	for i := range out {
		out[i] = &checks{requests: [][]byte{request}, again: true}
	}
	return out
}
