package authflows_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestWAN01AnAssertionSignsInOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		there := env.Replicas(t, 2)[1]
		_, device := passkeyUser(t, env, acme, ann)
		c := askPasskey(t, env, acme, "")
		credential := device.Get(c.PublicKey)
		must[*authflows.Step](t)(bring(t, env, acme, c, credential))
		for _, replica := range []*flowtest.Env{env, there} {
			_, err := bring(t, replica, acme, c, credential)
			wantFault(t, err, fault.ChallengeExpired)
		}
		for _, identifier := range []string{"", ann} {
			_, err := bring(t, env, acme, askPasskey(t, env, acme, identifier), credential)
			wantFault(t, err, fault.PasskeyRefused)
		}
		if n := facts(t, env, acme, events.UserSignedIn); n != 2 {
			t.Errorf("%d sign-ins, want that of the sign-up and one", n)
		}
	})
}

func TestWAN02AnAssertionIsForItsChallengeAlone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, device := passkeyUser(t, env, acme, ann)
		_, his := passkeyUser(t, env, acme, bob)
		_, elsewhere := passkeyUser(t, env, globex, ann)
		me := passkeyCaller(t, env, acme, device)
		flows := env.Flows(t, acme)

		mfa := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
		raise := stepUp(t, env, acme, caller(t, env, acme, s))
		registration := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), me))
		ofBob, ofGlobex := askPasskey(t, env, acme, bob), askPasskey(t, env, globex, ann)
		for name, other := range map[string][]byte{
			"a second factor": mfa.PublicKey, "a step-up": raise.PublicKey, "a registration": registration.PublicKey,
			"another user": ofBob.PublicKey, "another tenant": ofGlobex.PublicKey, "another sign-in": askPasskey(t, env, acme, "").PublicKey,
		} {
			for _, identifier := range []string{"", ann} {
				_, err := bring(t, env, acme, askPasskey(t, env, acme, identifier), device.Get(other))
				if fault.CodeOf(err) != fault.PasskeyRefused {
					t.Errorf("the challenge of %s: %v", name, err)
				}
			}
		}
		// And the other way round: that of a sign-in is none of a second factor, a rise or a registration.
		open := askPasskey(t, env, acme, "")
		for _, c := range []*authflows.Challenge{mfa, raise} {
			_, err := bring(t, env, acme, c, device.Get(open.PublicKey))
			wantFault(t, err, fault.PasskeyRefused)
		}
		maker := newAuthenticator(t)
		_, err := flows.AddPasskey(t.Context(), me, registration.Challenge, maker.Create(
			registration.PublicKey, func(s *flowtest.Said) { s.Client["challenge"] = readPasskeyOptions(t, open.PublicKey).Challenge },
		), "", laptop)
		wantFault(t, err, fault.PasskeyInvalid)

		// Challenges are answered where they were asked.
		_, err = flows.AddPasskey(t.Context(), me, open.ID, maker.Create(registration.PublicKey), "", laptop)
		wantFault(t, err, fault.ChallengeExpired)
		made := maker.Create(registration.PublicKey)
		_, err = answer(t, env, acme, authflows.Answer{Challenge: registration.Challenge, Credential: made})
		wantFault(t, err, fault.ChallengeExpired)
		for _, other := range []*flowtest.Authenticator{device, his} { // another session of hers, and of him
			_, err = flows.AddPasskey(t.Context(), passkeyCaller(t, env, acme, other), registration.Challenge, made, "", laptop)
			wantFault(t, err, fault.ChallengeExpired)
		}
		_, err = bring(t, env, acme, ofGlobex, elsewhere.Get(ofGlobex.PublicKey))
		wantFault(t, err, fault.ChallengeExpired)
		must[*authflows.Step](t)(bring(t, env, globex, ofGlobex, elsewhere.Get(ofGlobex.PublicKey)))
	})
}

func TestWAN02AnExpiredChallengeIsAnsweredByNobody(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s, device := passkeyUser(t, env, acme, ann)
	open, named := askPasskey(t, env, acme, ""), askPasskey(t, env, acme, ann)
	mfa := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
	raise := stepUp(t, env, acme, caller(t, env, acme, s))
	env.Clock.Advance(10 * time.Minute)
	for _, c := range []*authflows.Challenge{open, named, mfa, raise} {
		_, err := bring(t, env, acme, c, device.Get(c.PublicKey))
		wantFault(t, err, fault.ChallengeExpired)
	}
	me := passkeyCaller(t, env, acme, device)
	begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginPasskey(t.Context(), me))
	env.Clock.Advance(10 * time.Minute)
	_, err := env.Flows(t, acme).AddPasskey(t.Context(), me, begun.Challenge, device.Create(begun.PublicKey), "", laptop)
	wantFault(t, err, fault.ChallengeExpired)
}

func TestWAN03OnlyTheTenantsOwnPagesCount(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, device := passkeyUser(t, env, acme, ann)
	evil := []string{
		"https://evil.test", "http://auth.example.test", "https://auth.example.test:8443", "https://auth.example.test.evil.test",
		"https://sub.auth.example.test", "https://example.test", "https://auth.example.test/", "HTTPS://AUTH.EXAMPLE.TEST",
		"https://user@auth.example.test", "android:apk-key-hash:x", "null", "*",
	}
	for _, origin := range evil {
		wantNoWayIn(t, env, acme, "", device, func(s *flowtest.Said) { s.Client["origin"] = origin })
	}
	for _, id := range []string{"evil.test", "example.test", "sub.auth.example.test", flowtest.Origin, ""} {
		wantNoWayIn(t, env, acme, "", device, func(s *flowtest.Said) { s.RPID = id })
	}
	wantNoWayIn(t, env, acme, "", device, func(s *flowtest.Said) { s.Client["crossOrigin"] = true })
	me := passkeyCaller(t, env, acme, device)
	_, err := registerPasskey(t, env, acme, me, device, func(s *flowtest.Said) { s.Client["origin"] = evil[0] })
	wantFault(t, err, fault.PasskeyInvalid)
	_, err = registerPasskey(t, env, acme, me, device, func(s *flowtest.Said) { s.RPID = "evil.test" })
	wantFault(t, err, fault.PasskeyInvalid)
}

func TestWAN05APasskeySignsItsOwnerInAlone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, hers := passkeyUser(t, env, acme, ann)
		_, his := passkeyUser(t, env, acme, bob)
		asAnn := func(s *flowtest.Said) { s.Handle = hers.Newest().Handle }
		asHers := func(s *flowtest.Said) {
			own := *s.Passkey
			own.ID = hers.Newest().ID
			s.Passkey = &own
		}
		for name, changes := range map[string][]func(*flowtest.Said){
			"his": nil, "his under her handle": {asAnn}, "his under her id": {asHers}, "his under her id and handle": {asHers, asAnn},
		} {
			_, err := passkeyIn(t, env, acme, ann, his, changes...)
			if fault.CodeOf(err) != fault.PasskeyRefused {
				t.Errorf("%s at her sign-in: %v", name, err)
			}
			c := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
			if _, err = bring(t, env, acme, c, his.Get(c.PublicKey, changes...)); fault.CodeOf(err) != fault.PasskeyRefused {
				t.Errorf("%s as her second factor: %v", name, err)
			}
			c = stepUp(t, env, acme, caller(t, env, acme, s))
			if _, err = bring(t, env, acme, c, his.Get(c.PublicKey, changes...)); fault.CodeOf(err) != fault.PasskeyRefused {
				t.Errorf("%s for her step-up: %v", name, err)
			}
			if name == "his" {
				continue
			}
			if _, err = passkeyIn(t, env, acme, "", his, changes...); fault.CodeOf(err) != fault.PasskeyRefused {
				t.Errorf("%s at anybody's sign-in: %v", name, err)
			}
		}
		if got := must[*authflows.Step](t)(passkeyIn(t, env, acme, "", his)).SignedIn.User.Email; got != bob {
			t.Errorf("his own signs in %s", got)
		}
		flows, foreign := env.Flows(t, acme), firstPasskey(t, env, acme, passkeyCaller(t, env, acme, hers))
		him := passkeyCaller(t, env, acme, his)
		wantFault(t, flows.RemoveFactor(t.Context(), him, foreign, laptop), fault.NotFound)
		_, err := flows.RenamePasskey(t.Context(), him, foreign, "Mine")
		wantFault(t, err, fault.NotFound)
	})
}

func TestNothingOfASuspendedUserOrARemovedPasskeySignsIn(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		suspended, device := passkeyUser(t, env, acme, ann)
		_, removed := passkeyUser(t, env, acme, bob)
		me := passkeyCaller(t, env, acme, removed)
		flows := env.Flows(t, acme)
		asked := map[string]*flowtest.Authenticator{ann: device, bob: removed}
		before := map[string][]*authflows.Challenge{}
		for who := range asked {
			mfa := must[*authflows.Step](t)(login(t, env, acme, who, password)).Challenge
			before[who] = []*authflows.Challenge{askPasskey(t, env, acme, ""), askPasskey(t, env, acme, who), mfa}
		}
		ctx := within(t, env, acme)
		mustDo(t, env.DB.User.Update().Where(user.ID(suspended.User.ID)).SetStatus(user.StatusSuspended).Exec(ctx))
		mustDo(t, flows.RemoveFactor(t.Context(), me, firstPasskey(t, env, acme, me), laptop))
		for who, device := range asked {
			for _, c := range append(before[who], askPasskey(t, env, acme, ""), askPasskey(t, env, acme, who)) {
				_, err := bring(t, env, acme, c, device.Get(c.PublicKey))
				if code := fault.CodeOf(err); code != fault.PasskeyRefused && code != fault.ChallengeExpired {
					t.Errorf("%s: %v", c.Kind, err)
				}
			}
		}
		mustDo(t, env.DB.User.Update().Where(user.ID(suspended.User.ID)).SetStatus(user.StatusActive).Exec(ctx))
		must[*authflows.Step](t)(passkeyIn(t, env, acme, ann, device))
		if s := signIn(t, env, acme, bob); s == nil || s.Session.Level() != amr.AAL1 {
			t.Error("without its passkey a user signs in by its password")
		}
	})
}
