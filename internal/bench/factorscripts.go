package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
)

// passkeys signs users in with their passkeys, one after the other. A sign-in is two requests.
type passkeys struct {
	holders []user
	at      int
	asked   *asked // between the two
	err     error
}

// asked is what the answer to /login/passkey tells.
type asked struct {
	Challenge struct {
		ID        string `json:"id"`
		PublicKey struct {
			Challenge string `json:"challenge"`
		} `json:"public_key"`
	} `json:"challenge"`
}

func (p *passkeys) next() []byte {
	if p.asked == nil {
		p.at = (p.at + 1) % len(p.holders)
		return postRequest("/t/"+p.holders[p.at].slug+"/v1/login/passkey", "{}")
	}
	u, c := p.holders[p.at], p.asked.Challenge
	p.asked = nil
	credential, err := u.passkey.answer(c.PublicKey.Challenge)
	if err != nil {
		p.err = err // told with the answer, which ends the run
	}
	return answerRequest(u.slug, c.ID, fmt.Sprintf(`{"factor":"passkey","credential":%s}`, credential))
}

func (p *passkeys) answered(status int, body []byte) error {
	if p.err != nil {
		return p.err
	}
	if err := want(http.StatusOK, status); err != nil {
		return err
	}
	if isSignedIn(body) {
		return nil
	}
	var a asked
	if err := json.Unmarshal(body, &a); err != nil || a.Challenge.PublicKey.Challenge == "" {
		return errors.New("an answer to a sign-in with a passkey asks for none")
	}
	p.asked = &a
	return errUnfinished
}

func passkeyScripts(holders []user, n int) []script {
	var out []script
	for _, some := range split(holders, n) {
		if len(some) > 0 {
			out = append(out, &passkeys{holders: some})
		}
	}
	return out
}

// pending is a challenge that a code answers, once.
type pending struct {
	slug, id string
	factor   string
	code     func() (string, error)
}

// answers answers challenges, each once.
type answers struct {
	pending []*pending
	err     error
}

func (a *answers) next() []byte {
	if len(a.pending) == 0 {
		return nil
	}
	p := a.pending[0]
	a.pending = a.pending[1:]
	code, err := p.code()
	a.err = err // likewise
	return answerRequest(p.slug, p.id, fmt.Sprintf(`{"factor":%q,"code":%q}`, p.factor, code))
}

func (a *answers) answered(status int, body []byte) error {
	if a.err != nil {
		return a.err
	}
	if err := want(http.StatusOK, status); err != nil {
		return err
	}
	if !isSignedIn(body) {
		return errors.New("an answer to a challenge does not sign in")
	}
	return nil
}

func answerScripts(all []*pending, n int) []script {
	var out []script
	for _, some := range split(all, n) {
		if len(some) > 0 {
			out = append(out, &answers{pending: some})
		}
	}
	return out
}

// mailing asks for codes. Whoever gets the last answer of all waits until every mail has left.
type mailing struct {
	checks
	left  *atomic.Int64 // of all clients
	await func() error
}

func (m *mailing) answered(status int, _ []byte) error {
	if err := want(http.StatusOK, status); err != nil {
		return err
	}
	if m.left.Add(-1) > 0 {
		return nil
	}
	return m.await()
}

func mailScripts(users []user, n int, mails *sink) []script {
	left := &atomic.Int64{}
	left.Store(int64(len(users)))
	before := mails.count()
	var out []script
	for _, some := range split(users, n) {
		m := &mailing{left: left, await: func() error { return mails.await(before + len(users)) }}
		for _, u := range some {
			m.requests = append(m.requests, postRequest("/t/"+u.slug+"/v1/login/code", `{"identifier":"`+u.email+`"}`))
		}
		if len(some) > 0 {
			out = append(out, m)
		}
	}
	return out
}

func answerRequest(slug, challenge, body string) []byte {
	return postRequest("/t/"+slug+"/v1/challenges/"+challenge, body)
}

func isSignedIn(body []byte) bool { return bytes.Contains(body, []byte(`"access_token":"`)) }
