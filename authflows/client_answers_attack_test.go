package authflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// DIA-06: of a wire that says whose sign-in it goes on with, the challenge and not the wire decides whose that is. Naming
// somebody else uses up nothing, of either.
func TestAnAnswerThatNamesAnotherUserIsRefusedBeforeAnythingIsUsedUp(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := env.Flows(t, acme).As(reshowing)
		alice, hers, _ := enrolled(t, env, reshowing, ann)
		bobby, his, _ := enrolled(t, env, reshowing, bob)
		pending := map[string]*authflows.Challenge{}
		for _, email := range []string{ann, bob} {
			in := authflows.LoginInput{Identifier: email, Password: password, Device: laptop}
			pending[email] = must[*authflows.Step](t)(flows.Login(t.Context(), in)).Challenge
		}
		code, hisCode := hers.next(t, env), codeIn(t, env, his.secret, 0)
		for range env.Tenant(t, acme).Settings.Codes.Tries + 1 {
			for _, said := range []string{alice.User.PublicID(), "usr_" + "00000000000000000000000000", "nobody"} {
				for _, right := range []string{code, hisCode} {
					_, err := flows.Answer(t.Context(), authflows.Answer{
						Challenge: pending[bob].ID, User: said, Factor: amr.TOTP, Code: right, Device: laptop,
					})
					wantFault(t, err, fault.NotFound)
				}
			}
		}
		for email, c := range map[string]*authflows.Caller{ann: alice, bob: bobby} {
			right := map[string]string{ann: code, bob: hisCode}[email]
			step := must[*authflows.Step](t)(flows.Answer(t.Context(), authflows.Answer{
				Challenge: pending[email].ID, User: c.User.PublicID(), Factor: amr.TOTP, Code: right, Device: laptop,
			}))
			if step.SignedIn == nil || step.SignedIn.User.ID != c.User.ID {
				t.Errorf("%s is signed in as %+v", email, step.SignedIn)
			}
		}
		// A challenge of nobody is nobody's.
		reset := requestReset(t, env, acme, "nobody@ex.test")
		_, err := env.Flows(t, acme).Answer(t.Context(), authflows.Answer{Challenge: reset.ID, User: alice.User.PublicID(), Device: laptop})
		wantFault(t, err, fault.NotFound)
	})
}

func TestThatACodeCameTooLateIsToldOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		flows := env.Flows(t, acme).As(byAddress)
		answer := func(email string) error {
			t.Helper()
			_, err := flows.AnswerMailed(t.Context(), authflows.ForLogin, email, authflows.Answer{Code: "123456", Device: laptop})
			wantFault(t, err, fault.ChallengeExpired)
			return err
		}
		for _, email := range []string{ann, "nobody@ex.test"} { // known or not
			must[*authflows.Step](t)(flows.LoginCode(t.Context(), email, laptop))
		}
		env.Clock.Advance(11 * time.Minute)
		for _, email := range []string{ann, "nobody@ex.test"} {
			if err := answer(email); !errors.Is(err, authflows.ErrLate) {
				t.Errorf("the time of the code is over: %v", err)
			}
			if err := answer(email); errors.Is(err, authflows.ErrLate) {
				t.Errorf("that the time of the code is over is told again")
			}
		}
		if err := answer("stranger@ex.test"); errors.Is(err, authflows.ErrLate) {
			t.Errorf("what was never asked for came too late")
		}
	})
}
