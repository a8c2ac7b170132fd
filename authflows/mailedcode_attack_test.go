package authflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// OTC-04: guesses at mailed codes of whatever purpose count for the account, across codes, and for the tenant.
func TestOTC04GuessesAtMailedCodesCountAcrossCodes(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "abuse.account_failures=7/15m", "abuse.mails=0")
		env.SignUp(t, acme, ann)
		ask := map[string]func() *authflows.Challenge{
			"a reset":   func() *authflows.Challenge { return requestReset(t, env, acme, ann) },
			"a sign-up": func() *authflows.Challenge { return signUp(t, env, acme, bob) },
		}
		for name, asked := range ask {
			evaluated, refused := 0, 0
			for range 4 {
				c := asked()
				for range 5 {
					_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: "000000", NewPassword: otherPassword})
					switch fault.CodeOf(err) {
					case fault.WrongCode:
						evaluated++
					case fault.RateLimited:
						refused++
					case fault.ChallengeExpired:
					default:
						t.Fatalf("%s: %v", name, err)
					}
				}
			}
			if evaluated != 7 || refused == 0 {
				t.Errorf("%s: %d guesses evaluated and %d refused, want 7 and the rest", name, evaluated, refused)
			}
		}
		if n := facts(t, env, acme, events.SignInRefused); n != 14 {
			t.Errorf("%d refusals in the audit, want 14", n)
		}
	})
}

func TestRTL03GuessesAtManyResetsAreBoundedByTheTenant(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "abuse.tenant_failures=20/1h")
	evaluated := 0
	for i := range 10 {
		c := requestReset(t, env, acme, fmt.Sprintf("user%d@ex.test", i))
		for range 5 {
			if fault.CodeOf(answerReset(t, env, acme, c.ID, "000000")) == fault.WrongCode {
				evaluated++
			}
		}
	}
	if evaluated != 20 {
		t.Errorf("%d guesses evaluated, want 20", evaluated)
	}
}

// LNK-04: whoever reads a mailbox that is the primary one no more has no code to use, whenever it was asked for.
func TestLNK04ACodeToAFormerAddressCountsNoMore(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		c := caller(t, env, acme, env.SignUp(t, acme, ann))
		added := addProven(t, env, acme, c, "new@ex.test")
		reset, signInBy := requestReset(t, env, acme, ann), askCode(t, env, acme, ann)
		resetCode, loginCode := "", ""
		for _, m := range env.Mails(t, acme, ann) {
			switch {
			case m.Code == "":
			case m.Subject == "Your sign-in code for acme":
				loginCode = m.Code
			default:
				resetCode = m.Code
			}
		}
		must[*authflows.Identifier](t)(env.Flows(t, acme).MakePrimary(t.Context(), c, added.ID, laptop))
		// As if both had been stored a moment after the change, which voids what is there.
		mustDo(t, env.DB.Challenge.Update().ClearUsedAt().Exec(within(t, env, acme)))
		wantFault(t, answerReset(t, env, acme, reset.ID, resetCode), fault.ChallengeExpired)
		_, err := answer(t, env, acme, authflows.Answer{Challenge: signInBy.ID, Code: loginCode})
		wantFault(t, err, fault.ChallengeExpired)
	})
}

// RTL-05: strangers who ask for codes do not use up the mails of a device that the owner signed in on.
func TestRTL05StrangersUseNoMailsOfTheOwnersUp(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	env.Clock.Advance(2 * time.Hour)
	for range 8 {
		askCode(t, env, acme, ann)
	}
	before := len(env.Mails(t, acme, ann))
	known := laptop
	known.Token = s.DeviceToken
	c := must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), ann, known)).Challenge
	if after := len(env.Mails(t, acme, ann)); after != before+1 {
		t.Fatalf("%d mails came of it", after-before)
	}
	must[*authflows.Step](t)(codeIsIn(t, env, acme, c, ann))
}

// Notices to an address that was never proven would be a stranger's way to fill a mailbox.
func TestAnUnprovenAddressHearsOfNoChanges(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "signup.verify_email=off")
	flows := env.Flows(t, acme)
	const victim = "victim@ex.test"
	in := authflows.SignupInput{Email: victim, Password: password, Device: laptop}
	s := must[*authflows.Step](t)(flows.Signup(t.Context(), in)).SignedIn
	c := caller(t, env, acme, s)
	for i := range 3 {
		must[*authflows.Step](t)(flows.AddIdentifier(t.Context(), c, "username", fmt.Sprintf("name%d", i), laptop))
		elsewhere := laptop
		elsewhere.UserAgent = fmt.Sprintf("agent/%d", i)
		in := authflows.LoginInput{Identifier: victim, Password: password, Device: elsewhere}
		must[*authflows.Step](t)(flows.Login(t.Context(), in))
	}
	for range 12 {
		_, _ = login(t, env, acme, victim, wrongPassword)
	}
	mustDo(t, flows.ChangePassword(t.Context(), c, password, otherPassword, authflows.Device{
		Address: laptop.Address, UserAgent: laptop.UserAgent, Token: s.DeviceToken,
	}))
	if mails := env.Mails(t, acme, ""); len(mails) != 0 {
		t.Errorf("%d mails, the first %q", len(mails), mails[0].Subject)
	}
}

// MFA-06: an address that was asked for before a factor came waits for that factor.
func TestMFA06AnAddressUnderWayDoesNotPassAFactorBy(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	thief := caller(t, env, acme, env.SignUp(t, acme, ann))
	step := must[*authflows.Step](t)(env.Flows(t, acme).AddIdentifier(t.Context(), thief, "email", "thief@ex.test", laptop))
	code := env.Code(t, acme, "thief@ex.test")
	enrolApp(t, env, acme, caller(t, env, acme, signIn(t, env, acme, ann)))
	_, err := answer(t, env, acme, authflows.Answer{Challenge: step.Challenge.ID, Code: code})
	wantFault(t, err, fault.StepUpRequired)
}
