package authflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Three wires for second factors: codes that are shown again, both factors in one request, and a token for each level.
var (
	reshowing = &authflows.Client{
		ID: "reshowing", Access: time.Hour, Refresh: time.Hour,
		Enrols: authflows.Enrols{One: true, Reshows: true, Codes: authflows.RecoveryForm{Count: 10, Length: 7, Alphabet: authflows.RecoveryDigits}},
	}
	oneRequest = &authflows.Client{
		ID: "one-request", Access: time.Hour, OneRequest: true,
		Enrols: authflows.Enrols{One: true, Early: true, Codes: authflows.RecoveryForm{Count: 8, Length: 8, Alphabet: authflows.RecoveryLowercase}},
	}
	levelled = &authflows.Client{
		ID: "levelled", Access: time.Hour, Levelled: true,
		Enrols: authflows.Enrols{One: true, Resumes: true, Codes: authflows.RecoveryForm{Count: 6, Length: 8, Alphabet: authflows.RecoveryLowercase}},
	}
)

// enrolled signs a user in with a client and enrols an app by it.
func enrolled(t testing.TB, env *flowtest.Env, c *authflows.Client, email string) (*authflows.Caller, *authApp, []string) {
	t.Helper()
	env.SignUp(t, acme, email)
	flows := env.Flows(t, acme).As(c)
	me := must[*authflows.Caller](t)(flows.Bearer(t.Context(), signInAs(t, env, c, acme, email).AccessToken))
	begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), me, ""))
	app := &authApp{secret: begun.Secret}
	in, codes, err := flows.ActivateBegunTOTP(t.Context(), me, app.next(t, env), laptop)
	mustDo(t, err)
	if in.Session.Level() != amr.AAL2 || in.Session.ID != me.Session.ID {
		t.Errorf("%s: the session is at %s", c.ID, in.Session.Level())
	}
	if c.Enrols.Early {
		if diff := cmp.Diff(begun.RecoveryCodes, codes); diff != "" {
			t.Errorf("%s: other recovery codes than were shown: %s", c.ID, diff)
		}
	}
	return must[*authflows.Caller](t)(flows.Bearer(t.Context(), in.AccessToken)), app, codes
}

// DIA-07: recovery codes come again only with the client that keeps them sealed, after a fresh second factor, with an event.
func TestRecoveryCodesAreShownAgainAfterAFreshSecondFactorOnly(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		me, app, codes := enrolled(t, env, reshowing, ann)
		flows := env.Flows(t, acme).As(reshowing)
		shown := must[[]string](t)(flows.ShowRecoveryCodes(t.Context(), me))
		if diff := cmp.Diff(codes, shown); diff != "" || len(shown) != 10 || len(shown[0]) != 7 {
			t.Errorf("got %v: %s", shown, diff)
		}
		if n := facts(t, env, acme, events.RecoveryCodesShown); n != 1 {
			t.Errorf("%d events", n)
		}
		ctx := tenancy.With(t.Context(), flows.Tenant().ID)
		for _, row := range must[[]*ent.RecoveryCode](t)(env.DB.RecoveryCode.Query().All(ctx)) {
			if row.Sealed == nil || strings.Contains(string(*row.Sealed), codes[0]) {
				t.Error("a code is kept in the clear")
			}
		}
		env.Clock.Advance(11 * time.Minute)
		_, err := flows.ShowRecoveryCodes(t.Context(), me)
		wantFault(t, err, fault.StepUpRequired)
		wantFault(t, flows.Confirm(t.Context(), me, authflows.Answer{Code: "000000", Device: laptop}), fault.WrongCode)
		_, err = flows.ShowRecoveryCodes(t.Context(), me)
		wantFault(t, err, fault.StepUpRequired)
		mustDo(t, flows.Confirm(t.Context(), me, authflows.Answer{Code: app.next(t, env), Device: laptop}))
		must[[]string](t)(flows.ShowRecoveryCodes(t.Context(), me))
		// A code that is used is shown no more, and others made natively never are.
		mustDo(t, flows.Confirm(t.Context(), me, authflows.Answer{Code: codes[3], Device: laptop}))
		if left := must[[]string](t)(flows.ShowRecoveryCodes(t.Context(), me)); len(left) != 9 {
			t.Errorf("%d are left", len(left))
		}
		for _, other := range []*authflows.Flows{env.Flows(t, acme), env.Flows(t, acme).As(oneRequest)} {
			_, err := other.ShowRecoveryCodes(t.Context(), me)
			wantFault(t, err, fault.MethodDisabled)
		}
	})
}

func TestCodesMadeNativelyAreNotShownAgain(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	flows := env.Flows(t, acme).As(reshowing)
	step := must[*authflows.Step](t)(flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Device: laptop}))
	in := authflows.Answer{Challenge: step.Challenge.ID, Factor: amr.TOTP, Code: app.next(t, env), Device: laptop}
	me := must[*authflows.Caller](t)(flows.Bearer(t.Context(), must[*authflows.Step](t)(flows.Answer(t.Context(), in)).SignedIn.AccessToken))
	if shown := must[[]string](t)(flows.ShowRecoveryCodes(t.Context(), me)); len(shown) != 0 {
		t.Errorf("got %v", shown)
	}
}

// DIA-09: with both factors in one request nothing waits, and no answer tells the password right before both failures count.
func TestBothFactorsInOneRequest(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, app, codes := enrolled(t, env, oneRequest, ann)
		flows := env.Flows(t, acme).As(oneRequest)
		login := func(pw, code string) (*authflows.Step, error) {
			return flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: pw, Second: code, Device: laptop})
		}
		step := must[*authflows.Step](t)(login(password, ""))
		if step.SignedIn != nil || step.Challenge.Kind != authflows.KindMFA || step.Challenge.PublicID() != (&authflows.Challenge{}).PublicID() {
			t.Errorf("got %+v", step)
		}
		ctx := tenancy.With(t.Context(), flows.Tenant().ID)
		before := must[int](t)(env.DB.Challenge.Query().Count(ctx))
		_, err := login(wrongPassword, app.next(t, env))
		wantFault(t, err, fault.InvalidCredentials)
		_, err = login(password, "000000")
		wantFault(t, err, fault.WrongCode)
		_, err = login(password, "no code")
		wantFault(t, err, fault.InvalidInput)
		if after := must[int](t)(env.DB.Challenge.Query().Count(ctx)); after != before {
			t.Errorf("%d challenges were stored", after-before)
		}
		code := app.next(t, env)
		in := must[*authflows.Step](t)(login(password, code)).SignedIn
		if in == nil || in.Session.Level() != amr.AAL2 {
			t.Fatalf("got %+v", in)
		}
		_, err = login(password, code)
		wantFault(t, err, fault.WrongCode) // MFA-05: its step is used
		if in := must[*authflows.Step](t)(login(password, codes[0])).SignedIn; in == nil {
			t.Error("a recovery code does not sign in")
		}
		_, err = login(password, codes[0])
		wantFault(t, err, fault.WrongCode)
	})
}

// DIA-03: of one code in many parallel requests one passes, whichever client takes it.
func TestACodeIsUsedOnceWhicheverClientTakesIt(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "abuse.account_failures=0", "abuse.account_daily=0")
		_, app, codes := enrolled(t, env, oneRequest, ann)
		for _, code := range []string{app.next(t, env), codes[0]} {
			var passed [16]bool
			flowtest.Parallel(len(passed), func(i int) {
				if i%2 == 0 {
					step, err := env.Flows(t, acme).As(oneRequest).Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Second: code, Device: laptop})
					passed[i] = err == nil && step.SignedIn != nil
					return
				}
				step, err := env.Flows(t, acme).Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Device: laptop})
				if err != nil || step.Challenge == nil {
					return
				}
				factor := amr.TOTP
				if len(code) != 6 {
					factor = amr.RecoveryCode
				}
				step, err = env.Flows(t, acme).Answer(t.Context(), authflows.Answer{Challenge: step.Challenge.ID, Factor: factor, Code: code, Device: laptop})
				passed[i] = err == nil && step.SignedIn != nil
			})
			n := 0
			for _, p := range passed {
				if p {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d of %d passed with one code", n, len(passed))
			}
		}
	})
}

func TestAMailedLinkStaysGoodUntilItsSecondFactorIsRight(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	client := *oneRequest
	client.Mails = map[authflows.Purpose]authflows.Mailing{authflows.ForLogin: {Token: true}}
	_, app, _ := enrolled(t, env, &client, ann)
	flows := env.Flows(t, acme).As(&client)
	must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop))
	in := mailed(t, env.Code(t, acme, ann))
	if step := must[*authflows.Step](t)(flows.Answer(t.Context(), in)); step.SignedIn != nil || step.Challenge == nil {
		t.Fatalf("got %+v", step)
	}
	in.Second = "000000"
	_, err := flows.Answer(t.Context(), in)
	wantFault(t, err, fault.WrongCode)
	in.Second = app.next(t, env)
	if step := must[*authflows.Step](t)(flows.Answer(t.Context(), in)); step.SignedIn == nil {
		t.Fatalf("got %+v", step)
	}
	in.Second = app.next(t, env)
	_, err = flows.Answer(t.Context(), in)
	wantFault(t, err, fault.ChallengeExpired)
}

// SES-05: where tokens carry a level, one of before a rise does not share in it.
func TestALevelledTokenOfBeforeARiseDoesNotShareInIt(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(levelled)
	old := signInAs(t, env, levelled, acme, ann).AccessToken
	me := must[*authflows.Caller](t)(flows.Bearer(t.Context(), old))
	begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), me, ""))
	again := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), me, ""))
	if begun.OTPAuthURI != again.OTPAuthURI {
		t.Error("what was begun and not activated is another one the second time")
	}
	app := &authApp{secret: begun.Secret}
	in, _, err := flows.ActivateBegunTOTP(t.Context(), me, app.next(t, env), laptop)
	mustDo(t, err)
	before := must[*authflows.Caller](t)(flows.Bearer(t.Context(), old))
	after := must[*authflows.Caller](t)(flows.Bearer(t.Context(), in.AccessToken))
	if before.Level != amr.AAL1 || after.Level != amr.AAL2 {
		t.Errorf("levels %s and %s", before.Level, after.Level)
	}
	_, err = flows.MakeRecoveryCodes(t.Context(), before, laptop)
	wantFault(t, err, fault.StepUpRequired)
	if codes := must[[]string](t)(flows.MakeRecoveryCodes(t.Context(), after, laptop)); len(codes) != 6 || len(codes[0]) != 8 {
		t.Errorf("got %v", codes)
	}
	renewed := must[*authflows.SignedIn](t)(flows.Renew(t.Context(), before))
	if c := must[*authflows.Caller](t)(flows.Bearer(t.Context(), renewed.AccessToken)); c.Level != amr.AAL1 {
		t.Error("renewing lifts a token")
	}
	_, err = flows.BeginTOTP(t.Context(), after, "")
	wantFault(t, err, fault.LimitReached)
	mustDo(t, flows.RemoveTOTP(t.Context(), after, laptop))
	wantFault(t, flows.RemoveTOTP(t.Context(), after, laptop), fault.NotFound)
}

// The password of a user who has another factor is checked, and makes an old session no fresher.
func TestAConfirmedPasswordIsFreshOnlyWithoutAnotherFactor(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	me, _, _ := enrolled(t, env, reshowing, ann)
	env.SignUp(t, acme, bob)
	flows := env.Flows(t, acme).As(reshowing)
	other := must[*authflows.Caller](t)(flows.Bearer(t.Context(), signInAs(t, env, reshowing, acme, bob).AccessToken))
	env.Clock.Advance(11 * time.Minute)
	for _, c := range []*authflows.Caller{me, other} {
		wantFault(t, flows.Confirm(t.Context(), c, authflows.Answer{Factor: amr.Password, Password: wrongPassword, Device: laptop}), fault.WrongPassword)
		mustDo(t, flows.Confirm(t.Context(), c, authflows.Answer{Factor: amr.Password, Password: password, Device: laptop}))
	}
	wantFault(t, flows.ChangePassword(t.Context(), me, password, otherPassword, laptop), fault.StepUpRequired)
	mustDo(t, flows.ChangePassword(t.Context(), other, password, otherPassword, laptop))
}
