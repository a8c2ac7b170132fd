package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// journal is what clients under load were promised, and what answers were wrong.
type journal struct {
	w        *world
	replicas []*replica

	mu      sync.Mutex
	people  []*person
	wrong   []string // answers that no outage excuses
	refused atomic.Int64
	mails   map[string]int // how many mails were promised to an address
}

// person is a user and what was acknowledged of it.
type person struct {
	email    string
	password string // the one acknowledged last
	unsure   string // one whose change had no answer; empty for none
	ended    []string
}

// load runs clients until stop is called; it waits for them. Each signs up, answers the mailed code, changes its password
// and ends a session, and waits out whatever is down.
func load(w *world, replicas []*replica, clients int) (_ *journal, stop func()) {
	j := &journal{w: w, replicas: replicas, mails: map[string]int{}}
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	for c := range clients {
		running.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				j.live(ctx, c, fmt.Sprintf("p%d-%d@x.test", c, n))
			}
		})
	}
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	w.t.Cleanup(stop)
	return j, stop
}

// call asks one replica after another until one gives an answer that is none about an outage. sure is false where an
// earlier try may have been done without an answer.
func (j *journal) call(ctx context.Context, first int, ask func(api) (answer, error)) (a answer, sure bool) {
	sure = true
	for i := first; ; i++ {
		r := j.replicas[i%len(j.replicas)]
		a, err := ask(r.api())
		switch {
		case err != nil:
			sure = false
		case a.Status == http.StatusServiceUnavailable:
			j.refused.Add(1)
			if a.Header.Get("Retry-After") == "" {
				j.blame("503 without Retry-After: %s", a)
			}
			sure = false // a commit whose answer was lost is told as an outage too
		case a.Status >= 500:
			j.blame("%s", a)
			sure = false
		default:
			return a, sure
		}
		select {
		case <-ctx.Done():
			return answer{}, false
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (j *journal) blame(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.wrong = append(j.wrong, fmt.Sprintf(format, args...))
}

func (j *journal) promise(email string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mails[email]++
}

func (j *journal) live(ctx context.Context, first int, email string) {
	asked, once := j.call(ctx, first, func(a api) (answer, error) { return a.signup(email, password) })
	if asked.Status != http.StatusOK {
		if asked.Status != 0 {
			j.blame("sign-up: %s", asked)
		}
		return
	}
	j.promise(email)
	in, sure := j.answer(ctx, first+1, email, asked.Challenge.ID, once)
	p := &person{email: email, password: password}
	switch {
	case in.AccessToken != "":
	case in.Status == http.StatusGone && !sure: // done, though the answer was lost: the user must be whole
		if in, _ = j.call(ctx, first, func(a api) (answer, error) { return a.login(email, password) }); in.AccessToken == "" {
			if in.Status != 0 {
				j.blame("log-in after a sign-up whose answer was lost: %s", in)
			}
			return
		}
	default:
		if in.Status != 0 {
			j.blame("right code: %s", in)
		}
		return
	}
	j.mu.Lock()
	j.people = append(j.people, p)
	j.mu.Unlock()
	j.change(ctx, first, p, in)
}

// answer answers a challenge with the code from its mail. Unless the sign-up was asked for once, an earlier one without an answer
// may have mailed a code too, which is not of this challenge: then each is tried, and a later mail is waited for.
func (j *journal) answer(ctx context.Context, first int, email, challenge string, once bool) (in answer, sure bool) {
	const wait = 60 * time.Second // longer than a lease: a worker may have died with the job in hand
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for seen := 0; ; {
		if _, err := j.w.mails.await(waiting, email, seen+1); err != nil {
			if ctx.Err() != nil {
				return answer{}, false
			}
			return in, sure
		}
		mails := j.w.mails.of(email)
		for _, m := range slices.Backward(mails[seen:]) {
			in, sure = j.call(ctx, first, func(a api) (answer, error) { return a.answerCode(challenge, m.Code()) })
			if once || in.Status != http.StatusUnauthorized {
				return in, sure
			}
		}
		seen = len(mails)
	}
}

// change changes the password and ends another session of a person.
func (j *journal) change(ctx context.Context, first int, p *person, in answer) {
	const next = "badgers measure the tide"
	other, _ := j.call(ctx, first, func(a api) (answer, error) { return a.login(p.email, password) })
	if other.AccessToken == "" {
		if other.Status != 0 {
			j.blame("log-in: %s", other)
		}
		return
	}
	gone, sure := j.call(ctx, first+1, func(a api) (answer, error) { return a.logout(other.AccessToken) })
	if gone.Status == http.StatusNoContent || gone.Status == http.StatusUnauthorized && !sure {
		p.ended = append(p.ended, other.RefreshToken)
	} else if gone.Status != 0 {
		j.blame("log-out: %s", gone)
	}
	p.unsure = next
	changed, sure := j.call(ctx, first, func(a api) (answer, error) { return a.changePassword(in.AccessToken, password, next) })
	switch {
	case changed.Status == http.StatusNoContent:
		p.password, p.unsure = next, ""
		j.promise(p.email)
	case changed.Status == http.StatusForbidden && !sure:
		p.password, p.unsure = next, "" // the lost answer was a yes
		j.promise(p.email)
	case changed.Status == 0:
	default:
		j.blame("change of a password: %s", changed)
	}
}

// verify checks that every promise is kept. mails is how long they may take from now on.
func (j *journal) verify(t *testing.T, least int, mails time.Duration) {
	t.Helper()
	for _, w := range j.wrong {
		t.Error("under load: " + w)
	}
	t.Logf("%d sign-ups were acknowledged, %d requests refused with 503", len(j.people), j.refused.Load())
	if len(j.people) < least {
		t.Errorf("%d sign-ups were acknowledged; fewer than %d show nothing", len(j.people), least)
	}
	a := j.replicas[0].api()
	for _, p := range j.people {
		for _, token := range p.ended {
			expect(t, 401)(a.refresh(token))
		}
		got := ask(a.login(p.email, p.password))
		if got.Status != 200 && p.unsure != "" {
			got = ask(a.login(p.email, p.unsure))
		}
		if got.Status != 200 {
			t.Errorf("an acknowledged user cannot log in: %s", got)
		}
		if p.password != password && p.unsure == "" {
			if got := ask(a.login(p.email, password)); got.Status != 401 {
				t.Errorf("an old password after an acknowledged change: %s", got)
			}
		}
	}
	j.verifyMails(t, mails)
	j.verifyRows(t)
}

func (j *journal) verifyMails(t *testing.T, limit time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for email, n := range j.mails {
		if _, err := j.w.mails.await(ctx, email, n); err != nil {
			t.Errorf("%d mails were promised: %v", n, err)
		}
	}
	copies := map[string]int{}
	for _, m := range j.w.sink.Messages() {
		copies[m.Header.Get("Message-Id")]++
	}
	for id, n := range copies {
		if n > 2 || id == "" {
			t.Errorf("%d copies of the mail %q", n, id)
		}
	}
}

// verifyRows looks for half users.
func (j *journal) verifyRows(t *testing.T) {
	t.Helper()
	for what, condition := range map[string]string{
		"address":   "SELECT FROM identifiers x WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id",
		"password":  "SELECT FROM password_credentials x WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id",
		"event":     "SELECT FROM events x WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id AND x.type = 'user.signed_up'",
		"session":   "SELECT FROM sessions x WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id",
		"throttles": "SELECT FROM throttles x WHERE x.tenant_id = u.tenant_id AND x.subject = 'user:' || u.id",
	} {
		if n := j.w.count("SELECT count(*) FROM users u WHERE NOT EXISTS (" + condition + ")"); n != 0 {
			t.Errorf("%d users without their %s", n, what)
		}
	}
	if n := j.w.count("SELECT count(*) FROM jobs WHERE status = 'dead'"); n != 0 {
		t.Errorf("%d dead jobs", n)
	}
}
