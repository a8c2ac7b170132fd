package authflows_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/accounts"
	passwords "github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// SES-06: what was handed out before a rise of privilege is refused at once, and a slow second tab is no thief.
func TestSES06AStepUpLeavesItsPredecessorNoGrace(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := env.Flows(t, acme)
		before := env.SignUp(t, acme, ann)
		caller := must[*authflows.Caller](t)(flows.Bearer(t.Context(), before.AccessToken))
		challenge := must[*authflows.Step](t)(flows.StepUp(t.Context(), caller, "", laptop)).Challenge
		raised := must[*authflows.Step](t)(flows.Answer(t.Context(), authflows.Answer{
			Challenge: challenge.ID, Factor: "password", Password: password, Device: laptop,
		})).SignedIn

		_, err := flows.Refresh(t.Context(), before.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		must[*authflows.Step](t)(flows.Refresh(t.Context(), raised.RefreshToken))

		env.Clock.Advance(11 * time.Second)
		_, err = flows.Refresh(t.Context(), before.RefreshToken)
		wantFault(t, err, fault.RefreshTokenReused)
	})
}

// whileHashing runs flow until it waits for its turn to hash, with all it has read, then does between and lets it go on.
func whileHashing(t *testing.T, env *flowtest.Env, flow func() error, between func()) error {
	t.Helper()
	const slow = "$argon2id$v=19$m=131072,t=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	go func() { _, _, _ = env.Hasher.Verify(t.Context(), slow, "occupied") }()
	for env.Hasher.Running() == 0 {
		runtime.Gosched()
	}
	done := make(chan error)
	go func() { done <- flow() }()
	for env.Hasher.Waiting() == 0 {
		runtime.Gosched()
	}
	between()
	return <-done
}

// oneHashAtATime lets a test hold the only slot.
var oneHashAtATime = flowtest.Hashing(passwords.Options{
	Params: passwords.Params{MemoryKiB: 8, Time: 1, Parallelism: 1}, Parallel: 1, QueueLen: 10, MaxWait: time.Minute,
})

// nobodysHash is the hash of no password that anybody knows.
const nobodysHash = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// setElsewhere changes a user's password as another request does.
func setElsewhere(t *testing.T, env *flowtest.Env, user *authflows.User) {
	t.Helper()
	ctx := tenancy.With(t.Context(), env.Tenant(t, acme).ID)
	_, err := store.InTx(ctx, env.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, accounts.SetPassword(ctx, tx, user, nobodysHash, nil, env.Clock.Now())
	})
	mustDo(t, err)
}

// A sign-in that has read the old password when it changes must not stay signed in by it.
func TestASignInUnderWayWhileThePasswordChangesOpensNothing(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, oneHashAtATime)
	user := env.SignUp(t, acme, ann).User
	var step *authflows.Step
	mustDo(t, whileHashing(t, env, func() (err error) {
		step, err = login(t, env, acme, ann, password)
		return err
	}, func() { setElsewhere(t, env, user) }))
	_, err := env.Flows(t, acme).Bearer(t.Context(), step.SignedIn.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	_, err = env.Flows(t, acme).Refresh(t.Context(), step.SignedIn.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
}

// A change of password that proved the old one must not override a reset that commits meanwhile.
func TestAChangeUnderWayDoesNotOverrideAReset(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, oneHashAtATime)
	signedIn := env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme)
	caller := must[*authflows.Caller](t)(flows.Bearer(t.Context(), signedIn.AccessToken))
	err := whileHashing(t, env, func() error {
		return flows.ChangePassword(t.Context(), caller, password, otherPassword, laptop)
	}, func() { setElsewhere(t, env, signedIn.User) })
	wantFault(t, err, fault.VersionConflict)
	_, err = login(t, env, acme, ann, otherPassword)
	wantFault(t, err, fault.InvalidCredentials)
}

// SES-06: an access token of before a step-up does not share in it.
func TestSES06AnOlderAccessTokenIsNotRaised(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	stale := env.SignUp(t, acme, ann).AccessToken
	env.Set(t, acme, "sessions.step_up_age=5m")
	env.Clock.Advance(6 * time.Minute)
	flows := env.Flows(t, acme)
	caller := must[*authflows.Caller](t)(flows.Bearer(t.Context(), stale))
	wantFault(t, flows.DeleteMe(t.Context(), caller, laptop), fault.StepUpRequired)
	challenge := must[*authflows.Step](t)(flows.StepUp(t.Context(), caller, "", laptop)).Challenge
	raised := must[*authflows.Step](t)(flows.Answer(t.Context(), authflows.Answer{
		Challenge: challenge.ID, Factor: "password", Password: password, Device: laptop,
	})).SignedIn
	caller = must[*authflows.Caller](t)(flows.Bearer(t.Context(), stale))
	wantFault(t, flows.DeleteMe(t.Context(), caller, laptop), fault.StepUpRequired)
	caller = must[*authflows.Caller](t)(flows.Bearer(t.Context(), raised.AccessToken))
	mustDo(t, flows.DeleteMe(t.Context(), caller, laptop))
}
