package authflows_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// identifierID finds one of the caller's identifiers by its value.
func identifierID(t testing.TB, env *flowtest.Env, c *authflows.Caller, value string) uuid.UUID {
	t.Helper()
	for _, i := range must[[]*authflows.Identifier](t)(env.Flows(t, acme).Identifiers(t.Context(), c)) {
		if i.Value == value {
			return i.ID
		}
	}
	t.Fatalf("the user has no %q", value)
	return uuid.Nil
}

func TestAnIdentifierThatIsNeededStays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings []string
		signup   authflows.SignupInput
		add      [][2]string
		remove   string
	}{
		"the last one": {
			settings: []string{`signup.required=["username"]`, "signup.verify_email=off"},
			signup:   authflows.SignupInput{Username: "ann"}, remove: "ann",
		},
		"the primary one beside others": {
			signup: authflows.SignupInput{Email: ann, Username: "first"}, add: [][2]string{{"username", "second"}}, remove: "first",
		},
		"the last of a kind that the tenant requires": {
			signup: authflows.SignupInput{Email: ann, Username: "ann"}, remove: ann,
		},
		"the last phone number where one is required": {
			settings: []string{`signup.required=["email","phone"]`},
			signup:   authflows.SignupInput{Email: ann, Phone: annTel}, remove: annTel,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t)
			env.Set(t, acme, "signup.verify_email=after_session")
			env.Set(t, acme, append(c.settings, "branding.name=Acme")...)
			c.signup.Password, c.signup.Device = password, laptop
			s := must[*authflows.Step](t)(env.Flows(t, acme).Signup(t.Context(), c.signup)).SignedIn
			who := caller(t, env, acme, s)
			for _, in := range c.add {
				addOf(t, env, acme, who, in[0], in[1])
			}
			before := identifiersOf(t, env, acme, who)
			err := env.Flows(t, acme).RemoveIdentifier(t.Context(), who, identifierID(t, env, who, c.remove), laptop)
			wantFault(t, err, fault.IdentifierNeeded)
			if diff := cmp.Diff(before, identifiersOf(t, env, acme, who)); diff != "" {
				t.Error(diff)
			}
			if n := facts(t, env, acme, events.IdentifierRemoved); n != 0 {
				t.Errorf("%d events of a removal", n)
			}
		})
	}
}

// A user without a password, a passkey and an address could never come back.
func TestTheOnlyWayInStays(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, `signup.required=["username"]`, "signup.verify_email=off", "magic.signup=true")
	flows := env.Flows(t, acme)
	step := must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Username: "ann", Device: laptop}))
	s := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: step.Challenge.ID, Code: env.Code(t, acme, ann)})).SignedIn
	c := caller(t, env, acme, s)
	id := identifierID(t, env, c, ann)
	wantFault(t, flows.RemoveIdentifier(t.Context(), c, id, laptop), fault.IdentifierNeeded)
	env.Set(t, acme, "password.enabled=false")
	wantFault(t, env.Flows(t, acme).RemoveIdentifier(t.Context(), c, id, laptop), fault.IdentifierNeeded)

	env.Set(t, acme, "password.enabled=true")
	reset := requestReset(t, env, acme, ann)
	mustDo(t, answerReset(t, env, acme, reset.ID, env.Code(t, acme, ann)))
	c = caller(t, env, acme, must[*authflows.Step](t)(login(t, env, acme, "ann", otherPassword)).SignedIn)
	mustDo(t, env.Flows(t, acme).RemoveIdentifier(t.Context(), c, id, laptop))
}

func TestARemovedIdentifierIsAnybodys(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, theirs := env.SignUp(t, acme, ann), env.SignUp(t, acme, bob)
		c, d := caller(t, env, acme, s), caller(t, env, acme, theirs)
		addOf(t, env, acme, c, "username", "shared")
		addOf(t, env, acme, c, "phone", annTel)
		addProven(t, env, acme, c, annWork)
		for _, value := range []string{"shared", annTel, annWork} {
			mustDo(t, env.Flows(t, acme).RemoveIdentifier(t.Context(), c, identifierID(t, env, c, value), laptop))
			_, err := login(t, env, acme, value, password)
			wantFault(t, err, fault.InvalidCredentials)
		}
		if me := caller(t, env, acme, s).User; me.Username != "" || me.Phone != "" || me.Email != ann || !me.EmailVerified {
			t.Errorf("the user shows %+v", me)
		}
		addOf(t, env, acme, d, "username", "shared")
		addProven(t, env, acme, d, annWork)
		if signIn(t, env, acme, "shared").User.ID != theirs.User.ID || signIn(t, env, acme, annWork).User.ID != theirs.User.ID {
			t.Error("they sign in somebody else")
		}
		if noticesMailed(t, env, acme, ann, mail.IdentifierRemoved) != 3 || facts(t, env, acme, events.IdentifierRemoved) != 3 {
			t.Error("want a notice and an event for each")
		}
		// The last address too: its owner is told at it.
		env.Set(t, acme, `signup.required=["username"]`, "signup.verify_email=off")
		mustDo(t, env.Flows(t, acme).RemoveIdentifier(t.Context(), d, identifierID(t, env, d, annWork), laptop))
		mustDo(t, env.Flows(t, acme).RemoveIdentifier(t.Context(), d, identifierID(t, env, d, bob), laptop))
		if me := caller(t, env, acme, theirs).User; me.Email != "" || me.EmailVerified {
			t.Errorf("the user shows %q, proven %t", me.Email, me.EmailVerified)
		}
		if n := noticesMailed(t, env, acme, bob, mail.IdentifierRemoved); n != 2 {
			t.Errorf("%d notices, want 2", n)
		}
		signIn(t, env, acme, "shared")
	})
}

func TestWhatWasMailedToAFormerAddressCountsNoMore(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*testing.T, *flowtest.Env, *authflows.Caller, *authflows.Identifier){
		"removed": func(t *testing.T, env *flowtest.Env, c *authflows.Caller, added *authflows.Identifier) {
			must[*authflows.Identifier](t)(env.Flows(t, acme).MakePrimary(t.Context(), c, added.ID, laptop))
			mustDo(t, env.Flows(t, acme).RemoveIdentifier(t.Context(), c, identifierID(t, env, c, ann), laptop))
		},
		"primary no more": func(t *testing.T, env *flowtest.Env, c *authflows.Caller, added *authflows.Identifier) {
			must[*authflows.Identifier](t)(env.Flows(t, acme).MakePrimary(t.Context(), c, added.ID, laptop))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t)
			c := caller(t, env, acme, env.SignUp(t, acme, ann))
			added := addProven(t, env, acme, c, annWork)
			reset := requestReset(t, env, acme, ann)
			resetCode := env.Code(t, acme, ann)
			code := must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), ann, laptop)).Challenge
			signInCode := env.Code(t, acme, ann)
			leave(t, env, c, added)
			wantFault(t, answerReset(t, env, acme, reset.ID, resetCode), fault.ChallengeExpired)
			_, err := answer(t, env, acme, authflows.Answer{Challenge: code.ID, Code: signInCode})
			wantFault(t, err, fault.ChallengeExpired)
		})
	}
}
