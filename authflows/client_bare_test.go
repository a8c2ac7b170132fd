package authflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// bare is a wire without passwords.
var bare = &authflows.Client{
	ID: "bare", Access: 30 * time.Minute, Refresh: 30 * 24 * time.Hour,
	SignsUp: authflows.SignsUp{Confirms: true, Bare: true},
	Mails: map[authflows.Purpose]authflows.Mailing{
		authflows.ForSignup: {Every: ephemeral.Limit{Events: 1, Per: time.Minute}},
	},
}

func TestAWireWithoutPasswordsSignsUpWhereMailboxesMay(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	in := authflows.SignupInput{Email: ann, Device: laptop}
	_, err := env.Flows(t, acme).As(bare).Signup(t.Context(), in)
	wantFault(t, err, fault.MethodDisabled) // and not that a password lacks, which it has no words for
	env.Set(t, acme, "magic.signup=true")
	must[*authflows.Step](t)(env.Flows(t, acme).As(bare).Signup(t.Context(), in))
	answer := authflows.Answer{Code: env.Code(t, acme, ann), Device: laptop}
	step := must[*authflows.Step](t)(env.Flows(t, acme).As(bare).AnswerMailed(t.Context(), authflows.ForSignup, ann, answer))
	if step.SignedIn == nil || !step.SignedIn.User.EmailVerified {
		t.Errorf("got %+v", step)
	}
}

func TestAskingForOneAddressTooOftenIsAboutThatAddress(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "magic.signup=true")
	in := authflows.SignupInput{Email: ann, Device: laptop}
	flows := env.Flows(t, acme).As(bare)
	must[*authflows.Step](t)(flows.Signup(t.Context(), in))
	_, err := flows.Signup(t.Context(), in)
	var limited *fault.Fault
	if !errors.As(err, &limited) || limited.Code != fault.RateLimited || len(limited.Fields) != 1 || limited.RetryAfter <= 0 {
		t.Errorf("got %+v", limited)
	}
	env.Set(t, acme, "abuse.address=1/1h")
	flows = env.Flows(t, acme).As(bare)
	in.Email = "bob@ex.test"
	_, _ = flows.Signup(t.Context(), in)
	_, err = flows.Signup(t.Context(), in)
	if !errors.As(err, &limited) || limited.Code != fault.RateLimited || len(limited.Fields) != 0 {
		t.Errorf("the limit of the sender names a field: %+v", limited)
	}
}

func TestATokenWhoseSessionIsOverIsToldFromOneThatIsNone(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(staying)
	in := signInAs(t, env, staying, acme, ann)
	must[*authflows.Session](t)(flows.LogoutToken(t.Context(), in.AccessToken))
	_, err := flows.Bearer(t.Context(), in.AccessToken)
	if wantFault(t, err, fault.InvalidToken); !errors.Is(err, authflows.ErrSessionOver) {
		t.Errorf("its session is over: %v", err)
	}
	_, err = flows.Bearer(t.Context(), "nonsense")
	if wantFault(t, err, fault.InvalidToken); errors.Is(err, authflows.ErrSessionOver) {
		t.Errorf("it is no token: %v", err)
	}
}

// DIA-08: else the answer would hand out tokens of one client for a session of another.
func TestAStepUpIsAnsweredWithItsOwnClient(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		in := env.SignUp(t, acme, ann)
		flows := env.Flows(t, acme)
		me := must[*authflows.Caller](t)(flows.Bearer(t.Context(), in.AccessToken))
		step := must[*authflows.Step](t)(flows.StepUp(t.Context(), me, "", laptop))
		answer := authflows.Answer{Challenge: step.Challenge.ID, Factor: amr.Password, Password: password, Device: laptop}
		_, err := flows.As(staying).Answer(t.Context(), answer)
		wantFault(t, err, fault.ChallengeExpired)
		if raised := must[*authflows.Step](t)(flows.Answer(t.Context(), answer)); raised.SignedIn.Session.Client != me.Session.Client {
			t.Errorf("got %+v", raised.SignedIn)
		}
	})
}
