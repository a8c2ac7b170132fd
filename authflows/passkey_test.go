package authflows_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// TestAUserHasSeveralPasskeys registers, names, renames, lists and removes them.
func TestAUserHasSeveralPasskeys(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows, me := env.Flows(t, acme), caller(t, env, acme, env.SignUp(t, acme, ann))
		phone := newAuthenticator(t)
		var added []*authflows.Factor
		var handles []string
		for i, name := range []string{"Phone", " Key on the ring ", "", "Spare"} {
			begun := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), me))
			asked := readPasskeyOptions(t, begun.PublicKey)
			if n := len(asked.ExcludeCredentials); n != i {
				t.Errorf("%d passkeys excluded, want %d", n, i)
			}
			handles = append(handles, asked.User.ID)
			device, flags := phone, byte(0)
			if i > 0 {
				device, flags = newAuthenticator(t), flowtest.FlagBE|flowtest.FlagBS
			}
			credential := device.Create(begun.PublicKey, func(s *flowtest.Said) { s.Flags |= flags })
			f := must[*authflows.Factor](t)(flows.AddPasskey(t.Context(), me, begun.Challenge, credential, name, laptop))
			if f.PublicID() != begun.FactorID() || f.Kind != amr.Passkey || !f.CreatedAt.Equal(env.Clock.Now()) || f.BackedUp != (i > 0) {
				t.Errorf("got %+v", f)
			}
			added = append(added, f)
			env.Clock.Advance(time.Second)
			me = passkeyCaller(t, env, acme, phone)
		}
		if diff := cmp.Diff([]string{"Phone", "Key on the ring", "Passkey", "Spare"}, passkeyNames(t, env, acme, me)); diff != "" {
			t.Errorf("oldest first: %s", diff)
		}
		for _, handle := range handles[1:] {
			if handle != handles[0] {
				t.Error("a user has one handle")
			}
		}
		list := must[[]*authflows.Factor](t)(flows.Passkeys(t.Context(), me))
		if used := list[0].LastUsedAt; used == nil || !used.Equal(env.Clock.Now()) || list[1].LastUsedAt != nil {
			t.Errorf("last used %v and %v", used, list[1].LastUsedAt)
		}

		renamed := must[*authflows.Factor](t)(flows.RenamePasskey(t.Context(), me, added[0].ID, " Old phone\t"))
		if renamed.Name != "Old phone" || renamed.ID != added[0].ID {
			t.Errorf("got %+v", renamed)
		}
		mustDo(t, flows.RemoveFactor(t.Context(), me, added[1].ID, laptop))
		if diff := cmp.Diff([]string{"Old phone", "Passkey", "Spare"}, passkeyNames(t, env, acme, me)); diff != "" {
			t.Error(diff)
		}
		wantFault(t, flows.RemoveFactor(t.Context(), me, added[1].ID, laptop), fault.NotFound)
		if n := notices(t, env, acme, ann, "passkey was added"); n != 4 {
			t.Errorf("%d notices of new passkeys, want 4", n)
		}
		if n := notices(t, env, acme, ann, "passkey was removed"); n != 1 {
			t.Errorf("%d notices of removed passkeys, want 1", n)
		}
		for of, want := range map[events.Type]int{events.FactorAdded: 4, events.FactorRenamed: 1, events.FactorRemoved: 1} {
			if n := facts(t, env, acme, of); n != want {
				t.Errorf("%d × %s, want %d", n, of, want)
			}
		}
	})
}

// TestOptionsAskForADiscoverablePasskey covers what a browser is given to make one.
func TestOptionsAskForADiscoverablePasskey(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginPasskey(t.Context(), caller(t, env, acme, s)))
	got := readPasskeyOptions(t, begun.PublicKey)
	handle := must[[]byte](t)(base64.RawURLEncoding.DecodeString(got.User.ID))
	if len(handle) != 64 || strings.Contains(string(handle), string(s.User.ID[:])) {
		t.Errorf("handle of %d bytes", len(handle))
	}
	if got.RP.ID != "auth.example.test" || got.RP.Name != env.Tenant(t, acme).DisplayName() || got.User.Name != ann {
		t.Errorf("got %+v", got)
	}
	if challenge := must[[]byte](t)(base64.RawURLEncoding.DecodeString(got.Challenge)); len(challenge) < 16 {
		t.Errorf("challenge of %d bytes", len(challenge))
	}
	var algorithms []int
	for _, p := range got.PubKeyCredParams {
		algorithms = append(algorithms, p.Alg)
	}
	if diff := cmp.Diff([]int{-7, -8, -257}, algorithms); diff != "" {
		t.Error(diff)
	}
	if s := got.AuthenticatorSelection; s.ResidentKey != "required" || s.UserVerification != "required" || got.Attestation != "none" {
		t.Errorf("%+v, attestation %s", s, got.Attestation)
	}
}

func TestAPasskeySignsInByItself(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		user, device := passkeyUser(t, env, acme, ann)
		for _, identifier := range []string{ann, " ANN@ex.test", ""} {
			c := askPasskey(t, env, acme, identifier)
			asked := readPasskeyOptions(t, c.PublicKey)
			if c.Kind != authflows.KindPasskey || asked.RPID != "auth.example.test" || asked.UserVerification != "required" {
				t.Errorf("got %+v, %+v", c, asked)
			}
			want := []passkeyDescriptor(nil)
			if identifier != "" {
				want = []passkeyDescriptor{{
					base64.RawURLEncoding.EncodeToString(device.Newest().ID), "public-key", []string{"hybrid", "internal"},
				}}
			}
			if diff := cmp.Diff(want, asked.AllowCredentials); diff != "" {
				t.Error(diff)
			}
			s := must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey))).SignedIn
			if s.User.ID != user.User.ID || s.New {
				t.Errorf("got %+v", s)
			}
			wantProofs(t, s, amr.AAL2, amr.Passkey)
		}
		// Where it is allowed by name, an authenticator may keep its user handle to itself.
		silent := func(s *flowtest.Said) { s.Handle = nil }
		must[*authflows.Step](t)(passkeyIn(t, env, acme, ann, device, silent))
		wantNoWayIn(t, env, acme, "", device, silent)
	})
}

func TestAPasskeyIsASecondFactor(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, device := passkeyUser(t, env, acme, ann)
		c := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
		if diff := cmp.Diff([]amr.Method{amr.Passkey}, c.Factors); diff != "" || c.Kind != authflows.KindMFA {
			t.Fatalf("%s: %s", c.Kind, diff)
		}
		s := must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey))).SignedIn
		wantProofs(t, s, amr.AAL2, amr.Password, amr.Passkey)
		if facts(t, env, acme, events.UserSignedIn) != 2 {
			t.Error("the sign-up opened a session, and this sign-in one more")
		}
	})
}

func TestAPasskeyStepsUp(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, device := passkeyUser(t, env, acme, ann)
		env.Clock.Advance(5 * time.Minute)
		me := caller(t, env, acme, s)
		c := stepUp(t, env, acme, me)
		if diff := cmp.Diff([]amr.Method{amr.Passkey}, c.Factors); diff != "" {
			t.Error(diff)
		}
		raised := must[*authflows.Step](t)(bring(t, env, acme, c, device.Get(c.PublicKey))).SignedIn
		wantProofs(t, raised, amr.AAL2, append(s.Session.Proofs, amr.Passkey)...)
		before, after := s.Session, raised.Session
		if after.ID != before.ID || after.Generation != before.Generation+1 || !after.AuthTime.Equal(env.Clock.Now()) {
			t.Errorf("got %+v", after)
		}
		_, err := bring(t, env, acme, c, device.Get(c.PublicKey))
		wantFault(t, err, fault.ChallengeExpired)
		if facts(t, env, acme, events.SessionRaised) != 1 {
			t.Error("a rise is a fact")
		}
	})
}

func TestAPasskeySignInTakesFewStatements(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, device := passkeyUser(t, env, acme, ann)
		flows := env.Flows(t, acme)
		for identifier, most := range map[string]int{"": 2, ann: 4} {
			var step *authflows.Step
			var err error
			asking := env.Statements(func() { step, err = flows.LoginPasskey(t.Context(), identifier, laptop) })
			mustDo(t, err)
			if len(asking) > most {
				t.Errorf("asking: %d statements: %q", len(asking), queries(asking))
			}
			in := authflows.Answer{
				Challenge: step.Challenge.ID, Credential: device.Get(step.Challenge.PublicKey), Device: laptop,
			}
			answering := env.Statements(func() { _, err = flows.Answer(t.Context(), in) })
			mustDo(t, err)
			if len(answering) > 11 {
				t.Errorf("answering: %d statements: %q", len(answering), queries(answering))
			}
		}
	})
}
