package authflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// PWD-07, for an address that is added: whoever asks does not learn whether somebody has it.
func TestPWD07ATakenAddressIsAddedAlikeAndNobodyIsMailed(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, bob)
		env.SignUp(t, globex, "free@ex.test") // another tenant's user takes nothing here
		c := caller(t, env, acme, env.SignUp(t, acme, ann))
		mailed := len(env.Mails(t, acme, bob)) + len(env.Mails(t, acme, ann))
		statements := map[string][]string{}
		challenges := map[string]*authflows.Challenge{}
		for _, address := range []string{bob, "free@ex.test", ann} {
			addOf(t, env, acme, c, "email", address) // the first one in an hour makes the row that mails are counted in
		}
		for _, address := range []string{bob, "free@ex.test", ann} {
			sent := env.Statements(func() { challenges[address] = addOf(t, env, acme, c, "email", address).Challenge })
			statements[address] = queries(sent)
			challenges[address].ID = ids.New()
		}
		for _, taken := range []string{bob, ann} {
			if diff := cmp.Diff(statements["free@ex.test"], statements[taken]); diff != "" {
				t.Errorf("statements differ: %s", diff)
			}
			want := *challenges["free@ex.test"]
			want.ID = challenges[taken].ID
			if diff := cmp.Diff(&want, challenges[taken]); diff != "" {
				t.Error(diff)
			}
		}
		if after := len(env.Mails(t, acme, bob)) + len(env.Mails(t, acme, ann)); after != mailed {
			t.Error("somebody was mailed about an address that is taken")
		}
		for _, address := range []string{bob, "free@ex.test"} {
			challenge := addOf(t, env, acme, c, "email", address).Challenge
			challenge = must[*authflows.Step](t)(env.Flows(t, acme).Resend(t.Context(), challenge.ID, laptop)).Challenge
			for i := range 6 {
				want := fault.WrongCode
				if i == 5 {
					want = fault.ChallengeExpired
				}
				code := "000000"
				if address != bob {
					code = another(env.Code(t, acme, address))
				}
				_, err := answer(t, env, acme, authflows.Answer{Challenge: challenge.ID, Code: code})
				wantFault(t, err, want)
			}
		}
		if facts(t, env, acme, events.IdentifierAdded) != 0 {
			t.Error("an address was added by wrong codes")
		}
	})
}

// PWD-07 and PWD-08: which of several challenges lapse must not tell which were mailed.
func TestPWD08WhatLapsesTellsNobodyApart(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*testing.T, *flowtest.Env, string) *authflows.Challenge{
		"reset": func(t *testing.T, env *flowtest.Env, who string) *authflows.Challenge {
			return requestReset(t, env, acme, who)
		},
		"code": func(t *testing.T, env *flowtest.Env, who string) *authflows.Challenge {
			return must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), who, laptop)).Challenge
		},
		"sign-up": func(t *testing.T, env *flowtest.Env, who string) *authflows.Challenge {
			return signUp(t, env, acme, who)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t)
			env.SignUp(t, acme, bob)
			env.Clock.Advance(2 * time.Hour)
			open := map[string][]bool{}
			for _, who := range []string{bob, "free@ex.test"} {
				var asked []*authflows.Challenge
				for range 9 { // some within abuse.mails, some beyond
					asked = append(asked, ask(t, env, who))
				}
				for _, c := range asked {
					_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: "000000", NewPassword: otherPassword})
					open[who] = append(open[who], fault.CodeOf(err) == fault.WrongCode)
				}
			}
			if diff := cmp.Diff(open["free@ex.test"], open[bob]); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("codes for two identifiers", func(t *testing.T) {
		t.Parallel()
		env := flowtest.New(t)
		addOf(t, env, acme, caller(t, env, acme, env.SignUp(t, acme, ann)), "username", "public")
		env.Clock.Advance(2 * time.Hour)
		for _, guess := range []string{ann, "nobody@ex.test"} {
			var asked *authflows.Challenge
			for _, who := range []string{guess, "public", "public", "public"} {
				c := must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), who, laptop)).Challenge
				if asked == nil {
					asked = c
				}
			}
			_, err := answer(t, env, acme, authflows.Answer{Challenge: asked.ID, Code: "000000"})
			wantFault(t, err, fault.WrongCode)
		}
	})
	t.Run("new address", func(t *testing.T) {
		t.Parallel()
		env := flowtest.New(t)
		env.SignUp(t, acme, bob)
		c := caller(t, env, acme, env.SignUp(t, acme, ann))
		for _, address := range []string{bob, "free@ex.test"} {
			asked := addOf(t, env, acme, c, "email", address).Challenge
			for i := range 3 {
				addOf(t, env, acme, c, "email", fmt.Sprintf("own%d@ex.test", i))
			}
			_, err := answer(t, env, acme, authflows.Answer{Challenge: asked.ID, Code: "000000"})
			wantFault(t, err, fault.ChallengeExpired)
		}
	})
}

func TestATakenUsernameIsNamedByTheFieldThatHoldsIt(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		c, d := caller(t, env, acme, env.SignUp(t, acme, ann)), caller(t, env, acme, env.SignUp(t, acme, bob))
		addOf(t, env, acme, c, "username", "\u00c4nne")
		addOf(t, env, acme, c, "phone", annTel)
		// PWD-09 and PWD-10: one normal form each.
		for _, taken := range [][2]string{
			{"username", "\u00e4NNE "},
			{"username", "A\u0308nne"},
			{"username", "\u00c4\uff4ene"}, // a full-width n
			{"phone", "+49 (151) 12345678"},
		} {
			for _, who := range []*authflows.Caller{c, d} {
				_, err := env.Flows(t, acme).AddIdentifier(t.Context(), who, taken[0], taken[1], laptop)
				wantFault(t, err, fault.IdentifierTaken)
				if diff := cmp.Diff([]string{"value taken"}, fields(err)); diff != "" {
					t.Error(diff)
				}
			}
		}
		// A refusal takes back all of its transaction.
		if diff := cmp.Diff([]string{"email bob@ex.test primary verified"}, identifiersOf(t, env, acme, d)); diff != "" {
			t.Error(diff)
		}
		if n := facts(t, env, acme, events.IdentifierAdded); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
		addOf(t, env, acme, d, "username", "\u00c4nn\u0435") // a Cyrillic e: another letter
		other := caller(t, env, globex, env.SignUp(t, globex, ann))
		addOf(t, env, globex, other, "username", "\u00c4nne")
	})
}

func TestPWD09AndPWD10AnAddedAddressHasOneForm(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, "alice@ex\u00e4mple.test")
	c := caller(t, env, acme, env.SignUp(t, acme, ann))
	for _, same := range []string{"ALICE@EX\u00c4MPLE.TEST", " alice@xn--exmple-cua.test", "alice@exa\u0308mple.test"} {
		before := len(env.Mails(t, acme, ""))
		addOf(t, env, acme, c, "email", same)
		if n := len(env.Mails(t, acme, "")); n != before {
			t.Errorf("%q is taken, and was mailed", same)
		}
	}
	for _, other := range []string{"alice+x@ex.test", "a.lice@ex.test", "\u0430lice@ex.test"} {
		if i := addProven(t, env, acme, c, other); !i.Verified {
			t.Errorf("%q: got %+v", other, i)
		}
	}
}

func TestWhatIsNoIdentifierIsRefused(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := caller(t, env, acme, env.SignUp(t, acme, ann))
	long := strings.Repeat("a", 10<<10)
	for kind, values := range map[string][]string{
		"email": {
			"", " ", "ann", "@ex.test", "ann@", long + "@ex.test", "ann@" + long + ".test", "ann\x00@ex.test", "ann@ex.test\r\nBcc: bob@ex.test",
			"a\u202enn@ex.test", "ann@ex.test\xff", "Ann <ann@ex.test>", "ann@ex.test,bob@ex.test", annTel,
		},
		"username": {"", "  ", long, "ann\x00", "a\nnn", "ann b", ann, annTel, ".ann", "ann.", "a\u200bnn", "a\xffnn", "<ann>"},
		"phone": {
			"", "+", "015112345678", "4915112345678", "+4915112345678x", "+49151\x0012345678", "+49151\n12345678", "+0151123456789",
			"+" + strings.Repeat("1", 10<<10), "+49" + strings.Repeat(" ", 10<<10) + "15112345678", "+49" + strings.Repeat(".", 100) + "15112345678",
			"+\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", ann,
		},
	} {
		for _, value := range values {
			_, err := env.Flows(t, acme).AddIdentifier(t.Context(), c, kind, value, laptop)
			if err == nil || fault.CodeOf(err) != fault.InvalidInput || !cmp.Equal(fields(err), []string{"value invalid"}) {
				t.Errorf("%s %.60q: %v, %v", kind, value, err, fields(err))
			}
			env.Clock.Advance(2 * time.Second) // what a user may write is limited by the minute
		}
	}
	for _, kind := range []string{"", "EMAIL", "passkey", "email\x00", long} {
		_, err := env.Flows(t, acme).AddIdentifier(t.Context(), c, kind, "somebody", laptop)
		wantFault(t, err, fault.InvalidInput)
		if diff := cmp.Diff([]string{"kind invalid"}, fields(err)); diff != "" {
			t.Error(diff)
		}
	}
	if n := len(identifiersOf(t, env, acme, c)); n != 1 {
		t.Errorf("%d identifiers, want 1", n)
	}
}

func TestTheChallengeOfANewAddressDiesWithItsSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *flowtest.Env, *authflows.Caller){
		"logged out": func(t *testing.T, env *flowtest.Env, c *authflows.Caller) {
			mustDo(t, env.Flows(t, acme).Logout(t.Context(), c))
		},
		"LNK-04: password reset": func(t *testing.T, env *flowtest.Env, _ *authflows.Caller) {
			reset := requestReset(t, env, acme, ann)
			mustDo(t, answerReset(t, env, acme, reset.ID, env.Code(t, acme, ann)))
		},
		"LNK-04: password changed in this session": func(t *testing.T, env *flowtest.Env, c *authflows.Caller) {
			mustDo(t, env.Flows(t, acme).ChangePassword(t.Context(), c, password, otherPassword, laptop))
		},
		"LNK-04: password changed in another session": func(t *testing.T, env *flowtest.Env, _ *authflows.Caller) {
			c := caller(t, env, acme, signIn(t, env, acme, ann))
			mustDo(t, env.Flows(t, acme).ChangePassword(t.Context(), c, password, otherPassword, laptop))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
				c := caller(t, env, acme, env.SignUp(t, acme, ann))
				challenge := addOf(t, env, acme, c, "email", "attacker@x.test").Challenge
				code := env.Code(t, acme, "attacker@x.test")
				end(t, env, c)
				_, err := answer(t, env, acme, authflows.Answer{Challenge: challenge.ID, Code: code})
				wantFault(t, err, fault.ChallengeExpired)
				_, err = env.Flows(t, acme).Resend(t.Context(), challenge.ID, laptop)
				if name != "logged out" {
					wantFault(t, err, fault.ChallengeExpired)
				}
				_, err = login(t, env, acme, "attacker@x.test", password)
				wantFault(t, err, fault.InvalidCredentials)
			})
		})
	}
}
