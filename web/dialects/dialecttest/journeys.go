package dialecttest

import (
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// wrongPassword is nobody's.
const wrongPassword = "not the password of anybody"

// otherPassword is what people change theirs to.
const otherPassword = "copper lantern under nine hills"

func journeys(d Driver) []play {
	byPassword := d.AskCode == nil
	return []play{
		{"whoever signs up can sign in", true, signUp},
		{"a user of the wire is a user of the tenant", byPassword, sameUser},
		{"a sign-up that no mail can confirm makes nobody where addresses come first", !d.Confirms, unconfirmed},
		{"a sign-up is confirmed by mail where addresses come first", d.Confirms, confirmed},
		{"an address signs up once, however it is spelt: PWD-09", true, once},
		{"a wrong password signs nobody in", byPassword, wrongFirst},
		{"a refresh hands out tokens that work", d.Refresh != nil, refresh},
		{"a refresh token that comes again ends the session: SES-01, SES-03", d.Rotates, reuse},
		{"whoever signs out is out: SES-04", d.SignOut != nil, signOut},
		{"people end their own sessions alone: SES-11, TEN-03", d.Sessions != nil && d.EndSession != nil, endSessions},
		{"a new password by mail ends what was: LNK-02", d.Reset != nil, reset},
		{"a changed password ends the other sessions: SES-05, PWD-11", d.ChangePassword != nil, changePassword},
		{"a deleted user is nobody: SES-09", d.Delete != nil, deleted},
		{"tokens end: SES-10", true, expiry},
	}
}

func signUp(w *Wire) {
	ann := w.Join("annabel")
	w.In(ann)
	other := w.EnterElsewhere(ann)
	w.In(other)
	w.In(ann)
	w.Out(ann.Elsewhere())
	if n := w.Facts(events.UserSignedUp); n != 1 {
		w.T.Errorf("%d users", n)
	}
}

func sameUser(w *Wire) {
	ann := w.Join("annabel")
	u := w.Env.SignIn(w.T, webtest.Acme, ann.Email)
	me := w.Env.Do(w.T, "GET", webtest.API(webtest.Acme)+"/me", nil, u.Auth()).Want(w.T, 200)
	if w.Verify != nil && !strings.Contains(me.Body, `"email_verified":true`) {
		w.T.Errorf("the address is not proven: %s", me.Body)
	}
	// And the other way round: who signed up natively signs in here.
	body := map[string]string{"email": "bobby@ex.test", "username": "bobby", "password": webtest.Password}
	w.Env.Do(w.T, "POST", webtest.API(webtest.Acme)+"/signup", body).Want(w.T, 201)
	w.In(w.EnterElsewhere(w.Person("bobby")))
}

func unconfirmed(w *Wire) {
	w.Env.Set(w.T, webtest.Acme, "signup.verify_email=before_session")
	ann := w.Person("annabel")
	if o := w.SignUp(ann); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("%s with status %d: %s", o.State, o.Status, o.Body)
	}
	w.Want(w.First(ann), Refused)
	if n := w.Facts(events.UserSignedUp); n != 0 {
		w.T.Errorf("%d users", n)
	}
}

func confirmed(w *Wire) {
	w.Env.Set(w.T, webtest.Acme, "signup.verify_email=before_session")
	ann := w.Person("annabel")
	if o := w.SignUp(ann); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	if w.Verify != nil && w.Facts(events.UserSignedUp) == 0 {
		w.Want(w.First(ann.Elsewhere()), Refused) // nobody is there yet
		if o := w.Verify(ann); o.State == Refused {
			w.T.Fatalf("status %d: %s", o.Status, o.Body)
		}
	}
	w.In(w.EnterElsewhere(ann))
	if n := w.Facts(events.UserSignedUp); n != 1 {
		w.T.Errorf("%d users", n)
	}
}

func once(w *Wire) {
	ann := w.Join("annabel")
	again := w.Person("annabel")
	again.Email = strings.ToUpper(again.Email)
	again.Username = "annabel2"
	again.Password = otherPassword
	o := w.SignUp(again)
	if w.NamesTaken && (o.State != Refused || o.Status >= 500) {
		w.T.Errorf("%s with status %d: %s", o.State, o.Status, o.Body)
	}
	if n := w.Facts(events.UserSignedUp); n != 1 {
		w.T.Errorf("%d users", n)
	}
	w.In(ann)
	shouted := ann.Elsewhere()
	shouted.Email = strings.ToUpper(ann.Email[:1]) + ann.Email[1:]
	if w.AskCode == nil {
		w.Want(w.First(shouted), SignedIn)
		w.Want(w.SignIn(again.Elsewhere(), otherPassword), Refused)
	}
}

func refresh(w *Wire) {
	ann := w.Join("annabel")
	old := ann.Copy()
	w.Env.Clock.Advance(time.Minute)
	if o := w.Refresh(ann); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	if ann.Access == old.Access {
		w.T.Error("the access token is the same")
	}
	if (ann.Refresh != old.Refresh) != w.Rotates {
		w.T.Errorf("the refresh token is another: %v", ann.Refresh != old.Refresh)
	}
	w.In(ann)
	w.Env.Clock.Advance(time.Minute)
	if o := w.Refresh(ann); o.State == Refused {
		w.T.Errorf("again: status %d: %s", o.Status, o.Body)
	}
	w.In(ann)
}

func reuse(w *Wire) {
	ann := w.Join("annabel")
	first := ann.Copy()
	w.Want(w.Refresh(ann), SignedIn)
	retry := first.Copy()
	w.Want(w.Refresh(retry), SignedIn) // the answer got lost
	w.In(ann)
	w.In(retry)
	w.Env.Clock.Advance(time.Minute)
	w.Want(w.Refresh(first.Copy()), Refused)
	w.Out(ann)
	w.Out(retry)
}

func signOut(w *Wire) {
	ann := w.Join("annabel")
	other := w.EnterElsewhere(ann)
	held := ann.Copy()
	if o := w.SignOut(ann); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	w.Out(held)
	w.Out(ann)
	if w.EndsAll {
		w.Out(other)
	} else {
		w.In(other)
	}
	if o := w.SignOut(held.Copy()); o.Status >= 500 {
		w.T.Errorf("signing out twice: status %d: %s", o.Status, o.Body)
	}
	w.In(w.EnterElsewhere(ann))
}

func endSessions(w *Wire) {
	ann, bob := w.Join("annabel"), w.Join("bobby")
	second := w.EnterElsewhere(ann)
	mine, o := w.Sessions(ann)
	w.Want(o, Done)
	his, _ := w.Sessions(bob)
	theirs, _ := w.Sessions(second)
	if len(mine) != 2 || len(theirs) != 2 || len(his) != 1 {
		w.T.Fatalf("ann sees %v and %v, bob %v", mine, theirs, his)
	}
	stranger, random := w.EndSession(bob, mine[0]), w.EndSession(bob, Swapped(mine[0]))
	if stranger.State != Refused || stranger.Status != random.Status || timeless(stranger.Answer) != timeless(random.Answer) {
		w.T.Errorf("another's session: %d %s, one that is none: %d %s", stranger.Status, stranger.Body, random.Status, random.Body)
	}
	abroad := w.JoinAt(webtest.Globex, "annabel")
	elsewhere := w.EndSession(abroad, mine[0])
	same := strings.ReplaceAll(timeless(elsewhere.Answer), webtest.Globex, webtest.Acme) == timeless(random.Answer)
	if elsewhere.State != Refused || elsewhere.Status != random.Status || !same {
		w.T.Errorf("another tenant's session: %d %s", elsewhere.Status, elsewhere.Body)
	}
	w.In(ann)
	w.In(second)
	for _, id := range mine {
		if o := w.EndSession(ann, id); o.State == Refused && w.Me(ann.Copy()).State != Refused {
			w.T.Errorf("%s: status %d: %s", id, o.Status, o.Body)
		}
		if w.Me(ann.Copy()).State == Refused {
			break // it was her own
		}
	}
	ended := 0
	for _, p := range []*Person{ann, second} {
		if w.Me(p.Copy()).State == Refused {
			w.Out(p)
			ended++
		}
	}
	if ended == 0 {
		w.T.Error("no session has ended")
	}
	w.In(bob)
}

func deleted(w *Wire) {
	ann := w.Join("annabel")
	other := w.EnterElsewhere(ann)
	if o := w.Delete(ann); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	w.Out(ann)
	w.Out(other)
	w.Want(w.First(ann.Elsewhere()), Refused)
}

func expiry(w *Wire) {
	ann := w.Join("annabel")
	life := w.Env.Tenant(w.T, webtest.Acme).Settings.Dialects.Of(w.Name)
	w.Env.Clock.Advance(life.Access.Std() + 2*time.Minute)
	w.Refuses(w.Me(ann.Copy()), w.Unauthenticated)
	w.Env.Clock.Advance(91 * 24 * time.Hour)
	w.Out(ann)
	w.In(w.EnterElsewhere(ann))
}
