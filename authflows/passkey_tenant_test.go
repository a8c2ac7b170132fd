package authflows_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/passkey"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestAttestationIsAskedForAsTheTenantSays(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	me := caller(t, env, acme, env.SignUp(t, acme, ann))
	for _, setting := range []string{"none", "indirect", "direct"} {
		env.Set(t, acme, "passkeys.attestation="+setting)
		begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginPasskey(t.Context(), me))
		if got := readPasskeyOptions(t, begun.PublicKey).Attestation; got != setting {
			t.Errorf("attestation %s, want %s", got, setting)
		}
	}
}

// WAN-03 by settings: what is said of pages and of the relying party is each tenant's own.
func TestWAN03PasskeysAreBoundToTheTenantsHostAndPages(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		const ours, ofApp, theirs = "https://acme.example.test", "https://app.acme.example.test:8443", "https://globex.example.test"
		env.Set(t, acme, "passkeys.rp_id=example.test", `passkeys.origins=["`+ours+`","`+ofApp+`"]`)
		env.Set(t, globex, "passkeys.rp_id=example.test", `passkeys.origins=["`+theirs+`"]`)
		s, device := env.SignUp(t, acme, ann), flowtest.NewAuthenticator(t, ours)
		me := caller(t, env, acme, s)
		begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginPasskey(t.Context(), me))
		if got := readPasskeyOptions(t, begun.PublicKey).RP.ID; got != "example.test" {
			t.Errorf("relying party %s", got)
		}
		for _, origin := range []string{theirs, flowtest.Origin, "https://example.test"} {
			_, err := registerPasskey(t, env, acme, me, flowtest.NewAuthenticator(t, origin))
			wantFault(t, err, fault.PasskeyInvalid)
		}
		must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, device))
		for _, origin := range []string{ours, ofApp} {
			device.Origin = origin
			must[*authflows.Step](t)(passkeyIn(t, env, acme, ann, device))
		}
		for _, origin := range []string{theirs, flowtest.Origin} {
			device.Origin = origin
			wantNoWayIn(t, env, acme, ann, device)
		}
		device.Origin = ours
		before := askPasskey(t, env, acme, ann)
		env.Set(t, acme, "passkeys.rp_id=acme.example.test") // another host: what exists is useless
		_, err := bring(t, env, acme, before, device.Get(before.PublicKey))
		wantFault(t, err, fault.PasskeyRefused)
		wantNoWayIn(t, env, acme, ann, device)
	})
}

// One authenticator, one relying party id, two tenants: the default, where tenants share the public URL's host.
func TestTheSamePasskeyAtTwoTenantsIsTwo(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		here, device := passkeyUser(t, env, acme, ann)
		key := device.Newest()
		wantNoWayIn(t, env, globex, "", device) // nobody's there

		there := env.SignUp(t, globex, ann)
		must[*authflows.Factor](t)(registerPasskey(t, env, globex, caller(t, env, globex, there), device, flowtest.Again(key)))
		again := device.Newest()
		if bytes.Equal(key.Handle, again.Handle) || !bytes.Equal(key.ID, again.ID) {
			t.Fatal("want one credential under two handles")
		}
		as := func(p *flowtest.Passkey) func(*flowtest.Said) {
			return func(s *flowtest.Said) { s.Passkey, s.Handle = p, p.Handle }
		}
		for slug, want := range map[string]uuid.UUID{acme: here.User.ID, globex: there.User.ID} {
			own, foreign := key, again
			if slug == globex {
				own, foreign = again, key
			}
			for _, identifier := range []string{"", ann} {
				got := must[*authflows.Step](t)(passkeyIn(t, env, slug, identifier, device, as(own))).SignedIn.User.ID
				if got != want {
					t.Errorf("%s: signed in %s", slug, got)
				}
				wantNoWayIn(t, env, slug, identifier, device, as(foreign)) // WAN-05
			}
		}

		// WAN-02: what was signed for one tenant signs nobody in at the other.
		c, other := askPasskey(t, env, acme, ""), askPasskey(t, env, globex, "")
		_, err := bring(t, env, globex, other, device.Get(c.PublicKey, as(again)))
		wantFault(t, err, fault.PasskeyRefused)
		_, err = bring(t, env, globex, c, device.Get(c.PublicKey, as(again)))
		wantFault(t, err, fault.ChallengeExpired)
		must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey, as(key))))

		// Counters and removal are each tenant's own.
		must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device, as(key), counting(7)))
		must[*authflows.Step](t)(passkeyIn(t, env, globex, "", device, as(again), counting(3)))
		counts := map[string]int{}
		for _, slug := range []string{acme, globex} {
			counts[slug] = must[int](t)(env.DB.Passkey.Query().Select(passkey.FieldSignCount).Int(within(t, env, slug)))
		}
		if diff := cmp.Diff(map[string]int{acme: 7, globex: 3}, counts); diff != "" {
			t.Error(diff)
		}
		me := passkeyCaller(t, env, acme, device, as(key), counting(8))
		id := firstPasskey(t, env, acme, me)
		foreign := firstPasskey(t, env, globex, caller(t, env, globex, there))
		wantFault(t, env.Flows(t, acme).RemoveFactor(t.Context(), me, foreign, laptop), fault.NotFound)
		mustDo(t, env.Flows(t, acme).RemoveFactor(t.Context(), me, id, laptop))
		wantNoWayIn(t, env, acme, "", device, as(key), counting(9))
		must[*authflows.Step](t)(passkeyIn(t, env, globex, "", device, as(again), counting(9)))
	})
}
