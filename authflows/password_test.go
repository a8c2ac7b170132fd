package authflows_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestANewPasswordReplacesTheOldOne(t *testing.T) { // PWD-11, SES-05
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		other := env.SignUp(t, acme, ann)
		s := signIn(t, env, acme, ann)
		mustDo(t, env.Flows(t, acme).ChangePassword(t.Context(), caller(t, env, acme, s), password, otherPassword, laptop))
		_, err := login(t, env, acme, ann, password)
		wantFault(t, err, fault.InvalidCredentials)
		must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword))
		_, err = refresh(t, env, acme, other.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken))
		if n := len(env.Mails(t, acme, ann)); n != 2 || facts(t, env, acme, events.PasswordChanged) != 1 {
			t.Errorf("%d mails, want the code and the notice", n)
		}
	})
}

func TestHistoryForbidsFormerPasswords(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "password.history=2")
		s := env.SignUp(t, acme, ann)
		change := func(from, to string) error {
			return env.Flows(t, acme).ChangePassword(t.Context(), caller(t, env, acme, s), from, to, laptop)
		}
		const third = "granite orchard beside twelve doors"
		mustDo(t, change(password, otherPassword))
		err := change(otherPassword, password)
		wantFault(t, err, fault.InvalidInput)
		if diff := cmp.Diff([]string{"new_password used_before"}, fields(err)); diff != "" {
			t.Error(diff)
		}
		mustDo(t, change(otherPassword, third))
		mustDo(t, change(third, password))
	})
}

func TestAResetSetsThePasswordSignsNobodyInAndEndsAllSessions(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		c := requestReset(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code, NewPassword: "short"})
		wantFault(t, err, fault.InvalidInput)
		step, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code, NewPassword: otherPassword})
		if step != nil || err != nil {
			t.Fatalf("got %+v, %v", step, err)
		}
		_, err = refresh(t, env, acme, s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = login(t, env, acme, ann, password)
		wantFault(t, err, fault.InvalidCredentials)
		must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword))
		if n := len(env.Mails(t, acme, ann)); n != 3 || facts(t, env, acme, events.PasswordReset) != 1 {
			t.Errorf("%d mails, want two codes and the notice", n)
		}
	})
}

func TestAResetOfAnUnprovenAddressProvesIt(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "signup.verify_email=off")
	must[*authflows.Step](t)(env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password}))
	c := requestReset(t, env, acme, ann)
	mustDo(t, answerReset(t, env, acme, c.ID, env.Code(t, acme, ann)))
	if step := must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword)); !step.SignedIn.User.EmailVerified {
		t.Error("the address is still unproven")
	}
}
