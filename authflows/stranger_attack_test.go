package authflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func askReset(t *testing.T, env *flowtest.Env, identifier string) *authflows.Challenge {
	t.Helper()
	return must[*authflows.Step](t)(env.Flows(t, acme).RequestReset(t.Context(), identifier, laptop)).Challenge
}

// Asking for more mails than may be sent must not void the one that was.
func TestUnmailedRequestsDoNotVoidTheMailedOne(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Clock.Advance(2 * time.Hour)
	env.Set(t, acme, "abuse.mails=1/1h")
	mailed := askReset(t, env, ann)
	code := env.Code(t, acme, ann)
	for range 5 {
		askReset(t, env, ann)
	}
	mustDo(t, answerReset(t, env, acme, mailed.ID, code))
}

// Which challenges lapse must not tell that two identifiers are one person's.
func TestResetsDoNotLinkIdentifiers(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme)
	step := must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{
		Email: ann, Username: "public", Password: password, Device: laptop,
	}))
	must[*authflows.Step](t)(flows.Answer(t.Context(), authflows.Answer{
		Challenge: step.Challenge.ID, Code: env.Code(t, acme, ann), Device: laptop,
	}))
	for _, guess := range []string{ann, "nobody@ex.test"} {
		asked := askReset(t, env, guess)
		for range 3 {
			askReset(t, env, "public")
		}
		wantFault(t, answerReset(t, env, acme, asked.ID, "000000"), fault.WrongCode)
	}
}

// PWD-06: full rows of strangers must not tell an identifier that nobody has.
func TestPWD06FullRowsOfStrangersLimitNobodyElse(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "abuse.account_failures=1/15m")
	try := func(who string) error {
		_, err := login(t, env, acme, who, wrongPassword)
		return err
	}
	for i := range 300 {
		wantFault(t, try(fmt.Sprintf("fill%d@ex.test", i)), fault.InvalidCredentials)
	}
	// Identifiers share rows with those, sooner or later, and are judged by their own attempts.
	for i := range 300 {
		wantFault(t, try(fmt.Sprintf("probe%d@ex.test", i)), fault.InvalidCredentials)
	}
	wantFault(t, try("probe299@ex.test"), fault.RateLimited)
}

func TestAnEndlessIdentifierIsRefusedAndNotKept(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme)
	endless := strings.Repeat("x", 60_000)
	_, err := flows.RequestReset(t.Context(), endless, laptop)
	wantFault(t, err, fault.InvalidInput)
	_, err = login(t, env, acme, endless, password)
	wantFault(t, err, fault.InvalidInput)
}
