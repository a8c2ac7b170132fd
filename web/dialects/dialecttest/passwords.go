package dialecttest

import "strings"

func wrongFirst(w *Wire) {
	ann := w.Join("annabel")
	nobody := w.Person("nobody")
	for _, secret := range []string{wrongPassword, strings.ToUpper(ann.Password), ann.Password + " ", "x"} {
		wrong, unknown := w.SignIn(ann.Elsewhere(), secret), w.SignIn(nobody.Elsewhere(), secret)
		w.Refuses(wrong, w.WrongFirst)
		if wrong.Status != unknown.Status || timeless(wrong.Answer) != timeless(unknown.Answer) {
			w.T.Errorf("a user's %d %q, a stranger's %d %q", wrong.Status, wrong.Body, unknown.Status, unknown.Body)
		}
		if len(wrong.Header.Values("Set-Cookie")) != len(unknown.Header.Values("Set-Cookie")) {
			w.T.Errorf("cookies %q and %q", wrong.Header.Values("Set-Cookie"), unknown.Header.Values("Set-Cookie"))
		}
	}
	w.Want(w.First(ann.Elsewhere()), SignedIn)
}

func reset(w *Wire) {
	ann := w.Join("annabel")
	nobody := w.Person("nobody")
	known, unknown := w.RequestReset(ann.Elsewhere()), w.RequestReset(nobody)
	if known.State == Refused || known.Status != unknown.Status ||
		strings.ReplaceAll(known.Body, ann.Email, nobody.Email) != unknown.Body {
		w.T.Errorf("known: %d %s, unknown: %d %s", known.Status, known.Body, unknown.Status, unknown.Body)
	}
	token := w.Mail(ann)
	stranger := ann.Elsewhere()
	w.Want(w.Reset(stranger, Swapped(token), otherPassword), Refused)
	w.Want(w.Reset(stranger, token, "short"), Refused) // and the mailed one still counts
	w.In(ann)
	if o := w.Reset(stranger, token, otherPassword); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	w.Out(ann)
	w.Refuses(w.SignIn(ann.Elsewhere(), ann.Password), w.WrongFirst)
	w.Want(w.Reset(stranger, token, wrongPassword), Refused) // OTC-03
	w.Want(w.SignIn(ann.Elsewhere(), otherPassword), SignedIn)
}

func changePassword(w *Wire) {
	ann := w.Join("annabel")
	other := w.EnterElsewhere(ann)
	w.Want(w.ChangePassword(ann.Copy(), wrongPassword, otherPassword), Refused)
	w.Want(w.ChangePassword(ann.Copy(), "", otherPassword), Refused)
	w.Want(w.ChangePassword(ann.Copy(), ann.Password, "short"), Refused)
	w.In(other)
	if o := w.ChangePassword(ann, ann.Password, otherPassword); o.State == Refused {
		w.T.Fatalf("status %d: %s", o.Status, o.Body)
	}
	w.Out(other)
	w.Refuses(w.SignIn(ann.Elsewhere(), ann.Password), w.WrongFirst)
	w.Want(w.SignIn(ann.Elsewhere(), otherPassword), SignedIn)
}
