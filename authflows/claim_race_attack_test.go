package authflows_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// LNK-03: where two factors are required, the owner is asked for factors of its own, not for the attacker's.
func TestLNK03AClaimAsksForNothingOfBefore(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	squat(t, env, ann, "squatter", "+4915112345678")
	env.Set(t, acme, "mfa.policy=required")
	step := claimByCode(t, env, ann)
	if step.SignedIn != nil || step.Challenge.Kind != authflows.KindEnrol || !cmp.Equal(step.Challenge.Factors, []amr.Method{amr.Passkey}) {
		t.Fatalf("got %+v, %+v", step.SignedIn, step.Challenge)
	}
	must[*authflows.Enrolment](t)(env.Flows(t, acme).Enrol(t.Context(), step.Challenge.ID, amr.Passkey, "", laptop))
}

// LNK-02: a sign-in by the attacker's password that is under way while the owner comes leads nowhere.
func TestLNK02ASignInUnderWayIsNotAClaimsSurvivor(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"optional", "required"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t, oneHashAtATime)
			user := signUpUnproven(t, env, authflows.SignupInput{Email: ann, Password: squatterPassword, Device: squatterPC}).User
			env.Set(t, acme, "mfa.policy="+policy)
			flows := env.Flows(t, acme)
			var step *authflows.Step
			err := whileHashing(t, env, func() (err error) {
				step, err = flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: squatterPassword, Device: squatterPC})
				return err
			}, func() { claimByCode(t, env, ann) })
			wantNoUseOf(t, env, step, err)
			if n := must[int](t)(env.DB.TOTPDevice.Query().Count(within(t, env, acme))); n != 0 {
				t.Errorf("%s has %d factors of the attacker's", user.PublicID(), n)
			}
		})
	}
}

// A password that changes while a sign-in by the old one is under way must not let that enrol a factor.
func TestASignInUnderWayEnrolsNothingByAFormerPassword(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, oneHashAtATime)
	user := env.SignUp(t, acme, ann).User
	env.Set(t, acme, "mfa.policy=required")
	var step *authflows.Step
	err := whileHashing(t, env, func() (err error) {
		step, err = login(t, env, acme, ann, password)
		return err
	}, func() { setElsewhere(t, env, user) })
	wantNoUseOf(t, env, step, err)
}

// wantNoUseOf fails unless what a sign-in came to is worth nothing.
func wantNoUseOf(t *testing.T, env *flowtest.Env, step *authflows.Step, err error) {
	t.Helper()
	flows := env.Flows(t, acme)
	switch {
	case err != nil:
		wantFault(t, err, fault.VersionConflict)
	case step.SignedIn != nil:
		_, err = flows.Bearer(t.Context(), step.SignedIn.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = flows.Refresh(t.Context(), step.SignedIn.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
	default:
		_, err = flows.Enrol(t.Context(), step.Challenge.ID, amr.TOTP, "", squatterPC)
		wantFault(t, err, fault.ChallengeExpired)
	}
}

// LNK-02: a session that another replica has cached for a moment changes nothing after the claim.
func TestLNK02ACachedSessionChangesNothingAfterAClaim(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := signUpUnproven(t, env, authflows.SignupInput{Email: ann, Username: "squatter", Password: squatterPassword, Device: squatterPC})
		stale := caller(t, env, acme, s)
		claimByCode(t, env, ann)
		id := must[[]*authflows.Identifier](t)(env.Flows(t, acme).Identifiers(t.Context(), stale))[0].ID
		refuseEveryChange(t, env, stale, id, fault.InvalidToken)
		flows := env.Flows(t, acme)
		for name, change := range map[string]func() error{
			"add an app":      func() error { _, err := flows.BeginTOTP(t.Context(), stale, ""); return err },
			"add a key":       func() error { _, err := flows.BeginPasskey(t.Context(), stale); return err },
			"make codes":      func() error { _, err := flows.MakeRecoveryCodes(t.Context(), stale, squatterPC); return err },
			"remove a factor": func() error { return flows.RemoveFactor(t.Context(), stale, id, squatterPC) },
			"delete the user": func() error { return flows.DeleteMe(t.Context(), stale, squatterPC) },
		} {
			if err := change(); fault.CodeOf(err) != fault.InvalidToken || err == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := flows.ChangePassword(t.Context(), stale, squatterPassword, otherPassword, squatterPC); err == nil {
			t.Error("the attacker chose a password")
		}
		if n := must[int](t)(env.DB.Identifier.Query().Count(within(t, env, acme))); n != 1 {
			t.Errorf("%d identifiers, want 1", n)
		}
	})
}

// LNK-03, in parallel: whatever the attacker attaches while the owner comes, nothing of it is there afterwards.
func TestLNK03NothingIsAttachedDuringAClaim(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := flowsOf(t, env.Replicas(t, 3))
		env.Set(t, acme, "abuse.mails=0")
		for round := range 5 {
			email := fmt.Sprintf("owner%d@ex.test", round)
			s := signUpUnproven(t, env, authflows.SignupInput{Email: email, Password: squatterPassword, Device: squatterPC})
			stale := caller(t, env, acme, s)
			begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginTOTP(t.Context(), stale, ""))
			challenge := must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), email, laptop)).Challenge
			code := env.Code(t, acme, email)
			var claimed bool
			flowtest.Parallel(8, func(i int) {
				flows := replicas[i%3]
				var err error
				switch i {
				case 0:
					var step *authflows.Step
					step, err = flows.Answer(t.Context(), authflows.Answer{Challenge: challenge.ID, Code: code, Device: laptop})
					claimed = err == nil && step.SignedIn != nil
				case 1:
					_, _, err = flows.ActivateTOTP(t.Context(), stale, begun.Challenge, squatterCode(begun.Secret, env.Clock.Now()), squatterPC)
				case 2:
					_, err = flows.Login(t.Context(), authflows.LoginInput{Identifier: email, Password: squatterPassword, Device: squatterPC})
				default:
					_, err = flows.AddIdentifier(t.Context(), stale, "username", fmt.Sprintf("name%d.%d", round, i), squatterPC)
				}
				expected := []fault.Code{
					fault.VersionConflict, fault.InvalidToken, fault.ChallengeExpired, fault.InvalidCredentials, fault.StepUpRequired,
				}
				if err != nil && !slices.Contains(expected, fault.CodeOf(err)) {
					t.Errorf("%d: %v", i, err)
				}
			})
			if !claimed { // a change of a factor was faster: the owner asks again
				claimByCode(t, env, email)
			}
			ctx := within(t, env, acme)
			left := must[[]*ent.Identifier](t)(env.DB.Identifier.Query().Where(identifier.UserID(s.User.ID)).All(ctx))
			if len(left) != 1 || left[0].Value != email || must[int](t)(env.DB.TOTPDevice.Query().Count(ctx)) != 0 {
				t.Fatalf("round %d: something of the attacker's stays: %v", round, left)
			}
		}
	})
}

// LNK-03: the attacker cannot keep an address that it never proved beside one of its own, out of its owner's reach.
func TestLNK03AnUnprovenAddressGoesWhereAProvenOneBecomesPrimary(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := signUpUnproven(t, env, authflows.SignupInput{Email: ann, Password: squatterPassword, Device: squatterPC})
		c := caller(t, env, acme, s)
		own := addProven(t, env, acme, c, "own@x.test")
		flows := env.Flows(t, acme)
		pending := must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop)).Challenge
		code := env.Code(t, acme, ann)
		must[*authflows.Identifier](t)(flows.MakePrimary(t.Context(), c, own.ID, squatterPC))

		if diff := cmp.Diff([]string{"email own@x.test primary verified"}, identifiersOf(t, env, acme, c)); diff != "" {
			t.Error(diff)
		}
		if facts(t, env, acme, events.IdentifierRemoved) != 1 || noticesMailed(t, env, acme, ann, mail.IdentifierChanged) != 0 {
			t.Error("want the removal in the audit, and no notice to an address that was never proven")
		}
		// Else the owner would sign in to an account that the attacker enters too.
		_, err := answer(t, env, acme, authflows.Answer{Challenge: pending.ID, Code: code})
		wantFault(t, err, fault.ChallengeExpired)
		theirs := must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Device: laptop})).SignedIn
		if theirs == nil || theirs.User.ID == s.User.ID {
			t.Fatalf("got %+v", theirs)
		}
	})
}
