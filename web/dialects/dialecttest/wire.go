package dialecttest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/web"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// Wire is a dialect as tenant acme of an environment speaks it.
type Wire struct {
	Driver
	T   testing.TB
	Env *webtest.Env
}

// Enable lets both tenants of an environment speak a dialect.
func Enable(t testing.TB, env *webtest.Env, d Driver) *Wire {
	t.Helper()
	settings := append([]string{"signup.verify_email=after_session", "abuse.mails=1000/1h"}, d.Settings...)
	if d.Name != "" {
		settings = append(settings, "dialects."+string(d.Name)+".enabled=true")
	}
	env.Set(t, webtest.Acme, settings...)
	env.Set(t, webtest.Globex, settings...)
	return &Wire{d, t, env}
}

// Serve puts the public listener in front of a replica.
func Serve(t testing.TB, replica *flowtest.Env) *webtest.Env {
	t.Helper()
	return serve(t, replica, replica.Engine)
}

func serve(t testing.TB, replica *flowtest.Env, engine *authflows.Engine) *webtest.Env {
	t.Helper()
	public, err := url.Parse(flowtest.PublicURL)
	if err != nil {
		t.Fatal(err)
	}
	env := &webtest.Env{Env: replica}
	env.Server = web.New(web.Deps{
		Engine: engine, Tenants: replica.Tenants, Version: "test", PublicURL: func() *url.URL { return public },
	})
	listener := httptest.NewServer(env.Server.Public())
	t.Cleanup(listener.Close)
	env.URL, env.Client = listener.URL, listener.Client()
	env.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return env
}

// Person returns somebody who has not met the wire yet.
func (w *Wire) Person(name string) *Person { return NewPerson(w.T, w.Env, webtest.Acme, w.Name, name) }

// at is a person at another tenant, holding nothing.
func (w *Wire) at(p *Person, slug string) *Person {
	other := p.Elsewhere()
	other.Slug, other.Base = slug, base(slug, w.Name)
	return other
}

// Join makes somebody's account, proves the address and signs them in.
func (w *Wire) Join(name string) *Person { w.T.Helper(); return w.JoinAt(webtest.Acme, name) }

// JoinAt is Join at a tenant.
func (w *Wire) JoinAt(slug, name string) *Person {
	w.T.Helper()
	p := NewPerson(w.T, w.Env, slug, w.Name, name)
	made := w.SignUp(p)
	if made.State == Refused {
		w.T.Fatalf("sign up: status %d: %s", made.Status, made.Body)
	}
	state := made.State
	if w.Verify != nil {
		proven := w.Verify(p)
		if proven.State == Refused {
			w.T.Fatalf("prove the address: status %d: %s", proven.Status, proven.Body)
		}
		if proven.State == SignedIn {
			state = SignedIn
		}
	}
	if state != SignedIn {
		w.Want(w.First(p), SignedIn)
	}
	return p
}

// JoinWithApp is Join, with an authenticator app enrolled.
func (w *Wire) JoinWithApp(name string) *Person {
	w.T.Helper()
	p := w.Join(name)
	w.Enrol(p)
	return p
}

// Enrol gives a signed-in person an authenticator app. Its first code is used up and the clock at the next.
func (w *Wire) Enrol(p *Person) {
	w.T.Helper()
	if o := w.EnrolTOTP(p); o.State == Refused || p.Secret == "" {
		w.T.Fatalf("enrol an app: status %d: %s", o.Status, o.Body)
	}
	webtest.Log.Secret("the secret of an authenticator app", p.Secret)
	w.NextCode()
}

// NextCode moves the clock on until the app shows another code.
func (w *Wire) NextCode() { w.Env.Clock.Advance(30 * time.Second) }

// Codes gives a person with an app recovery codes, where enrolling has not.
func (w *Wire) Codes(p *Person) []string {
	w.T.Helper()
	if len(p.Recovery) == 0 && w.MakeRecoveryCodes != nil {
		w.Want(w.MakeRecoveryCodes(p, p.TOTP()), Done)
		w.NextCode()
	}
	if len(p.Recovery) == 0 {
		w.T.Fatal("the wire has shown no recovery codes")
	}
	for _, code := range p.Recovery {
		if strings.Trim(code, "0123456789") != "" { // what is all digits is in a log by chance, as a duration
			webtest.Log.Secret("a recovery code", code)
		}
	}
	return p.Recovery
}

// First gives the first factor, right.
func (w *Wire) First(p *Person) Outcome {
	w.T.Helper()
	if w.AskCode == nil {
		return w.SignIn(p, p.Password)
	}
	w.Env.Clock.Advance(time.Minute) // codes are mailed so often, and no oftener
	w.Want(w.AskCode(p), Done)
	return w.SignIn(p, w.Mail(p))
}

// Enter signs a person in with all factors that they have. A code of the app is used up, and the clock at the next.
func (w *Wire) Enter(p *Person) Outcome {
	w.T.Helper()
	o := w.First(p)
	if o.State == NeedsSecond {
		o = w.SecondFactor(p, p.TOTP())
		w.NextCode()
	}
	return o
}

// EnterElsewhere signs a person in at another client.
func (w *Wire) EnterElsewhere(p *Person) *Person {
	w.T.Helper()
	other := p.Elsewhere()
	w.Want(w.Enter(other), SignedIn)
	return other
}

// Mail returns what the newest mail to a person carries.
func (w *Wire) Mail(p *Person) string {
	w.T.Helper()
	if w.Mailed != nil {
		return w.Mailed(p)
	}
	return p.Code()
}

// Want fails the test unless an outcome has a state.
func (w *Wire) Want(o Outcome, state State) {
	w.T.Helper()
	if o.State != state {
		w.T.Fatalf("%s with status %d, want %s: %s", o.State, o.Status, state, o.Body)
	}
}

// Refuses fails the test unless an outcome is a refusal of a status.
func (w *Wire) Refuses(o Outcome, status int) {
	w.T.Helper()
	if o.State != Refused || o.Status != status {
		w.T.Errorf("%s with status %d, want a refusal with %d: %s", o.State, o.Status, status, o.Body)
	}
}

// In fails the test unless a person is signed in.
func (w *Wire) In(p *Person) {
	w.T.Helper()
	if o := w.Me(p.Copy()); o.Status != http.StatusOK {
		w.T.Errorf("%s is not signed in: status %d: %s", p.Username, o.Status, o.Body)
	}
}

// Out fails the test if a person is signed in, or can be by refreshing.
func (w *Wire) Out(p *Person) {
	w.T.Helper()
	w.Refuses(w.Me(p.Copy()), w.Unauthenticated)
	if w.Refresh == nil || p.Refresh == "" {
		return
	}
	again := p.Copy()
	if o := w.Refresh(again); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("%s refreshes: status %d: %s", p.Username, o.Status, o.Body)
	}
}

// TooMany is the status of too many failures.
func (w *Wire) TooMany() int {
	if w.Limited != 0 {
		return w.Limited
	}
	return http.StatusTooManyRequests
}

// Facts counts the events of a type at acme.
func (w *Wire) Facts(of events.Type) int {
	w.T.Helper()
	ctx := tenancy.With(w.T.Context(), w.Env.Tenant(w.T, webtest.Acme).ID)
	n, err := w.Env.DB.Event.Query().Where(event.Type(string(of))).Count(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	return n
}

// Blank is somebody who knows what p knows and holds nothing, for Door.Try.
func Blank(p *Person) *Person { return p.Elsewhere() }
