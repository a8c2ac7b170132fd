package authflows_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	acme   = flowtest.Acme
	globex = flowtest.Globex
	ann    = "ann@ex.test"
	bob    = "bob@ex.test"

	password      = flowtest.Password
	otherPassword = "copper lantern under nine hills"
	wrongPassword = "not the password of anybody"
)

var laptop = flowtest.Laptop

// wantFault fails unless err is the fault of a code.
func wantFault(t testing.TB, err error, code fault.Code) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want %s", code)
	}
	if got := fault.CodeOf(err); got != code {
		t.Fatalf("got %s (%v), want %s", got, err, code)
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func mustDo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fields are what a fault says of its input, as field and code.
func fields(err error) []string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil
	}
	var out []string
	for _, field := range f.Fields {
		out = append(out, field.Field+" "+field.Code)
	}
	slices.Sort(out)
	return out
}

func login(t testing.TB, env *flowtest.Env, slug, identifier, password string) (*authflows.Step, error) {
	t.Helper()
	return env.Flows(t, slug).Login(t.Context(), authflows.LoginInput{Identifier: identifier, Password: password, Device: laptop})
}

// signIn logs a user of SignUp in.
func signIn(t testing.TB, env *flowtest.Env, slug, identifier string) *authflows.SignedIn {
	t.Helper()
	step, err := login(t, env, slug, identifier, password)
	if err != nil {
		t.Fatalf("log in: %v", err)
	}
	return step.SignedIn
}

func bearer(t testing.TB, env *flowtest.Env, slug, token string) (*authflows.Caller, error) {
	t.Helper()
	return env.Flows(t, slug).Bearer(t.Context(), token)
}

// caller is who a session belongs to.
func caller(t testing.TB, env *flowtest.Env, slug string, s *authflows.SignedIn) *authflows.Caller {
	t.Helper()
	return must[*authflows.Caller](t)(bearer(t, env, slug, s.AccessToken))
}

func refresh(t testing.TB, env *flowtest.Env, slug, token string) (*authflows.Step, error) {
	t.Helper()
	return env.Flows(t, slug).Refresh(t.Context(), token)
}

func signUp(t testing.TB, env *flowtest.Env, slug, email string) *authflows.Challenge {
	t.Helper()
	in := authflows.SignupInput{Email: email, Password: password, Device: laptop}
	return must[*authflows.Step](t)(env.Flows(t, slug).Signup(t.Context(), in)).Challenge
}

func requestReset(t testing.TB, env *flowtest.Env, slug, identifier string) *authflows.Challenge {
	t.Helper()
	return must[*authflows.Step](t)(env.Flows(t, slug).RequestReset(t.Context(), identifier, laptop)).Challenge
}

func stepUp(t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller) *authflows.Challenge {
	t.Helper()
	return must[*authflows.Step](t)(env.Flows(t, slug).StepUp(t.Context(), c, "", laptop)).Challenge
}

func answer(t testing.TB, env *flowtest.Env, slug string, in authflows.Answer) (*authflows.Step, error) {
	t.Helper()
	in.Device = laptop
	return env.Flows(t, slug).Answer(t.Context(), in)
}

// answerReset answers a reset with a code and a good new password.
func answerReset(t testing.TB, env *flowtest.Env, slug string, challenge uuid.UUID, code string) error {
	t.Helper()
	_, err := answer(t, env, slug, authflows.Answer{Challenge: challenge, Code: code, NewPassword: otherPassword})
	return err
}

// another returns a code of the same shape that is wrong.
func another(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

// within limits the test's context to a tenant, to look at rows.
func within(t testing.TB, env *flowtest.Env, slug string) context.Context {
	t.Helper()
	return tenancy.With(t.Context(), env.Tenant(t, slug).ID)
}

// facts counts the events of a type.
func facts(t testing.TB, env *flowtest.Env, slug string, of events.Type) int {
	t.Helper()
	return must[int](t)(env.DB.Event.Query().Where(event.Type(string(of))).Count(within(t, env, slug)))
}

// queries are the statements without their arguments.
func queries(statements []store.Statement) []string {
	var out []string
	for _, s := range statements {
		out = append(out, s.Query)
	}
	return out
}
