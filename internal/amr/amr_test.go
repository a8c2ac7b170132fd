package amr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheLevelAndReferencesOfASetOfProofs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proofs     []Method
		level      Level
		references []string
	}{
		{nil, AAL1, nil},
		{[]Method{"unknown"}, AAL1, nil},
		{[]Method{"unknown", Password}, AAL1, []string{"pwd"}},
		{[]Method{Password}, AAL1, []string{"pwd"}},
		{[]Method{Password, Password}, AAL1, []string{"pwd"}},
		{[]Method{EmailCode}, AAL1, []string{"otp"}},
		// A mailbox is no second factor, to whatever it is joined.
		{[]Method{Password, EmailCode}, AAL1, []string{"otp", "pwd"}},
		{[]Method{EmailCode, TOTP}, AAL1, []string{"otp"}},
		// Two of one kind stay one factor.
		{[]Method{TOTP, RecoveryCode}, AAL1, []string{"otp"}},
		{[]Method{Password, TOTP}, AAL2, []string{"mfa", "otp", "pwd"}},
		{[]Method{TOTP, Password}, AAL2, []string{"mfa", "otp", "pwd"}},
		{[]Method{Password, RecoveryCode}, AAL2, []string{"mfa", "otp", "pwd"}},
		{[]Method{Passkey}, AAL2, []string{"mfa", "pop", "user"}},
		{[]Method{EmailCode, Passkey}, AAL2, []string{"mfa", "otp", "pop", "user"}},
		// Without verification of its user a passkey is one factor, and says so.
		{[]Method{PasskeyTouch}, AAL1, []string{"pop", "user"}},
		{[]Method{PasskeyTouch, TOTP}, AAL1, []string{"otp", "pop", "user"}},
		{[]Method{Password, PasskeyTouch}, AAL2, []string{"mfa", "pop", "pwd", "user"}},
	} {
		if got := LevelOf(c.proofs); got != c.level {
			t.Errorf("LevelOf(%v) = %s, want %s", c.proofs, got, c.level)
		}
		if diff := cmp.Diff(c.references, References(c.proofs)); diff != "" {
			t.Errorf("References(%v) (-want +got):\n%s", c.proofs, diff)
		}
	}
}

func TestEveryMethodHasAKindAndReferences(t *testing.T) {
	t.Parallel()
	for m := range kinds {
		if len(references[m]) == 0 {
			t.Errorf("%s has no references", m)
		}
	}
	for m := range references {
		if kinds[m] == 0 {
			t.Errorf("%s has no kind", m)
		}
	}
}
