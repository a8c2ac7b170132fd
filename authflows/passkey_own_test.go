package authflows_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

func TestANameOfAPasskeyIsOneShortLine(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows, me := env.Flows(t, acme), caller(t, env, acme, env.SignUp(t, acme, ann))
	device := newAuthenticator(t)
	begun := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), me))
	credential := device.Create(begun.PublicKey)
	for range 2 { // more often than there are tries
		for _, name := range []string{strings.Repeat("ä", 101), "a\nb", "a\x00b", "\xff"} {
			_, err := flows.AddPasskey(t.Context(), me, begun.Challenge, credential, name, laptop)
			wantFault(t, err, fault.InvalidInput)
			if diff := cmp.Diff([]string{"name invalid"}, fields(err)); diff != "" {
				t.Error(diff)
			}
		}
	}
	f := must[*authflows.Factor](t)(flows.AddPasskey(t.Context(), me, begun.Challenge, credential, strings.Repeat("ä", 100), laptop))
	_, err := flows.RenamePasskey(t.Context(), me, f.ID, strings.Repeat("ä", 101))
	wantFault(t, err, fault.InvalidInput)
	if renamed := must[*authflows.Factor](t)(flows.RenamePasskey(t.Context(), me, f.ID, "")); renamed.Name != "Passkey" {
		t.Errorf("without a name it is called %q", renamed.Name)
	}
	_, err = flows.RenamePasskey(t.Context(), me, ids.New(), "Mine")
	wantFault(t, err, fault.NotFound)
}

func TestAUserHasAtMostTwentyPasskeys(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, device := passkeyUser(t, env, acme, ann)
	me := passkeyCaller(t, env, acme, device)
	for range 19 {
		must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, newAuthenticator(t)))
	}
	flows := env.Flows(t, acme)
	_, err := flows.BeginPasskey(t.Context(), me)
	wantFault(t, err, fault.LimitReached)
	if got := len(readPasskeyOptions(t, askPasskey(t, env, acme, ann).PublicKey).AllowCredentials); got != 20 {
		t.Errorf("%d passkeys allowed, want all", got)
	}
	must[*authflows.Step](t)(passkeyIn(t, env, acme, ann, device)) // any one of them
	mustDo(t, flows.RemoveFactor(t.Context(), me, must[[]*authflows.Factor](t)(flows.Passkeys(t.Context(), me))[7].ID, laptop))
	must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, newAuthenticator(t)))
}

// Removing the last passkey of a user who has a password leaves one factor, and nothing that asks for two.
func TestWithoutItsPasskeysAUserSignsInAsBefore(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, device := passkeyUser(t, env, acme, ann)
	me := passkeyCaller(t, env, acme, device)
	flows := env.Flows(t, acme)
	id := firstPasskey(t, env, acme, me)
	env.Set(t, acme, "mfa.policy=required")
	wantFault(t, env.Flows(t, acme).RemoveFactor(t.Context(), me, id, laptop), fault.FactorNeeded)
	env.Set(t, acme, "mfa.policy=optional")
	mustDo(t, flows.RemoveFactor(t.Context(), me, id, laptop))
	wantProofs(t, signIn(t, env, acme, ann), amr.AAL1, amr.Password)

	// The next one is made for the same handle.
	handle := base64.RawURLEncoding.EncodeToString(device.Newest().Handle)
	begun := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), caller(t, env, acme, signIn(t, env, acme, ann))))
	if got := readPasskeyOptions(t, begun.PublicKey); got.User.ID != handle || len(got.ExcludeCredentials) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestNoPasskeyOfADeletedUserSignsIn(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, device := passkeyUser(t, env, acme, ann)
		asked := []*authflows.Challenge{askPasskey(t, env, acme, ""), askPasskey(t, env, acme, ann)}
		mustDo(t, env.Flows(t, acme).DeleteMe(t.Context(), passkeyCaller(t, env, acme, device), laptop))
		for _, c := range append(asked, askPasskey(t, env, acme, ""), askPasskey(t, env, acme, ann)) {
			_, err := bring(t, env, acme, c, device.Get(c.PublicKey))
			if code := fault.CodeOf(err); code != fault.PasskeyRefused && code != fault.ChallengeExpired {
				t.Errorf("got %v", err)
			}
		}
	})
}
