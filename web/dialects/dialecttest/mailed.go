package dialecttest

import (
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func mailed(d Driver) []play {
	codes, resets := d.AskCode != nil, d.RequestReset != nil && d.Reset != nil
	return []play{
		{"a mailed code is good once, the newest alone: OTC-03, OTC-04", codes, mailedOnce},
		{"codes.tries wrong codes burn a mailed code: OTC-01", codes, mailedTries},
		{"a mailed code is its address's: OTC-07", codes, mailedAddress},
		{"a mailed code ends after its time: OTC-08", codes, mailedExpiry},
		{"what is no code is no match: OTC-12", codes, mailedShapes},
		{"unknown addresses get the same answer and no mail: PWD-08", codes, mailedUnknown},
		{"a reset's token ends after its time: OTC-08", resets, resetExpiry},
		{"a reset is its user's, whoever sends it along: OTC-07", resets, resetAddress},
		{"one address gets only so many mails: OTC-11", codes || resets, mailLimit},
		{"a mailed link leads to the tenant's own site: OTC-09", codes || resets, mailedLink},
	}
}

// ask asks for a code, when it may.
func (w *Wire) ask(p *Person) string {
	w.T.Helper()
	w.Env.Clock.Advance(time.Minute)
	w.Want(w.AskCode(p), Done)
	return w.Mail(p)
}

func mailedOnce(w *Wire) {
	ann := w.Join("annabel")
	first := w.ask(ann.Elsewhere())
	second := w.ask(ann.Elsewhere())
	w.Refuses(w.SignIn(ann.Elsewhere(), first), w.WrongFirst)
	w.Want(w.SignIn(ann.Elsewhere(), second), SignedIn)
	w.Refuses(w.SignIn(ann.Elsewhere(), second), w.WrongFirst)
	w.Refuses(w.SignIn(ann.Elsewhere(), first), w.WrongFirst)
}

func mailedTries(w *Wire) {
	ann := w.Join("annabel")
	code := w.ask(ann.Elsewhere())
	for range 5 {
		w.Refuses(w.SignIn(ann.Elsewhere(), Swapped(code)), w.WrongFirst)
	}
	w.Refuses(w.SignIn(ann.Elsewhere(), code), w.WrongFirst)
}

func mailedAddress(w *Wire) {
	ann, bob := w.Join("annabel"), w.Join("bobby")
	code := w.ask(ann.Elsewhere())
	w.Refuses(w.SignIn(bob.Elsewhere(), code), w.WrongFirst)
	w.Refuses(w.SignIn(w.Person("nobody"), code), w.WrongFirst)
	w.Want(w.SignIn(ann.Elsewhere(), code), SignedIn)
}

func mailedExpiry(w *Wire) {
	ann := w.Join("annabel")
	code := w.ask(ann.Elsewhere())
	w.Env.Clock.Advance(10*time.Minute - time.Second)
	w.Want(w.SignIn(ann.Elsewhere(), code), SignedIn)
	code = w.ask(ann.Elsewhere())
	w.Env.Clock.Advance(10*time.Minute + time.Second)
	w.Refuses(w.SignIn(ann.Elsewhere(), code), w.WrongFirst)
	w.Env.Clock.Advance(-5 * time.Minute)
}

func mailedShapes(w *Wire) {
	ann := w.Join("annabel")
	code := w.ask(ann.Elsewhere())
	for _, text := range []string{"x", code + "0", code[1:], "１２３４５６", "123 456x", "%", strings.Repeat("1", 1000), "-12345", "1e5"} {
		if o := w.SignIn(ann.Elsewhere(), text); o.State != Refused || o.Status >= 500 {
			w.T.Errorf("%.20q: %s with status %d: %s", text, o.State, o.Status, o.Body)
		}
	}
	w.Want(w.SignIn(ann.Elsewhere(), code), SignedIn)
}

func mailedUnknown(w *Wire) {
	ann := w.Join("annabel")
	w.Env.Clock.Advance(time.Minute)
	nobody := w.Person("nobody")
	known, unknown := w.AskCode(ann.Elsewhere()), w.AskCode(nobody)
	if known.Status != unknown.Status || timeless(known.Answer) != timeless(unknown.Answer) {
		w.T.Errorf("known: %d %s, unknown: %d %s", known.Status, known.Body, unknown.Status, unknown.Body)
	}
	again, stranger := w.AskCode(ann.Elsewhere()), w.AskCode(nobody)
	if again.Status != stranger.Status || timeless(again.Answer) != timeless(stranger.Answer) {
		w.T.Errorf("again: %d %s, unknown: %d %s", again.Status, again.Body, stranger.Status, stranger.Body)
	}
	if n := len(w.Env.Mails(w.T, webtest.Acme, nobody.Email)); n != 0 {
		w.T.Errorf("%d mails to nobody", n)
	}
	wrong, odd := w.SignIn(ann.Elsewhere(), Swapped(w.Mail(ann))), w.SignIn(nobody, "123456")
	if wrong.Status != odd.Status || timeless(wrong.Answer) != timeless(odd.Answer) {
		w.T.Errorf("wrong code: %d %s, of nobody: %d %s", wrong.Status, wrong.Body, odd.Status, odd.Body)
	}
}

func resetExpiry(w *Wire) {
	ann := w.Join("annabel")
	w.Want(w.RequestReset(ann.Elsewhere()), Done)
	token := w.Mail(ann)
	w.Env.Clock.Advance(8 * 24 * time.Hour)
	if o := w.Reset(ann.Elsewhere(), token, otherPassword); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("status %d: %s", o.Status, o.Body)
	}
	w.Want(w.First(ann.Elsewhere()), SignedIn)
}

func resetAddress(w *Wire) {
	ann, bob := w.Join("annabel"), w.Join("bobby")
	w.Want(w.RequestReset(ann.Elsewhere()), Done)
	w.Reset(bob.Elsewhere(), w.Mail(ann), otherPassword)
	w.Want(w.First(bob.Elsewhere()), SignedIn)
	w.Want(w.SignIn(bob.Elsewhere(), otherPassword), Refused)
	w.In(bob)
}

func mailLimit(w *Wire) {
	ann := w.Join("annabel")
	w.Env.Clock.Advance(2 * time.Hour)
	before := len(w.Env.Mails(w.T, webtest.Acme, ann.Email))
	w.Env.Set(w.T, webtest.Acme, "abuse.mails=3/1h")
	do := w.RequestReset
	if do == nil {
		do = w.AskCode
	}
	for range 20 {
		w.Env.Clock.Advance(time.Minute + time.Second)
		if o := do(ann.Elsewhere()); o.Status >= 500 {
			w.T.Errorf("status %d: %s", o.Status, o.Body)
		}
		w.Env.DeliverMail(w.T) // while it is worth sending
	}
	if n := len(w.Env.Mails(w.T, webtest.Acme, ann.Email)) - before; n == 0 || n > 3 {
		w.T.Errorf("%d mails", n)
	}
}

func mailedLink(w *Wire) {
	w.Env.Set(w.T, webtest.Acme, "dialects."+string(w.Name)+".site=https://app.ex.test")
	ann := w.Join("annabel")
	poisoned := ann.Elsewhere()
	for _, name := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"} {
		poisoned.Headers = append(poisoned.Headers, webtest.Header{Name: name, Value: "evil.test"})
	}
	poisoned.Headers = poisoned.Headers[1:] // a host that is no tenant's has no routes
	do := w.RequestReset
	if do == nil {
		do = w.AskCode
	}
	w.Env.Clock.Advance(time.Minute)
	w.Want(do(poisoned), Done)
	w.Env.DeliverMail(w.T)
	mails := w.Env.Mails(w.T, webtest.Acme, ann.Email)
	for _, m := range mails {
		if strings.Contains(m.Text+m.HTML, "evil.test") {
			w.T.Errorf("a mail holds the sender's host: %s", m.Text)
		}
		if m.Link != "" && !strings.HasPrefix(m.Link, "https://app.ex.test/") {
			w.T.Errorf("a link leads to %s", m.Link)
		}
	}
}
