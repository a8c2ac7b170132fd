package authflows_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail/mailbox"
)

const nobody = "nobody@ex.test"

// OTC-11: from wherever it is asked.
func TestOTC11CodesAreMailedUpToTheLimitAndAnsweredAlike(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.SignUp(t, acme, bob)
		env.Clock.Advance(2 * time.Hour)
		sent := len(env.Mails(t, acme, ann))
		var mailed *authflows.Challenge
		for i := range 50 {
			d := authflows.Device{Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})}
			step := must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), ann, d))
			if step.Challenge.Kind != authflows.KindEmailCode || step.Challenge.ExpiresAt != env.Clock.Now().Add(10*time.Minute) {
				t.Fatalf("got %+v", step.Challenge)
			}
			if i == 4 {
				mailed = step.Challenge
			}
		}
		if n := len(env.Mails(t, acme, ann)) - sent; n != 5 {
			t.Errorf("%d mails, want 5", n)
		}
		must[*authflows.Step](t)(codeIsIn(t, env, acme, askCode(t, env, acme, bob), bob))
		// What was asked for beyond the limit voids nothing that was mailed.
		codes := env.Mails(t, acme, ann)[sent:]
		if !slices.ContainsFunc(codes, func(m mailbox.Stored) bool {
			_, err := answer(t, env, acme, authflows.Answer{Challenge: mailed.ID, Code: m.Code})
			return err == nil
		}) {
			t.Error("no mailed code signs in")
		}
	})
}

// PWD-08: who is unknown, suspended or without an address gets the same answer at the same cost, and no mail.
func TestPWD08AnUnknownAddressIsAskedForACodeAlike(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "mail.link_url=https://app.ex.test/in", "abuse.account_failures=2/15m")
		env.Clock.Advance(3 * time.Hour)
		must[int](t)(env.Engine.Sweep(t.Context())) // nothing tells when either was mailed last
		for _, who := range []string{ann, nobody} { // the row that strangers share is there, sooner or later
			_, err := login(t, env, acme, who, wrongPassword)
			wantFault(t, err, fault.InvalidCredentials)
		}
		env.Clock.Advance(16 * time.Minute)
		flows := env.Flows(t, acme)
		costs := map[string][]int{}
		var shapes []authflows.Challenge
		for _, who := range []string{ann, nobody} {
			for range 2 {
				var c *authflows.Challenge
				count := func(do func()) { costs[who] = append(costs[who], len(env.Statements(do))) }
				count(func() { c = must[*authflows.Step](t)(flows.LoginCode(t.Context(), who, laptop)).Challenge })
				shape := *c
				shape.ID = uuid.Nil
				shapes = append(shapes, shape)
				count(func() {
					_, err := flows.Answer(t.Context(), authflows.Answer{Challenge: c.ID, Code: "12345", Device: laptop})
					wantFault(t, err, fault.InvalidInput)
				})
				count(func() {
					_, err := flows.Answer(t.Context(), authflows.Answer{Challenge: c.ID, Secret: "wrong", Device: laptop})
					wantFault(t, err, fault.WrongCode)
				})
			}
			c := must[*authflows.Step](t)(flows.LoginCode(t.Context(), who, laptop)).Challenge
			_, err := flows.Answer(t.Context(), authflows.Answer{Challenge: c.ID, Secret: "wrong", Device: laptop})
			wantFault(t, err, fault.RateLimited)
			again := must[*authflows.Step](t)(flows.Resend(t.Context(), c.ID, laptop)).Challenge
			if again.ID == c.ID || again.Kind != c.Kind {
				t.Errorf("got %+v", again)
			}
		}
		if diff := cmp.Diff(costs[ann], costs[nobody]); diff != "" {
			t.Errorf("statements of a known and of an unknown address: %s", diff)
		}
		for _, shape := range shapes[1:] {
			if diff := cmp.Diff(shapes[0], shape); diff != "" {
				t.Error(diff)
			}
		}
		if n := len(env.Mails(t, acme, nobody)); n != 0 {
			t.Errorf("nobody got %d mails", n)
		}
	})
}

// What a decoy's code would be is mailed to nobody, and nothing answers it.
func TestADecoyIsAnsweredByNothing(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	c := askCode(t, env, acme, nobody)
	for _, code := range []string{"000000", "123456", "999999"} {
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code})
		wantFault(t, err, fault.WrongCode)
	}
	for _, factor := range []amr.Method{amr.Password, amr.TOTP, amr.RecoveryCode, amr.Passkey} {
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Factor: factor, Password: password, Code: "000000"})
		wantFault(t, err, fault.FactorNotOffered)
	}
	for _, empty := range []string{"", " "} {
		_, err := env.Flows(t, acme).LoginCode(t.Context(), empty, laptop)
		wantFault(t, err, fault.InvalidInput)
	}
	_, err := env.Flows(t, acme).LoginCode(t.Context(), strings.Repeat("x", 10_000), laptop)
	wantFault(t, err, fault.InvalidInput)
}
