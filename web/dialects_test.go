package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/web/dialects/axor/axortest"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/spaces/spacestest"
	"github.com/tenantgate/tenantgate/web/dialects/waanverse/waanversetest"
	"github.com/tenantgate/tenantgate/web/dialects/waanversemagic/waanversemagictest"
	"github.com/tenantgate/tenantgate/web/dialects/wolf/wolftest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// drivers are those of the dialects, each mode of its own.
func drivers() []dialecttest.Driver {
	return []dialecttest.Driver{
		waanversetest.Driver(), waanversemagictest.Driver(), axortest.Driver(), axortest.App(), wolftest.Driver(), spacestest.Driver(),
	}
}

// babel lets the tenants of an environment speak every dialect at once, and returns them with the native API.
func babel(t testing.TB, env *webtest.Env) []*dialecttest.Wire {
	t.Helper()
	var out []*dialecttest.Wire
	for _, d := range append(drivers(), nativeDriver()) {
		out = append(out, dialecttest.Enable(t, env, d))
	}
	return out
}

// named is how tests call a wire.
func named(w *dialecttest.Wire) string {
	if w.Name == "" {
		return "native"
	}
	return string(w.Name)
}

// byPassword are the wires where people sign in by password, and with a second factor where they have one.
func byPassword(all []*dialecttest.Wire) []*dialecttest.Wire {
	return slices.DeleteFunc(slices.Clone(all), func(w *dialecttest.Wire) bool { return w.AskCode != nil })
}

// settle makes somebody with a proven address over the native API, with an app if asked for.
func settle(t testing.TB, env *webtest.Env, name string, app bool) *person {
	t.Helper()
	p := dialecttest.NewPerson(t, env, acme, "", name)
	env.Set(t, acme, "signup.verify_email=before_session")
	nativeDriver().SignUp(p)
	env.Do(t, "POST", webtest.API(acme)+"/challenges/"+p.Pending, fields{"code": p.Code()}).Want(t, 201)
	env.Set(t, acme, "signup.verify_email=after_session")
	if app {
		u := env.SignIn(t, acme, p.Email)
		p.Secret, p.Recovery = env.EnrolTOTP(t, u)
	}
	return p
}

// as is the same person at a client of another wire.
func as(w *dialecttest.Wire, p *person) *person {
	other := w.Person(p.Username)
	other.Secret, other.Recovery, other.Password = p.Secret, p.Recovery, p.Password
	return other
}

func TestASessionOfOneAPIIsListedAndEndedByAnother(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann := settle(t, env, "annabel", false)
	for _, ends := range all {
		if ends.Sessions == nil || ends.EndSession == nil {
			continue
		}
		here := as(ends, ann)
		ends.Want(ends.Enter(here), dialecttest.SignedIn)
		for _, victim := range all {
			before, _ := ends.Sessions(here)
			there := as(victim, ann)
			victim.Want(victim.Enter(there), dialecttest.SignedIn)
			after, _ := ends.Sessions(here)
			made := slices.DeleteFunc(after, func(id string) bool { return slices.Contains(before, id) })
			if len(made) != 1 {
				t.Errorf("%s lists %d new sessions of %s", named(ends), len(made), named(victim))
				continue
			}
			if o := ends.EndSession(here, made[0]); o.State == dialecttest.Refused {
				t.Errorf("%s ends a session of %s: status %d: %s", named(ends), named(victim), o.Status, o.Body)
				continue
			}
			victim.Out(there)
			ends.In(here)
		}
	}
}

func TestSigningOutEverywhereEndsTheSessionsOfEveryAPI(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann, bob := settle(t, env, "annabel", false), settle(t, env, "bobby", false)
	other := all[0]
	his := as(other, bob)
	other.Want(other.Enter(his), dialecttest.SignedIn)
	for _, path := range []string{"/logout/others", "/logout/all"} {
		everywhere := map[*dialecttest.Wire]*person{}
		for _, w := range all {
			everywhere[w] = as(w, ann)
			w.Want(w.Enter(everywhere[w]), dialecttest.SignedIn)
		}
		u := env.SignIn(t, acme, ann.Email)
		env.Do(t, "POST", webtest.API(acme)+path, nil, u.Auth()).Want(t, 204)
		for w, p := range everywhere {
			w.Out(p)
		}
	}
	other.In(his)
}

func TestFailuresOfOneAccountAreCountedOverEveryAPI(t *testing.T) { // DIA-02
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann := settle(t, env, "annabel", true)
	bob := settle(t, env, "bobby", false)
	before := all[0].Facts(events.SignInRefused)
	for i := range 100 {
		w := all[i%len(all)]
		p := as(w, ann)
		switch o := (outcome{}); {
		case w.AskCode != nil:
			w.SignIn(p, fmt.Sprintf("%06d", 100000+i))
		case i%3 == 0:
			w.SignIn(p, "not the password of anybody")
		default:
			if o = w.SignIn(p, p.Password); o.State == dialecttest.NeedsSecond && i%3 == 1 {
				w.SecondFactor(p, dialecttest.Swapped(p.TOTP()))
			} else if o.State == dialecttest.NeedsSecond {
				w.SecondFactor(p, dialecttest.Swapped(p.Recovery[0]))
			}
		}
	}
	if n := all[0].Facts(events.SignInRefused) - before; n == 0 || n > 10 {
		t.Errorf("%d guesses were evaluated", n)
	}
	for _, w := range byPassword(all) {
		w.Refuses(w.SignIn(as(w, ann), ann.Password), w.TooMany())
		w.Want(w.SignIn(as(w, bob), bob.Password), dialecttest.SignedIn)
	}
}

func TestEnablingADialectIsOnRecord(t *testing.T) { // DIA-01
	t.Parallel()
	env := webtest.New(t)
	w := &dialecttest.Wire{T: t, Env: env}
	before := w.Facts(events.TenantChanged)
	env.Set(t, acme, "dialects.wolf.enabled=true")
	if n := w.Facts(events.TenantChanged) - before; n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestACookieAndABearerTokenOfTwoPeopleNeverMix(t *testing.T) { // SES-12
	t.Parallel()
	env := webtest.New(t)
	ann, bob := settle(t, env, "annabel", false), settle(t, env, "bobby", false)
	for _, w := range babel(t, env) {
		hers, his := as(w, ann), as(w, bob)
		w.Want(w.Enter(hers), dialecttest.SignedIn)
		w.Want(w.Enter(his), dialecttest.SignedIn)
		if len(hers.Jar) == 0 || his.Access == "" {
			continue
		}
		mixed := his.Copy()
		mixed.Jar = hers.Jar
		if o := w.Me(mixed); o.State != dialecttest.Refused && strings.Contains(o.Body, ann.Email) {
			t.Errorf("%s: the cookie of one beside the bearer token of another: %s", named(w), o.Body)
		}
		if len(his.Jar) == 0 {
			continue
		}
		w.SignOut(mixed)
		w.Out(his)
		w.In(hers)
	}
}
