package dialecttest

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// raced plays over three replicas, on SQLite and on Postgres with Redis.
func raced(t *testing.T, d Driver) {
	enrols := d.EnrolTOTP != nil && d.SecondFactor != nil
	for _, c := range []struct {
		name    string
		applies bool
		play    func(*Wire, []*webtest.Env)
	}{
		{"one address signs up once, in parallel too: RAC-01", true, racedSignUp},
		{"a code of the app is good once, in parallel too: MFA-04", enrols, racedApp},
		{"a recovery code is good once, in parallel too: MFA-08", enrols, racedRecovery},
		{"a mailed code is good once, in parallel too: OTC-05", d.AskCode != nil, racedCode},
		{"a reset's token is good once, in parallel too: OTC-05", d.Reset != nil, racedReset},
		{"ten failures are all, in parallel too: MFA-03, RTL-04", true, racedFailures},
		{"parallel refreshes log nobody out: SES-02", d.Refresh != nil, racedRefresh},
		{"what ends here ends there: SES-04", d.SignOut != nil, endedElsewhere},
	} {
		if !c.applies {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
				var replicas []*webtest.Env
				for _, r := range env.Replicas(t, 3) {
					replicas = append(replicas, Serve(t, r))
				}
				w := Enable(t, replicas[0], d)
				for _, r := range replicas {
					r.Poll(t)
				}
				c.play(w, replicas)
			})
		})
	}
}

// racers is how many do the same thing at once.
const racers = 24

// everywhere runs do at once for copies of people, one per replica in turn, and counts the states and statuses.
func everywhere(replicas []*webtest.Env, people []*Person, do func(*Person) Outcome) (states map[State]int, statuses map[int]int) {
	out := make([]Outcome, len(people))
	flowtest.Parallel(len(people), func(i int) { out[i] = do(people[i].At(replicas[i%len(replicas)])) })
	states, statuses = map[State]int{}, map[int]int{}
	for _, o := range out {
		states[o.State]++
		statuses[o.Status]++
	}
	return states, statuses
}

func racedSignUp(w *Wire, replicas []*webtest.Env) {
	var people []*Person
	for i := range racers / 2 {
		p := w.Person("annabel")
		p.Username += string(rune('a' + i))
		if i%2 == 1 {
			p.Email = strings.ToUpper(p.Email)
		}
		people = append(people, p)
	}
	if w.AskCode != nil { // each would race for the other's mail
		people = people[:1]
	}
	_, statuses := everywhere(replicas, people, w.SignUp)
	if n := w.Facts(events.UserSignedUp); n > 1 {
		w.T.Errorf("%d users: %v", n, statuses)
	}
	for status := range statuses {
		if status == 500 {
			w.T.Errorf("statuses %v", statuses)
		}
	}
}

// freely lifts the limits that would stop the racers.
func (w *Wire) freely(replicas []*webtest.Env) {
	w.Env.Set(w.T, webtest.Acme, "abuse.account_failures=1000/15m", "abuse.account_daily=10000/24h", "abuse.tenant_failures=100000/1m")
	for _, r := range replicas {
		r.Poll(w.T)
	}
}

// halves are people who owe the second factor, each in a sign-in of their own.
func (w *Wire) halves(p *Person, replicas []*webtest.Env) []*Person {
	w.T.Helper()
	var out []*Person
	for i := range racers {
		half := p.Elsewhere().At(replicas[i%len(replicas)])
		w.Want(w.First(half), NeedsSecond)
		out = append(out, half)
	}
	return out
}

func racedApp(w *Wire, replicas []*webtest.Env) {
	w.freely(replicas)
	ann := w.JoinWithApp("annabel")
	halves, code := w.halves(ann, replicas), ann.TOTP()
	states, statuses := everywhere(replicas, halves, func(p *Person) Outcome { return w.SecondFactor(p, code) })
	if states[SignedIn] != 1 {
		w.T.Errorf("%v %v", states, statuses)
	}
}

func racedRecovery(w *Wire, replicas []*webtest.Env) {
	w.freely(replicas)
	ann := w.JoinWithApp("annabel")
	code := w.Codes(ann)[0]
	states, statuses := everywhere(replicas, w.halves(ann, replicas), func(p *Person) Outcome { return w.SecondFactor(p, code) })
	if states[SignedIn] != 1 {
		w.T.Errorf("%v %v", states, statuses)
	}
}

// many are copies of a person at clients of their own.
func many(p *Person) []*Person {
	var out []*Person
	for range racers {
		out = append(out, p.Elsewhere())
	}
	return out
}

func racedCode(w *Wire, replicas []*webtest.Env) {
	w.freely(replicas)
	ann := w.Join("annabel")
	code := w.ask(ann.Elsewhere())
	states, statuses := everywhere(replicas, many(ann), func(p *Person) Outcome { return w.SignIn(p, code) })
	if states[SignedIn] != 1 {
		w.T.Errorf("%v %v", states, statuses)
	}
}

func racedReset(w *Wire, replicas []*webtest.Env) {
	w.freely(replicas)
	ann := w.Join("annabel")
	w.Want(w.RequestReset(ann.Elsewhere()), Done)
	token := w.Mail(ann)
	var n atomic.Int32
	_, statuses := everywhere(replicas, many(ann), func(p *Person) Outcome {
		o := w.Reset(p, token, otherPassword)
		if o.State != Refused {
			n.Add(1)
		}
		return o
	})
	if n.Load() != 1 {
		w.T.Errorf("%d resets: %v", n.Load(), statuses)
	}
}

func racedFailures(w *Wire, replicas []*webtest.Env) {
	ann := w.Join("annabel")
	secret := wrongPassword
	if w.AskCode != nil {
		secret = Swapped(w.ask(ann.Elsewhere()))
	}
	_, statuses := everywhere(replicas, many(ann), func(p *Person) Outcome { return w.SignIn(p, secret) })
	if n := w.Facts(events.SignInRefused); n == 0 || n > 10 {
		w.T.Errorf("%d guesses were evaluated: %v", n, statuses)
	}
}

func racedRefresh(w *Wire, replicas []*webtest.Env) {
	ann := w.Join("annabel")
	var people []*Person
	for range racers {
		people = append(people, ann.Copy())
	}
	states, statuses := everywhere(replicas, people, w.Refresh)
	if states[SignedIn] != racers {
		w.T.Errorf("%v %v", states, statuses)
	}
	w.In(ann)
}

func endedElsewhere(w *Wire, replicas []*webtest.Env) {
	ann := w.Join("annabel")
	for _, r := range replicas {
		r.Poll(w.T)
		w.In(ann.At(r)) // and is cached
	}
	held := ann.Copy()
	if o := w.SignOut(ann); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	for _, r := range replicas {
		if w.Refresh != nil {
			w.Want(w.Refresh(held.At(r)), Refused) // at once
		}
		r.Poll(w.T)
		w.Out(held.At(r))
	}
}
