package dialecttest

import (
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func factorCases(d Driver) []play {
	enrols := d.EnrolTOTP != nil && d.SecondFactor != nil
	shows := enrols && d.ShowRecoveryCodes != nil
	return []play{
		{"a code of the app is asked for, and good once: MFA-01, MFA-02, MFA-05", enrols, secondFactor},
		{"a recovery code is good once, and of the newest set: MFA-08", enrols, recoveryCodes},
		{"an app that is not activated is no factor: MFA-10", enrols && d.BeginTOTP != nil, begunApp},
		{"a code of another's app is wrong: MFA-11", enrols, anothersApp},
		{"codes.tries wrong codes end a sign-in: OTC-01", enrols, wrongCodes},
		{"ten failures are all that an account has: MFA-03, DIA-02", enrols, tenFailures},
		{"a stale session enrols nothing: MFA-06, MFA-07", enrols, staleEnrolment},
		{"an app goes with a proof of it: MFA-07", enrols && d.DisableTOTP != nil, disableApp},
		{"recovery codes are shown again after a fresh second factor alone: DIA-07", shows, shownAgain},
		{"recovery codes that the native API made are never shown: DIA-07, MFA-09", shows, nativeCodes},
		{"where two factors are required nobody is in with one: DIA-11, MFA-12", true, twoRequired},
		{"a session below a stricter policy is not renewed: MFA-12", d.Refresh != nil, outgrown},
	}
}

func secondFactor(w *Wire) {
	ann := w.JoinWithApp("annabel")
	w.In(ann)
	half := ann.Elsewhere()
	w.Want(w.First(half), NeedsSecond)
	w.NotIn(half)
	for _, wrong := range []string{Swapped(ann.TOTP()), "000000"} {
		w.Refuses(w.SecondFactor(half.Copy(), wrong), w.WrongSecond)
	}
	w.NotIn(half)
	code := ann.TOTP()
	w.Want(w.SecondFactor(half, code), SignedIn)
	w.In(half)
	for range 2 { // in the same step and in the next
		again := ann.Elsewhere()
		w.Want(w.First(again), NeedsSecond)
		w.Refuses(w.SecondFactor(again, code), w.WrongSecond)
		w.NotIn(again)
		w.NextCode()
	}
	w.In(w.EnterElsewhere(ann)) // and the failures are forgiven
	old := ann.TOTP()
	w.NextCode()
	w.NextCode()
	late := ann.Elsewhere()
	w.Want(w.First(late), NeedsSecond)
	w.Refuses(w.SecondFactor(late.Copy(), old), w.WrongSecond)
	w.Want(w.SecondFactor(late, ann.TOTP()), SignedIn)
}

// NotIn fails the test if somebody who owes a second factor is let in anywhere.
func (w *Wire) NotIn(p *Person) {
	w.T.Helper()
	w.below(p)
	if w.BeginTOTP == nil {
		return
	}
	if o := w.BeginTOTP(p.Copy()); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("enrol without the second factor: status %d: %s", o.Status, o.Body)
	}
}

// below is NotIn for somebody who may enrol the factor that is owed.
func (w *Wire) below(p *Person) {
	w.T.Helper()
	if o := w.Me(p.Copy()); o.State != Refused || o.Status != http.StatusUnauthorized && o.Status != http.StatusForbidden {
		w.T.Errorf("without the second factor: status %d: %s", o.Status, o.Body)
	}
	for name, do := range map[string]func(*Person) Outcome{
		"refresh": w.Refresh, "show codes": w.ShowRecoveryCodes, "delete": w.Delete,
	} {
		if do == nil {
			continue
		}
		if o := do(p.Copy()); o.State != Refused || o.Status >= 500 {
			w.T.Errorf("%s without the second factor: status %d: %s", name, o.Status, o.Body)
		}
	}
	if w.Sessions != nil {
		if _, o := w.Sessions(p.Copy()); o.State != Refused {
			w.T.Errorf("sessions without the second factor: status %d: %s", o.Status, o.Body)
		}
	}
}

func begunApp(w *Wire) {
	ann := w.Join("annabel")
	w.Want(w.BeginTOTP(ann), Done)
	if ann.Secret == "" {
		w.T.Fatal("no secret is shown")
	}
	other := ann.Elsewhere()
	other.Secret = ""
	w.Want(w.First(other), SignedIn)
	w.In(other)
}

func anothersApp(w *Wire) {
	ann, bob := w.JoinWithApp("annabel"), w.JoinWithApp("bobby")
	half, his := ann.Elsewhere(), bob.Elsewhere()
	w.Want(w.First(half), NeedsSecond)
	w.Want(w.First(his), NeedsSecond)
	w.Refuses(w.SecondFactor(half.Copy(), bob.TOTP()), w.WrongSecond)
	w.NotIn(half)
	w.Want(w.SecondFactor(his, bob.TOTP()), SignedIn) // his code has not been used up
	w.Want(w.SecondFactor(half, ann.TOTP()), SignedIn)
}

func wrongCodes(w *Wire) {
	w.Env.Set(w.T, webtest.Acme, "codes.tries=3")
	ann := w.JoinWithApp("annabel")
	half := ann.Elsewhere()
	w.Want(w.First(half), NeedsSecond)
	if half.Pending == "" {
		return // nothing waits: each request is a sign-in of its own
	}
	for range 3 {
		w.Want(w.SecondFactor(half.Copy(), Swapped(ann.TOTP())), Refused)
	}
	if o := w.SecondFactor(half.Copy(), ann.TOTP()); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("status %d: %s", o.Status, o.Body)
	}
	w.NotIn(half)
	w.In(w.EnterElsewhere(ann))
}

func tenFailures(w *Wire) {
	ann, bob := w.JoinWithApp("annabel"), w.JoinWithApp("bobby")
	evaluated := 0
	for range 14 {
		half := ann.Elsewhere()
		if o := w.First(half); o.State != NeedsSecond {
			w.Refuses(o, w.TooMany())
			continue
		}
		switch o := w.SecondFactor(half, Swapped(ann.TOTP())); o.Status {
		case w.WrongSecond:
			evaluated++
		case w.TooMany():
		default:
			w.T.Errorf("status %d: %s", o.Status, o.Body)
		}
	}
	if evaluated == 0 || evaluated > 10 {
		w.T.Errorf("%d codes were evaluated", evaluated)
	}
	stopped := ann.Elsewhere()
	o := w.First(stopped)
	if o.State == NeedsSecond {
		o = w.SecondFactor(stopped, ann.TOTP())
	}
	w.Refuses(o, w.TooMany())
	if o.Header.Get("Retry-After") == "" {
		w.T.Errorf("no Retry-After: %v", o.Header)
	}
	w.In(w.EnterElsewhere(bob))
	w.Env.Clock.Advance(16 * time.Minute)
	w.In(w.EnterElsewhere(ann))
}

func staleEnrolment(w *Wire) {
	ann := w.Join("annabel")
	w.Env.Clock.Advance(11 * time.Minute)
	if o := w.EnrolTOTP(ann.Copy()); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("%s with status %d: %s", o.State, o.Status, o.Body)
	}
	other := ann.Elsewhere()
	w.Want(w.First(other), SignedIn)
}

func disableApp(w *Wire) {
	ann := w.JoinWithApp("annabel")
	w.In(ann)
	other := w.EnterElsewhere(ann)
	if o := w.DisableTOTP(other.Copy(), Swapped(ann.TOTP())); o.State == Refused && o.Status >= 500 {
		w.T.Errorf("status %d: %s", o.Status, o.Body)
	} else if o.State != Refused {
		return // the wire sends no code along: the fresh session says it
	}
	half := ann.Elsewhere()
	w.Want(w.First(half), NeedsSecond) // the wrong code has taken nothing away
	if o := w.DisableTOTP(other, ann.TOTP()); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	w.NextCode()
	plain := ann.Elsewhere()
	plain.Secret = ""
	w.Want(w.First(plain), SignedIn)
	w.In(plain)
}

func twoRequired(w *Wire) {
	ann := w.Join("annabel")
	bob := w.Join("bobby")
	if w.EnrolTOTP != nil {
		w.Enrol(bob)
	}
	w.Env.Set(w.T, webtest.Acme, "mfa.policy=required")
	half := ann.Elsewhere()
	if o := w.First(half); o.State == SignedIn {
		w.T.Errorf("a user without a second factor signs in: %s", o.Body)
	}
	w.below(half)
	if w.EnrolTOTP != nil {
		if o := w.EnrolTOTP(half); o.State == SignedIn { // the wire has words for that
			w.NextCode()
			w.In(half)
			w.In(w.EnterElsewhere(half))
		} else {
			w.below(half)
		}
	}
	if w.SecondFactor != nil && w.EnrolTOTP != nil {
		w.In(w.EnterElsewhere(bob))
	}
	cid := w.Person("cecilia")
	if o := w.SignUp(cid); o.State == SignedIn {
		w.T.Errorf("a sign-up opens a session: %s", o.Body)
	}
	w.below(cid)
}

func outgrown(w *Wire) {
	ann := w.Join("annabel")
	w.Env.Set(w.T, webtest.Acme, "mfa.policy=required")
	w.Env.Clock.Advance(time.Minute)
	w.Want(w.Refresh(ann.Copy()), Refused)
	w.Out(ann)
}
