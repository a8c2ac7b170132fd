package authflows_test

import (
	"context"
	"runtime"
	"testing"

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
		challenge := must[*authflows.Step](t)(flows.StepUp(t.Context(), caller, "")).Challenge
		raised := must[*authflows.Step](t)(flows.Answer(t.Context(), authflows.Answer{
			Challenge: challenge.ID, Factor: "password", Password: password, Device: laptop,
		})).SignedIn

		_, err := flows.Refresh(t.Context(), before.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		must[*authflows.Step](t)(flows.Refresh(t.Context(), raised.RefreshToken))

		env.Clock.Advance(11e9)
		_, err = flows.Refresh(t.Context(), before.RefreshToken)
		wantFault(t, err, fault.RefreshTokenReused)
	})
}

// A sign-in that has read the old password when it changes must not stay signed in by it.
func TestASignInUnderWayWhileThePasswordChangesOpensNothing(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, flowtest.Hashing(passwords.Options{
		Params: passwords.Params{MemoryKiB: 8, Time: 1, Parallelism: 1}, Parallel: 1, QueueLen: 10, MaxWait: 60e9,
	}))
	user := env.SignUp(t, acme, ann).User
	// The only slot is taken by a hash that lasts until the password has changed, so the sign-in waits with what it read.
	const slow = "$argon2id$v=19$m=131072,t=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	go func() { _, _, _ = env.Hasher.Verify(t.Context(), slow, "occupied") }()
	for env.Hasher.Running() == 0 {
		runtime.Gosched()
	}
	type outcome struct {
		step *authflows.Step
		err  error
	}
	done := make(chan outcome)
	go func() {
		step, err := login(t, env, acme, ann, password)
		done <- outcome{step, err}
	}()
	for env.Hasher.Waiting() == 0 {
		runtime.Gosched()
	}
	ctx := tenancy.With(t.Context(), env.Tenant(t, acme).ID)
	_, err := store.InTx(ctx, env.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, accounts.SetPassword(ctx, tx, user.ID, "$another", nil, env.Clock.Now())
	})
	mustDo(t, err)
	got := <-done
	mustDo(t, got.err)
	_, err = env.Flows(t, acme).Bearer(t.Context(), got.step.SignedIn.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	_, err = env.Flows(t, acme).Refresh(t.Context(), got.step.SignedIn.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
}
