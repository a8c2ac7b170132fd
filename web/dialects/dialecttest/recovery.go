package dialecttest

import (
	"slices"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func recoveryCodes(w *Wire) {
	ann := w.JoinWithApp("annabel")
	codes := w.Codes(ann)
	half := ann.Elsewhere()
	w.Want(w.First(half), NeedsSecond)
	w.Want(w.SecondFactor(half, codes[0]), SignedIn)
	w.In(half)
	again := ann.Elsewhere()
	w.Want(w.First(again), NeedsSecond)
	w.Refuses(w.SecondFactor(again.Copy(), codes[0]), w.WrongSecond)
	if w.MakeRecoveryCodes != nil {
		old := codes[1]
		fresh := w.EnterElsewhere(ann)
		w.Want(w.MakeRecoveryCodes(fresh, ann.TOTP()), Done)
		w.NextCode()
		if slices.Contains(fresh.Recovery, old) || len(fresh.Recovery) == 0 {
			w.T.Errorf("the new codes are %d, with an old one among them: %v", len(fresh.Recovery), slices.Contains(fresh.Recovery, old))
		}
		w.Want(w.First(again), NeedsSecond)
		w.Refuses(w.SecondFactor(again.Copy(), old), w.WrongSecond)
		codes = fresh.Recovery
	}
	w.Want(w.First(again), NeedsSecond)
	w.Want(w.SecondFactor(again, codes[len(codes)-1]), SignedIn)
	w.In(again)
}

func shownAgain(w *Wire) {
	ann := w.Join("annabel")
	if o := w.ShowRecoveryCodes(ann.Copy()); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("without an app: status %d: %s", o.Status, o.Body)
	}
	w.Enrol(ann)
	w.Want(w.ShowRecoveryCodes(ann), Done)
	codes := slices.Clone(ann.Recovery)
	if len(codes) == 0 || w.Facts(events.RecoveryCodesShown) != 1 {
		w.T.Fatalf("%d codes, %d events", len(codes), w.Facts(events.RecoveryCodesShown))
	}
	used := ann.Elsewhere()
	w.Want(w.First(used), NeedsSecond)
	w.Want(w.SecondFactor(used, codes[0]), SignedIn)
	w.Want(w.ShowRecoveryCodes(used), Done)
	if len(used.Recovery) != len(codes)-1 || slices.Contains(used.Recovery, codes[0]) {
		w.T.Errorf("%d codes are left of %d", len(used.Recovery), len(codes))
	}
	ctx := tenancy.With(w.T.Context(), w.Env.Tenant(w.T, webtest.Acme).ID)
	for _, row := range w.Env.DB.RecoveryCode.Query().AllX(ctx) {
		for _, code := range codes {
			if row.Sealed == nil || strings.Contains(string(row.Digest)+string(*row.Sealed), code) {
				w.T.Error("a recovery code is stored in clear, or not at all")
			}
		}
	}
	w.Env.Clock.Advance(11 * time.Minute)
	if o := w.ShowRecoveryCodes(used.Copy()); o.State != Refused || o.Status >= 500 {
		w.T.Errorf("at a stale second factor: status %d: %s", o.Status, o.Body)
	}
}

func nativeCodes(w *Wire) {
	ann := w.Join("annabel")
	secret, _ := w.Env.EnrolTOTP(w.T, w.Env.SignIn(w.T, webtest.Acme, ann.Email))
	ann.Secret = secret
	other := w.EnterElsewhere(ann)
	if w.ShowRecoveryCodes(other); len(other.Recovery) != 0 {
		w.T.Errorf("%d codes are shown", len(other.Recovery))
	}
}
