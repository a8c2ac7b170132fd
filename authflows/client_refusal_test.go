package authflows_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestAWireCanTellWhyItRefusesAToken(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	for _, email := range []string{ann, "bob@ex.test", "cy@ex.test"} {
		env.SignUp(t, acme, email)
	}
	env.SignUp(t, globex, ann)
	flows := env.Flows(t, acme).As(levelled)
	why := func(token string, want authflows.Refusal) {
		t.Helper()
		_, err := flows.Bearer(t.Context(), token)
		wantFault(t, err, fault.InvalidToken)
		if got := must[authflows.Refusal](t)(flows.WhyRefused(t.Context(), token)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	why("x", authflows.RefusedForged)
	why(signInAs(t, env, levelled, globex, ann).AccessToken, authflows.RefusedForged)
	why(signInAs(t, env, staying, acme, ann).AccessToken, authflows.RefusedForged)

	old := signInAs(t, env, levelled, acme, ann).AccessToken
	env.Clock.Advance(2 * time.Hour)
	why(old, authflows.RefusedExpired)

	ended, gone, locked := signInAs(t, env, levelled, acme, ann), signInAs(t, env, levelled, acme, "bob@ex.test"), signInAs(t, env, levelled, acme, "cy@ex.test")
	must[int](t)(flows.LogoutAll(t.Context(), must[*authflows.Caller](t)(flows.Bearer(t.Context(), ended.AccessToken))))
	why(ended.AccessToken, authflows.RefusedEnded)
	mustDo(t, flows.DeleteMe(t.Context(), must[*authflows.Caller](t)(flows.Bearer(t.Context(), gone.AccessToken)), laptop))
	why(gone.AccessToken, authflows.RefusedGone)
	mustDo(t, env.DB.User.Update().Where(user.ID(locked.User.ID)).SetStatus(user.StatusSuspended).Exec(within(t, env, acme)))
	why(locked.AccessToken, authflows.RefusedSuspended)
}

// The request that carries a proof has it: of a password where there is no other factor, of a code always.
func TestWhatIsConfirmedIsFreshForItsOwnRequest(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		flows := env.Flows(t, acme).As(levelled)
		token := signInAs(t, env, levelled, acme, ann).AccessToken
		me := must[*authflows.Caller](t)(flows.Bearer(t.Context(), token))
		env.Clock.Advance(11 * time.Minute)
		_, err := flows.BeginTOTP(t.Context(), me, "")
		wantFault(t, err, fault.StepUpRequired)
		mustDo(t, flows.Confirm(t.Context(), me, authflows.Answer{Factor: amr.Password, Password: password, Device: laptop}))
		app := &authApp{secret: must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), me, "")).Secret}
		in, _, err := flows.ActivateBegunTOTP(t.Context(), me, app.next(t, env), laptop)
		mustDo(t, err)

		env.Clock.Advance(11 * time.Minute)
		me = must[*authflows.Caller](t)(flows.Bearer(t.Context(), in.AccessToken))
		mustDo(t, flows.Confirm(t.Context(), me, authflows.Answer{Factor: amr.Password, Password: password, Device: laptop}))
		wantFault(t, flows.DeleteMe(t.Context(), me, laptop), fault.StepUpRequired)
		mustDo(t, flows.Confirm(t.Context(), me, authflows.Answer{Code: app.next(t, env), Device: laptop}))
		renewed := must[*authflows.SignedIn](t)(flows.Renew(t.Context(), me))
		me = must[*authflows.Caller](t)(flows.Bearer(t.Context(), renewed.AccessToken))
		mustDo(t, flows.DeleteMe(t.Context(), me, laptop))
	})
}

// A session of before the factor rises by it, and hands out a token of the new level; the token of before stays below.
func TestASessionOfBeforeAFactorRisesByIt(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(levelled)
	first := signInAs(t, env, levelled, acme, ann).AccessToken
	enroller := must[*authflows.Caller](t)(flows.Bearer(t.Context(), signInAs(t, env, levelled, acme, ann).AccessToken))
	app := &authApp{secret: must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), enroller, "")).Secret}
	_, _, err := flows.ActivateBegunTOTP(t.Context(), enroller, app.next(t, env), laptop)
	mustDo(t, err)

	before := must[*authflows.Caller](t)(flows.Bearer(t.Context(), first))
	wantFault(t, flows.RequireAll(before), fault.StepUpRequired)
	me := must[*authflows.Caller](t)(flows.Bearer(t.Context(), first))
	mustDo(t, flows.Confirm(t.Context(), me, authflows.Answer{Code: app.next(t, env), Device: laptop}))
	renewed := must[*authflows.SignedIn](t)(flows.Renew(t.Context(), me))
	risen := must[*authflows.Caller](t)(flows.Bearer(t.Context(), renewed.AccessToken))
	mustDo(t, flows.RequireAll(risen))
	if risen.Level != amr.AAL2 {
		t.Errorf("the new token is at %s", risen.Level)
	}
	stale := must[*authflows.Caller](t)(flows.Bearer(t.Context(), first))
	wantFault(t, flows.RequireAll(stale), fault.StepUpRequired)
	wantFault(t, flows.Confirm(t.Context(), stale, authflows.Answer{Code: app.next(t, env), Device: laptop}), fault.StepUpRequired)
}

// Within one second, and before the replica has heard of it.
func TestATokenOfARiseCountsAtOnceOnAnotherReplica(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		replicas := env.Replicas(t, 2)
		here, there := replicas[0].Flows(t, acme).As(levelled), replicas[1].Flows(t, acme).As(levelled)
		token := signInAs(t, replicas[0], levelled, acme, ann).AccessToken
		replicas[1].Poll(t)
		must[*authflows.Caller](t)(there.Bearer(t.Context(), token)) // and is cached
		me := must[*authflows.Caller](t)(here.Bearer(t.Context(), token))
		begun := must[*authflows.Enrolment](t)(here.BeginTOTP(t.Context(), me, ""))
		in, _, err := here.ActivateBegunTOTP(t.Context(), me, codeIn(t, env, begun.Secret, 0), laptop)
		mustDo(t, err)
		mustDo(t, there.RequireAll(must[*authflows.Caller](t)(there.Bearer(t.Context(), in.AccessToken))))
	})
}

func TestAClientThatResumesShowsTheAppThatASignInHasBegun(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Set(t, acme, "mfa.policy=required")
	begin := func(client *authflows.Client) (challenge uuid.UUID, first, second string) {
		flows := env.Flows(t, acme).As(client)
		in := authflows.LoginInput{Identifier: ann, Password: password, Device: laptop}
		challenge = must[*authflows.Step](t)(flows.Login(t.Context(), in)).Challenge.ID
		first = must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), challenge, amr.TOTP, "", laptop)).Secret
		return challenge, first, must[*authflows.Enrolment](t)(flows.Enrol(t.Context(), challenge, amr.TOTP, "", laptop)).Secret
	}
	if _, first, second := begin(staying); first == second {
		t.Error("a client that does not resume shows the same app")
	}
	challenge, first, second := begin(levelled)
	if first != second {
		t.Error("a client that resumes shows another app")
	}
	app := &authApp{secret: second}
	in := authflows.Answer{Challenge: challenge, Code: app.next(t, env), Device: laptop}
	step := must[*authflows.Step](t)(env.Flows(t, acme).As(levelled).Answer(t.Context(), in))
	if step.SignedIn == nil || step.SignedIn.Session.Level() != amr.AAL2 {
		t.Error("the app signs nobody in")
	}
}
