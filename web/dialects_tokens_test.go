package web_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// replicated runs a test over three replicas that speak every dialect.
func replicated(t *testing.T, test func(*testing.T, []*webtest.Env, []*dialecttest.Wire)) {
	t.Helper()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		var replicas []*webtest.Env
		for _, r := range env.Replicas(t, 3) {
			replicas = append(replicas, dialecttest.Serve(t, r))
		}
		all := babel(t, replicas[0])
		replicas[0].Set(t, acme, "abuse.account_failures=1000/15m", "abuse.account_daily=10000/24h")
		for _, r := range replicas {
			r.Poll(t)
		}
		test(t, replicas, all)
	})
}

func TestACodeThatOneAPIHasTakenNoOtherTakes(t *testing.T) { // DIA-03
	t.Parallel()
	replicated(t, func(t *testing.T, replicas []*webtest.Env, all []*dialecttest.Wire) {
		ann := settle(t, replicas[0], "annabel", true)
		wires := byPassword(all)
		for i, first := range wires {
			for what, code := range map[string]string{"a code of the app": ann.TOTP(), "a recovery code": ann.Recovery[i]} {
				p := as(first, ann)
				first.Want(first.SignIn(p, p.Password), dialecttest.NeedsSecond)
				if o := first.SecondFactor(p, code); o.State != dialecttest.SignedIn {
					t.Errorf("%s at %s: status %d: %s", what, named(first), o.Status, o.Body)
					continue
				}
				for j, w := range wires {
					p := as(w, ann).At(replicas[j%len(replicas)])
					w.Want(w.SignIn(p, p.Password), dialecttest.NeedsSecond)
					if o := w.SecondFactor(p, code); o.State != dialecttest.Refused || o.Status != w.WrongSecond {
						t.Errorf("%s of %s at %s: %s with status %d: %s", what, named(first), named(w), o.State, o.Status, o.Body)
					}
				}
			}
			first.NextCode()
		}
	})
}

func TestACodeSentToEveryAPIAtOnceCountsOnce(t *testing.T) { // DIA-03
	t.Parallel()
	replicated(t, func(t *testing.T, replicas []*webtest.Env, all []*dialecttest.Wire) {
		ann := settle(t, replicas[0], "annabel", true)
		wires := byPassword(all)
		for what, code := range map[string]string{"a code of the app": ann.TOTP(), "a recovery code": ann.Recovery[0]} {
			var people []*person
			for i := range 4 * len(wires) {
				w := wires[i%len(wires)]
				p := as(w, ann).At(replicas[i%len(replicas)])
				w.Want(w.SignIn(p, p.Password), dialecttest.NeedsSecond)
				people = append(people, p)
			}
			out := make([]outcome, len(people))
			flowtest.Parallel(len(people), func(i int) { out[i] = wires[i%len(wires)].SecondFactor(people[i], code) })
			n, statuses := 0, map[int]int{}
			for _, o := range out {
				statuses[o.Status]++
				if o.State == dialecttest.SignedIn {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s opened %d sessions: %v", what, n, statuses)
			}
		}
	})
}

func TestAMailedCodeIsOfOneAPIAndPurpose(t *testing.T) { // DIA-03, OTC-06
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann := settle(t, env, "annabel", false)
	for _, w := range all {
		if w.AskCode == nil {
			continue
		}
		asked := as(w, ann)
		w.Want(w.AskCode(asked), dialecttest.Done)
		code := w.Mail(asked)
		var step webtest.Step
		env.Do(t, "POST", webtest.API(acme)+"/login/code", fields{"identifier": ann.Email}).Want(t, 200).JSON(t, &step)
		own := env.Code(t, acme, ann.Email)
		env.Do(t, "POST", webtest.API(acme)+"/challenges/"+step.Challenge.ID, fields{"code": code}).Want(t, 401)
		w.Refuses(w.SignIn(as(w, ann), own), w.WrongFirst)
		for _, other := range all {
			if other.RequestReset == nil {
				continue
			}
			p := as(other, ann)
			other.Want(other.RequestReset(p), dialecttest.Done)
			if o := other.Reset(p, code, "copper lantern under nine hills"); o.State != dialecttest.Refused || o.Status >= 500 {
				t.Errorf("a code of %s resets the password at %s: status %d: %s", named(w), named(other), o.Status, o.Body)
			}
		}
		w.Want(w.SignIn(asked, code), dialecttest.SignedIn)
	}
}

func TestATokenOfAResetIsOfOneAPI(t *testing.T) { // OTC-06
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann := settle(t, env, "annabel", false)
	const password = "copper lantern under nine hills"
	for _, from := range all {
		if from.RequestReset == nil || from.Reset == nil {
			continue
		}
		env.Clock.Advance(time.Hour) // one that mails twice in a while may not
		from.Want(from.RequestReset(as(from, ann)), dialecttest.Done)
		token := from.Mail(as(from, ann))
		for _, at := range all {
			if at.Reset == nil || at.Name == from.Name {
				continue
			}
			if o := at.Reset(as(at, ann), token, password); o.State != dialecttest.Refused || o.Status >= 500 {
				t.Errorf("a token of %s at %s: status %d: %s", named(from), named(at), o.Status, o.Body)
			}
		}
		if o := from.Reset(as(from, ann), token, ann.Password+" 2"); o.State == dialecttest.Refused {
			t.Errorf("at %s, that mailed it: status %d: %s", named(from), o.Status, o.Body)
		}
		ann.Password += " 2"
	}
}

// shared are the cells of the matrix that accept what another API handed out. The handle of a sign-in that waits in waanverse is
// the id of its challenge, as with the native API: whoever holds it has given the first factor and still owes the second, and the
// session is of the API where that is given.
var shared = map[[3]string]bool{
	{"waanverse", "pending", "native POST /challenges/:id"}: true,
	{"native", "challenge", "waanverse POST /mfa/login/"}:   true,
}

func TestATokenIsGoodOnlyWhereItWasHandedOut(t *testing.T) { // DIA-08, TEN-01
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann, magda := settle(t, env, "annabel", true), settle(t, env, "magda", false)
	who := func(w *dialecttest.Wire) *person {
		if w.SecondFactor == nil {
			return as(w, magda)
		}
		return as(w, ann)
	}
	cells := 0
	for _, from := range all {
		owner := who(from)
		alive := from.EnterElsewhere(owner)
		held := from.Held(owner)
		for _, at := range all {
			if at.Name == from.Name {
				continue // its own matrix: dialecttest
			}
			for kind, token := range held {
				for _, door := range at.Doors {
					cells++
					o := door.Try(who(at), token)
					shares := shared[[3]string{named(from), kind, named(at) + " " + door.Name}]
					if (o.State == dialecttest.Refused) == shares || o.Status >= 500 {
						t.Errorf("%s %s at %s %s: %s with status %d: %s", named(from), kind, named(at), door.Name, o.State, o.Status, o.Body)
					}
				}
			}
		}
		from.In(alive)
	}
	if cells < 300 {
		t.Errorf("only %d cells", cells)
	}
}
