package authflows_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// modes are two clients of one wire, and a third of another.
func modes() (browser, app, stranger *authflows.Client) {
	wire := authflows.Client{
		Access: time.Hour, Mailer: "wire", SignsUp: authflows.SignsUp{Confirms: true, Later: true},
		Mails: map[authflows.Purpose]authflows.Mailing{
			authflows.ForSignup: {Token: true}, authflows.ForAddress: {Token: true}, authflows.ForLogin: {Token: true},
			authflows.ForReset: {Token: true, Every: ephemeral.Limit{Events: 1, Per: time.Hour}},
		},
	}
	first, second, third := wire, wire, wire
	first.ID, second.ID, third.ID, third.Mailer = "wire", "wire-app", "stranger", ""
	return &first, &second, &third
}

// LNK-02, OTC-02: a token is for what it was mailed for.
func TestAMailedTokenAnswersForItsPurposeAlone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		browser, _, _ := modes()
		flows := env.Flows(t, acme).As(browser)
		must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop))
		signsIn := env.Code(t, acme, ann)
		must[*authflows.Step](t)(flows.RequestReset(t.Context(), ann, laptop))
		resets := env.Code(t, acme, ann)
		in := authflows.Answer{NewPassword: otherPassword, Device: laptop}
		for _, wrong := range []struct {
			token    string
			purposes []authflows.Purpose
		}{
			{signsIn, []authflows.Purpose{authflows.ForReset}},
			{signsIn, []authflows.Purpose{authflows.ForSignup, authflows.ForAddress}},
			{resets, []authflows.Purpose{authflows.ForLogin}},
			{resets, nil},
			{signsIn[:len(signsIn)-1], []authflows.Purpose{authflows.ForLogin}},
			{signsIn[:26] + resets[26:], []authflows.Purpose{authflows.ForLogin, authflows.ForReset}},
			{"", []authflows.Purpose{authflows.ForLogin}},
		} {
			_, err := flows.AnswerToken(t.Context(), wrong.token, in, wrong.purposes...)
			wantFault(t, err, fault.ChallengeExpired)
		}
		if step := must[*authflows.Step](t)(flows.AnswerToken(t.Context(), signsIn, in, authflows.ForLogin)); step.SignedIn == nil {
			t.Error("the right token signs nobody in")
		}
		_, err := flows.AnswerToken(t.Context(), signsIn, in, authflows.ForLogin)
		wantFault(t, err, fault.ChallengeExpired)
		must[*authflows.Step](t)(flows.AnswerToken(t.Context(), resets, in, authflows.ForReset))
		must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword))
	})
}

func TestClientsOfOneWireTakeEachOthersMails(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	browser, app, stranger := modes()
	flows := env.Flows(t, acme)
	must[*authflows.Step](t)(flows.As(app).Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Device: laptop}))
	token, in := env.Code(t, acme, ann), authflows.Answer{Device: laptop}
	_, err := flows.As(stranger).AnswerToken(t.Context(), token, in, authflows.ForSignup)
	wantFault(t, err, fault.ChallengeExpired)
	id, secret, _ := authflows.ReadMailed(token)
	_, err = flows.Answer(t.Context(), authflows.Answer{Challenge: id, Secret: secret, Device: laptop})
	wantFault(t, err, fault.ChallengeExpired)
	step := must[*authflows.Step](t)(flows.As(browser).AnswerToken(t.Context(), token, in, authflows.ForSignup))
	if step.Registered == nil || step.SignedIn != nil {
		t.Errorf("the other client of the wire gets %+v", step)
	}
	must[*authflows.Step](t)(flows.As(app).RequestReset(t.Context(), ann, laptop))
	_, err = flows.As(browser).RequestReset(t.Context(), ann, laptop)
	wantFault(t, err, fault.RateLimited)
	must[*authflows.Step](t)(flows.As(stranger).RequestReset(t.Context(), ann, laptop))
}

func TestSessionsOfOneSideOfAClientEndTogether(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.SignUp(t, acme, bob)
		browser, app, stranger := modes()
		enter := func(c *authflows.Client, email string) *authflows.SignedIn { return signInAs(t, env, c, acme, email) }
		native := signIn(t, env, acme, ann)
		mine, tablet, other, elsewhere, his := enter(browser, ann), enter(app, ann), enter(app, ann), enter(stranger, ann), enter(browser, bob)
		caller := func(c *authflows.Client, s *authflows.SignedIn) *authflows.Caller {
			return must[*authflows.Caller](t)(env.Flows(t, acme).As(c).Bearer(t.Context(), s.AccessToken))
		}
		flows := env.Flows(t, acme)
		if n := must[int](t)(flows.As(app).LogoutOthersLike(t.Context(), caller(app, tablet), app.ID)); n != 1 {
			t.Errorf("%d of the app's sessions have ended, want 1", n)
		}
		_, err := flows.As(app).Bearer(t.Context(), other.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		caller(stranger, elsewhere)
		// The session of SignUp, that of signIn, and the stranger's.
		if n := must[int](t)(flows.As(browser).LogoutOthersLike(t.Context(), caller(browser, mine), app.ID)); n != 3 {
			t.Errorf("%d of the other sessions have ended, want 3", n)
		}
		_, err = flows.As(stranger).Bearer(t.Context(), elsewhere.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = flows.Bearer(t.Context(), native.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		caller(browser, mine)
		caller(app, tablet)
		caller(browser, his)
	})
}
