package authflows_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// allowedIDs are the ids of the passkeys that a challenge allows.
func allowedIDs(t testing.TB, c *authflows.Challenge) (out []string) {
	t.Helper()
	for _, allowed := range readPasskeyOptions(t, c.PublicKey).AllowCredentials {
		out = append(out, allowed.ID)
	}
	return out
}

// Nobody's passkeys are asked for as somebody's are, and by every replica alike.
func TestDecoysStayTheSame(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		there := env.Replicas(t, 2)[1]
		env.SignUp(t, acme, bob) // who has no passkey
		seen := map[string]string{}
		for _, who := range []string{"nobody@ex.test", "nobody2@ex.test", bob, "+4915112345678", "no identifier!"} {
			first := allowedIDs(t, askPasskey(t, env, acme, who))
			if len(first) != 1 {
				t.Fatalf("%s: %d decoys", who, len(first))
			}
			for _, other := range []*authflows.Challenge{
				askPasskey(t, env, acme, who), askPasskey(t, env, acme, " "+strings.ToUpper(who)), askPasskey(t, there, acme, who),
			} {
				if diff := cmp.Diff(first, allowedIDs(t, other)); diff != "" {
					t.Errorf("%s: %s", who, diff)
				}
			}
			if same, ok := seen[first[0]]; ok {
				t.Errorf("%s and %s have the same decoy", who, same)
			}
			seen[first[0]] = who
			if cmp.Equal(first, allowedIDs(t, askPasskey(t, env, globex, who))) {
				t.Errorf("%s has the same decoy at another tenant", who)
			}
		}
	})
}

// stripped is what options tell beside the ids, the transports and the challenge.
func stripped(t testing.TB, options json.RawMessage) map[string]any {
	t.Helper()
	out := object(t, options)
	if len(out["challenge"].(string)) < 22 {
		t.Error("a short challenge")
	}
	out["challenge"] = "…"
	for _, allowed := range out["allowCredentials"].([]any) {
		descriptor := allowed.(map[string]any)
		if descriptor["id"] == "" || len(descriptor["transports"].([]any)) == 0 {
			t.Errorf("got %v", descriptor)
		}
		descriptor["id"], descriptor["transports"] = "…", "…"
	}
	return out
}

func TestNoStepOfAPasskeySignInTellsWhoExists(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, device := passkeyUser(t, env, acme, ann)
		suspended, _ := passkeyUser(t, env, acme, "eve@ex.test")
		_, attacker := passkeyUser(t, env, acme, "mallory@ex.test")
		env.SignUp(t, acme, bob)
		mustDo(t, env.DB.User.Update().Where(user.ID(suspended.User.ID)).SetStatus(user.StatusSuspended).Exec(within(t, env, acme)))
		flows := env.Flows(t, acme)
		_, stranger := passkeyUser(t, env, globex, ann) // whose passkey this tenant does not know
		type seen struct {
			Asking, Answering, Attacking int
			Kind                         authflows.Kind
			Factors                      []amr.Method
			Options                      map[string]any
			Lapse                        bool
		}
		all := map[string]seen{}
		for _, who := range []string{ann, "nobody@ex.test", bob, "eve@ex.test", "no identifier!"} {
			var s seen
			var c *authflows.Challenge
			s.Asking = len(env.Statements(func() {
				c = must[*authflows.Step](t)(flows.LoginPasskey(t.Context(), who, laptop)).Challenge
			}))
			s.Kind, s.Factors, s.Options = c.Kind, c.Factors, stripped(t, c.PublicKey)
			refuse := func(credential []byte) int {
				in := authflows.Answer{Challenge: c.ID, Credential: credential, Device: laptop}
				return len(env.Statements(func() {
					_, err := flows.Answer(t.Context(), in)
					wantFault(t, err, fault.PasskeyRefused)
				}))
			}
			s.Answering = refuse(stranger.Get(c.PublicKey))
			s.Attacking = refuse(attacker.Get(c.PublicKey))
			for range 3 {
				refuse(stranger.Get(c.PublicKey))
			}
			_, err := flows.Answer(t.Context(), authflows.Answer{Challenge: c.ID, Credential: device.Get(c.PublicKey), Device: laptop})
			s.Lapse = fault.CodeOf(err) == fault.ChallengeExpired
			all[who] = s
		}
		for who, s := range all {
			if diff := cmp.Diff(all[ann], s); diff != "" {
				t.Errorf("%s differs from somebody with a passkey: %s", who, diff)
			}
		}
		if !all[ann].Lapse {
			t.Error("a challenge has five tries")
		}
	})
}

func TestAPasskeyIsAskedForWithinLimitsAndWhereTheTenantHasThem(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	me := caller(t, env, acme, env.SignUp(t, acme, ann))
	flows := env.Flows(t, acme)
	for _, text := range []string{" \t", strings.Repeat("a", 321)} {
		_, err := flows.LoginPasskey(t.Context(), text, laptop)
		wantFault(t, err, fault.InvalidInput)
	}
	env.Set(t, acme, "abuse.address=3/1h")
	for range 3 {
		askPasskey(t, env, acme, "nobody@ex.test")
	}
	_, err := env.Flows(t, acme).LoginPasskey(t.Context(), "", laptop)
	wantFault(t, err, fault.RateLimited)
	env.Set(t, acme, "passkeys.enabled=false")
	_, err = env.Flows(t, acme).LoginPasskey(t.Context(), "", laptop)
	wantFault(t, err, fault.MethodDisabled)
	_, err = env.Flows(t, acme).BeginPasskey(t.Context(), me)
	wantFault(t, err, fault.MethodDisabled)
}

// RTL-05: whoever has locked an account out locks no passkey out.
func TestRTL05ALockedOutUserSignsInByPasskey(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, device := passkeyUser(t, env, acme, ann)
	attacker := authflows.Device{Address: netip.MustParseAddr("203.0.113.66")}
	waiting := askPasskey(t, env, acme, ann)
	flows := env.Flows(t, acme)
	for range 1000 {
		_, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: wrongPassword, Device: attacker})
		if err == nil {
			t.Fatal("signed in")
		}
	}
	for range 100 {
		must[*authflows.Step](t)(flows.LoginPasskey(t.Context(), ann, attacker))
	}
	_, err := login(t, env, acme, ann, password)
	wantFault(t, err, fault.RateLimited)
	must[*authflows.Step](t)(bring(t, env, acme, waiting, device.Get(waiting.PublicKey)))
	for range 10 { // the sign-in has cleared the account's budget
		_, _ = flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: wrongPassword, Device: attacker})
	}
	must[*authflows.Step](t)(passkeyIn(t, env, acme, "", device))
}

func TestRefusedPasskeysCountAgainstNoAccount(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		passkeyUser(t, env, acme, ann)
		_, his := passkeyUser(t, env, acme, bob)
		for range 30 {
			wantNoWayIn(t, env, acme, ann, his)
		}
		if n := facts(t, env, acme, events.SignInRefused); n != 30 {
			t.Errorf("%d refusals noted, want 30", n)
		}
		if n := facts(t, env, acme, events.SignInBlocked); n != 0 {
			t.Errorf("%d blocks", n)
		}
		must[*authflows.Step](t)(login(t, env, acme, ann, password))
	})
}

// A page asks for a passkey as soon as it opens (conditional UI), and many people share an address.
func TestWhoSharesAnAddressWaitsSideBySide(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, device := passkeyUser(t, env, acme, ann)
	first := askPasskey(t, env, acme, "")
	for range 10 {
		askPasskey(t, env, acme, "")
	}
	must[*authflows.Step](t)(bring(t, env, acme, first, device.Get(first.PublicKey)))
}
