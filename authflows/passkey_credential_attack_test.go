package authflows_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestWAN06ACounterThatDoesNotRiseIsRefusedAndTold(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, device := passkeyUser(t, env, acme, ann, counting(5))
		for i, count := range []uint32{3, 5, 0} {
			wantNoWayIn(t, env, acme, "", device, counting(count))
			if n := facts(t, env, acme, events.PasskeyRegressed); n != i+1 {
				t.Errorf("%d events after %d regresses", n, i+1)
			}
			if n := notices(t, env, acme, ann, "was refused"); n != i+1 {
				t.Errorf("%d notices after %d regresses", n, i+1)
			}
		}
		row := env.DB.Event.Query().Where(event.Type(string(events.PasskeyRegressed))).FirstX(within(t, env, acme))
		if row.UserID == nil || *row.UserID != s.User.ID {
			t.Errorf("the event is about %v", row.UserID)
		}
		c := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
		_, err := bring(t, env, acme, c, device.Get(c.PublicKey, counting(5)))
		wantFault(t, err, fault.PasskeyRefused)
		c = stepUp(t, env, acme, caller(t, env, acme, s))
		_, err = bring(t, env, acme, c, device.Get(c.PublicKey, counting(5)))
		wantFault(t, err, fault.PasskeyRefused)

		must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device, counting(6)))
		wantNoWayIn(t, env, acme, "", device, counting(6))
		must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device, counting(1<<32-1)))
		wantNoWayIn(t, env, acme, "", device, counting(0))
	})
}

func TestWAN06AnAuthenticatorThatDoesNotCountSignsInAgainAndAgain(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, device := passkeyUser(t, env, acme, ann)
	for range 3 {
		must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device))
	}
	must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device, counting(1)))
	wantNoWayIn(t, env, acme, "", device)
	if n := facts(t, env, acme, events.PasskeyRegressed); n != 1 {
		t.Errorf("%d regresses, want 1", n)
	}
}

func TestWAN07ACredentialIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, device := passkeyUser(t, env, acme, ann)
		key := device.Newest()
		me := passkeyCaller(t, env, acme, device)
		begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginPasskey(t.Context(), me))
		want := []passkeyDescriptor{{base64.RawURLEncoding.EncodeToString(key.ID), "public-key", []string{"hybrid", "internal"}}}
		if diff := cmp.Diff(want, readPasskeyOptions(t, begun.PublicKey).ExcludeCredentials); diff != "" {
			t.Errorf("excludeCredentials: %s", diff)
		}
		made := device.Create(begun.PublicKey, flowtest.Again(key))
		_, err := env.Flows(t, acme).AddPasskey(t.Context(), me, begun.Challenge, made, "", laptop)
		wantFault(t, err, fault.PasskeyTaken)

		him, own := caller(t, env, acme, env.SignUp(t, acme, bob)), newAuthenticator(t)
		_, err = registerPasskey(t, env, acme, him, device, flowtest.Again(key))
		wantFault(t, err, fault.PasskeyTaken)
		_, err = registerPasskey(t, env, acme, him, own, func(s *flowtest.Said) { s.Passkey.ID = key.ID }) // her id, a key of his
		wantFault(t, err, fault.PasskeyTaken)
		if names := passkeyNames(t, env, acme, him); len(names) != 0 {
			t.Errorf("he has %q", names)
		}
		if n := facts(t, env, acme, events.FactorAdded); n != 1 {
			t.Errorf("%d factors added, want 1", n)
		}
		for _, identifier := range []string{"", bob} {
			wantNoWayIn(t, env, acme, identifier, own)
		}

		hers := func(s *flowtest.Said) { s.Passkey, s.Handle = key, key.Handle }
		s := must[*authflows.Step](t)(passkeyIn(t, env, acme, ann, device, hers)).SignedIn
		if s.User.Email != ann {
			t.Errorf("hers signs in %s", s.User.Email)
		}
		// Another tenant knows nothing of it.
		there := caller(t, env, globex, env.SignUp(t, globex, bob))
		must[*authflows.Factor](t)(registerPasskey(t, env, globex, there, device, flowtest.Again(key)))
	})
}

func TestWAN07TwoUsersRegisterOneCredentialAtOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		device := newAuthenticator(t)
		replicas := flowsOf(t, env.Replicas(t, 2))
		type attempt struct {
			me         *authflows.Caller
			begun      *authflows.Enrolment
			credential []byte
		}
		var attempts []attempt
		for i, who := range []string{ann, bob} {
			me := caller(t, env, acme, env.SignUp(t, acme, who))
			begun := must[*authflows.Enrolment](t)(replicas[i].BeginPasskey(t.Context(), me))
			var again []func(*flowtest.Said)
			if i > 0 {
				again = append(again, flowtest.Again(device.Newest()))
			}
			attempts = append(attempts, attempt{me, begun, device.Create(begun.PublicKey, again...)})
		}
		errs := make([]error, 2)
		flowtest.Parallel(2, func(i int) {
			a := attempts[i]
			_, errs[i] = replicas[i].AddPasskey(t.Context(), a.me, a.begun.Challenge, a.credential, "", laptop)
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("got %v", errs)
		}
		for _, err := range errs {
			if err != nil {
				wantFault(t, err, fault.PasskeyTaken)
			}
		}
	})
}

func TestWAN08WhatIsNoPasskeyIsNotRegistered(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	me := caller(t, env, acme, env.SignUp(t, acme, ann))
	algorithm := func(cose ...byte) func(*flowtest.Said) {
		return func(s *flowtest.Said) {
			s.Key = bytes.Replace(s.Key, []byte{0x03, 0x26}, append([]byte{0x03}, cose...), 1)
		}
	}
	deep := append(bytes.Repeat([]byte{0x81}, 10_000), 0x80)
	for name, change := range map[string]func(*flowtest.Said){
		"an algorithm not offered":   algorithm(0x38, 0x22),
		"a key of another algorithm": algorithm(0x27),
		"a malformed key":            func(s *flowtest.Said) { s.Key = []byte{0xa5, 0x01} },
		"no key":                     func(s *flowtest.Said) { s.Key = nil },
		"a point beside the curve":   func(s *flowtest.Said) { s.Key[len(s.Key)-1] ^= 1 },
		"a long attestation":         func(s *flowtest.Said) { s.Tail = make([]byte, 1<<20) },
		"a deep key":                 func(s *flowtest.Said) { s.Key = deep },
		"a deep statement":           func(s *flowtest.Said) { s.Statement = deep },
		"trailing bytes":             func(s *flowtest.Said) { s.Tail = []byte{0} },
		"a forged statement":         func(s *flowtest.Said) { s.Format = "packed" },
		"an unknown format":          func(s *flowtest.Said) { s.Format = "none of these" },
		"an empty id":                func(s *flowtest.Said) { s.Passkey.ID = nil },
		"a long id":                  func(s *flowtest.Said) { s.Passkey.ID = make([]byte, 1024) },
		"an assertion":               func(s *flowtest.Said) { s.Client["type"] = "webauthn.get" },
	} {
		_, err := registerPasskey(t, env, acme, me, newAuthenticator(t), change)
		if code := fault.CodeOf(err); code != fault.PasskeyInvalid && code != fault.InvalidInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if names := passkeyNames(t, env, acme, me); len(names) != 0 {
		t.Errorf("registered: %q", names)
	}
	must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, newAuthenticator(t)))
}

func TestWAN09BackupFlagsStayTrue(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flags := func(f byte) func(*flowtest.Said) { return func(s *flowtest.Said) { s.Flags |= f } }
		const be, bs = flowtest.FlagBE, flowtest.FlagBS
		_, bound := passkeyUser(t, env, acme, ann)
		_, synced := passkeyUser(t, env, acme, bob, flags(be))
		for _, f := range []byte{be, bs, be | bs} {
			wantNoWayIn(t, env, acme, "", bound, flags(f))
		}
		for _, f := range []byte{0, bs} {
			wantNoWayIn(t, env, acme, "", synced, flags(f))
		}
		must[*authflows.Step](t)(passkeyIn(t, env, acme, "", bound))
		for _, f := range []byte{be | bs, be} {
			me := passkeyCaller(t, env, acme, synced, flags(f))
			list := must[[]*authflows.Factor](t)(env.Flows(t, acme).Passkeys(t.Context(), me))
			if list[0].BackedUp != (f&bs != 0) {
				t.Errorf("flags %b are shown as %t", f, list[0].BackedUp)
			}
		}
		me := passkeyCaller(t, env, acme, bound)
		_, err := registerPasskey(t, env, acme, me, newAuthenticator(t), flags(bs))
		wantFault(t, err, fault.PasskeyInvalid)
	})
}

func TestWAN10TheLastWayInStays(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "magic.enabled=false")
		s, device := passkeyUser(t, env, acme, ann)
		dropPassword(t, env, acme, s.User.ID)
		flows, me := env.Flows(t, acme), passkeyCaller(t, env, acme, device)
		first := firstPasskey(t, env, acme, me)
		wantFault(t, flows.RemoveFactor(t.Context(), me, first, laptop), fault.FactorNeeded)
		if n := notices(t, env, acme, ann, "was removed"); n != 0 || facts(t, env, acme, events.FactorRemoved) != 0 {
			t.Errorf("%d notices of what did not happen", n)
		}
		me = passkeyCaller(t, env, acme, device) // it still signs in

		// An authenticator app is no way in; another passkey is.
		enrolApp(t, env, acme, me)
		wantFault(t, flows.RemoveFactor(t.Context(), me, first, laptop), fault.FactorNeeded)
		spare := newAuthenticator(t)
		second := must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, spare))
		mustDo(t, flows.RemoveFactor(t.Context(), me, first, laptop))
		wantNoWayIn(t, env, acme, "", device)
		me = passkeyCaller(t, env, acme, spare)
		wantFault(t, flows.RemoveFactor(t.Context(), me, second.ID, laptop), fault.FactorNeeded)
		env.Set(t, acme, "magic.enabled=true")
		mustDo(t, env.Flows(t, acme).RemoveFactor(t.Context(), me, second.ID, laptop))
	})
}

// WAN-10: two removals at once do not leave a user without any way in.
func TestWAN10OfTwoRemovalsAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "magic.enabled=false")
		s, device := passkeyUser(t, env, acme, ann)
		dropPassword(t, env, acme, s.User.ID)
		me := passkeyCaller(t, env, acme, device)
		must[*authflows.Factor](t)(registerPasskey(t, env, acme, me, newAuthenticator(t)))
		replicas := flowsOf(t, env.Replicas(t, 2))
		list := must[[]*authflows.Factor](t)(replicas[0].Passkeys(t.Context(), me))
		errs := make([]error, 2)
		flowtest.Parallel(2, func(i int) { errs[i] = replicas[i].RemoveFactor(t.Context(), me, list[i].ID, laptop) })
		for _, err := range errs {
			if code := fault.CodeOf(err); err != nil && code != fault.FactorNeeded && code != fault.VersionConflict {
				t.Error(err)
			}
		}
		if !slices.Contains(errs, nil) || len(passkeyNames(t, env, acme, me)) != 1 {
			t.Errorf("got %v, %d left", errs, len(passkeyNames(t, env, acme, me)))
		}
	})
}
