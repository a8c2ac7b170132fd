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

// PWD-06: neither a neighbour that empties a full row, nor neighbours that fill many, tell an identifier that nobody has.
func TestPWD06StrangersRowsTellNobodyApart(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "abuse.account_failures=1/15m", "abuse.tenant_failures=0")
	env.SignUp(t, acme, ann)
	try := func(who string) error {
		_, err := login(t, env, acme, who, wrongPassword)
		return err
	}
	limited := 0
	probe := func(name string) {
		for i := range 300 {
			switch err := try(fmt.Sprintf("%s%d@ex.test", name, i)); fault.CodeOf(err) {
			case fault.RateLimited: // shares a full row, once in many
				limited++
			default:
				wantFault(t, err, fault.InvalidCredentials)
			}
		}
	}
	for _, who := range []string{ann, "nobody@ex.test"} {
		wantFault(t, try(who), fault.InvalidCredentials)
	}
	probe("spray")
	probe("further")
	for _, who := range []string{ann, "nobody@ex.test"} {
		wantFault(t, try(who), fault.RateLimited)
	}
	if limited > 20 {
		t.Errorf("%d of 600 identifiers share full rows", limited)
	}
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
