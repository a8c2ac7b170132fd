package authflows_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// useRecovery signs in by password and a recovery code.
func useRecovery(t testing.TB, env *flowtest.Env, email, code string) (*authflows.Step, error) {
	t.Helper()
	return answerCode(t, env, acme, passwordPassed(t, env, acme, email), amr.RecoveryCode, code)
}

func TestMFA08ARecoveryCodeCountsOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		_, app := userWithApp(t, env, acme, ann)
		used := app.recovery[3]
		typed := " " + strings.ToUpper(strings.ReplaceAll(used, "-", " ")) + "\n"
		s := must[*authflows.Step](t)(useRecovery(t, env, ann, typed)).SignedIn
		if diff := cmp.Diff([]amr.Method{amr.Password, amr.RecoveryCode}, s.Session.Proofs); diff != "" || s.Session.Level() != amr.AAL2 {
			t.Error(diff)
		}
		for _, replica := range replicas {
			_, err := useRecovery(t, replica, ann, used)
			wantFault(t, err, fault.WrongCode)
		}

		challenges := passedTimes(t, env, 200, ann)
		in := authflows.Answer{Factor: amr.RecoveryCode, Code: app.recovery[0]}
		if n := raceAnswers(t, replicas, challenges, in, fault.WrongCode); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
		if n := notices(t, env, acme, ann, "A recovery code of your"); n != 2 {
			t.Errorf("%d notices of used codes, want 2", n)
		}

		renewed := must[[]string](t)(env.Flows(t, acme).MakeRecoveryCodes(t.Context(), caller(t, env, acme, s), laptop))
		_, err := useRecovery(t, env, ann, app.recovery[1])
		wantFault(t, err, fault.WrongCode)
		must[*authflows.Step](t)(useRecovery(t, env, ann, renewed[1]))
		if n := notices(t, env, acme, ann, "New recovery codes were made"); n != 1 {
			t.Errorf("%d notices of new codes, want 1", n)
		}
	})
}

// Two codes that are used in the same moment must not each take the other for one that is left.
func TestTheLastRecoveryCodeUsedIsOfferedNoMore(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		_, app := userWithApp(t, env, acme, ann)
		challenges := passedTimes(t, env, 10, ann)
		flows := polled(t, replicas)
		flowtest.Parallel(9, func(i int) {
			_, err := flows[i%3].Answer(t.Context(), authflows.Answer{
				Challenge: challenges[i], Factor: amr.RecoveryCode, Code: app.recovery[i], Device: laptop,
			})
			if err != nil {
				t.Errorf("code %d: %v", i, err)
			}
		})
		c := passwordPassed(t, env, acme, ann)
		if diff := cmp.Diff([]amr.Method{amr.TOTP, amr.RecoveryCode}, c.Factors); diff != "" {
			t.Error(diff)
		}
		must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.RecoveryCode, app.recovery[9]))
		c = passwordPassed(t, env, acme, ann)
		if diff := cmp.Diff([]amr.Method{amr.TOTP}, c.Factors); diff != "" {
			t.Error(diff)
		}
		s := must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))).SignedIn
		if left := must[*authflows.Enrolled](t)(flows[0].Factors(t.Context(), caller(t, env, acme, s))).RecoveryCodesLeft; left != 0 {
			t.Errorf("%d codes left", left)
		}
	})
}

func TestTheLastTwoRecoveryCodesAtOnceLeaveNone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 3)
		_, app := userWithApp(t, env, acme, ann)
		for round := range 3 {
			challenges := passedTimes(t, env, 10, ann)
			flows := polled(t, replicas)
			flowtest.Parallel(10, func(i int) {
				_, err := flows[i%3].Answer(t.Context(), authflows.Answer{
					Challenge: challenges[i], Factor: amr.RecoveryCode, Code: app.recovery[i], Device: laptop,
				})
				if err != nil {
					t.Errorf("code %d: %v", i, err)
				}
			})
			c := passwordPassed(t, env, acme, ann)
			if diff := cmp.Diff([]amr.Method{amr.TOTP}, c.Factors); diff != "" {
				t.Fatalf("round %d: %s", round, diff)
			}
			s := must[*authflows.Step](t)(answerCode(t, env, acme, c, amr.TOTP, app.next(t, env))).SignedIn
			app.recovery = must[[]string](t)(flows[0].MakeRecoveryCodes(t.Context(), caller(t, env, acme, s), laptop))
		}
	})
}

// MFA-09: what can be read again is how many are left. Stored is a keyed digest of each, which holds for its user only.
func TestMFA09RecoveryCodesAreShownOnce(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	seen := map[string]bool{}
	for _, code := range app.recovery {
		seen[code] = true
	}
	if len(seen) != 10 {
		t.Fatalf("%d different codes, want 10", len(seen))
	}
	s := signInWithApp(t, env, acme, ann, app)
	enrolApp(t, env, acme, caller(t, env, acme, s))
	listed := must[*authflows.Enrolled](t)(env.Flows(t, acme).Factors(t.Context(), caller(t, env, acme, s)))
	var read bytes.Buffer
	mustDo(t, json.NewEncoder(&read).Encode(listed))
	rows := must[[]*ent.RecoveryCode](t)(env.DB.RecoveryCode.Query().All(within(t, env, acme)))
	for _, row := range rows {
		if len(row.Digest) != 32 {
			t.Errorf("a digest of %d bytes", len(row.Digest))
		}
		read.Write(row.Digest)
	}
	for _, e := range must[[]*ent.Event](t)(env.DB.Event.Query().All(within(t, env, acme))) {
		mustDo(t, json.NewEncoder(&read).Encode(e.Data))
	}
	for _, m := range env.Mails(t, acme, "") {
		read.WriteString(m.Subject + m.Text + m.HTML)
	}
	for _, code := range append(app.recovery, app.secret) {
		if strings.Contains(read.String(), code) || strings.Contains(read.String(), strings.ReplaceAll(code, "-", "")) {
			t.Error("a code or a secret can be read again")
		}
	}
	for _, d := range must[[]*ent.TOTPDevice](t)(env.DB.TOTPDevice.Query().All(within(t, env, acme))) {
		if bytes.Contains(d.Secret, []byte(app.secret)) {
			t.Error("a secret is stored as it is")
		}
	}
}

func TestRecoveryCodesNeedAFactorToRecoverFrom(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme)
	s := env.SignUp(t, acme, ann)
	_, err := flows.MakeRecoveryCodes(t.Context(), caller(t, env, acme, s), laptop)
	wantFault(t, err, fault.FactorNeeded)
	app := enrolApp(t, env, acme, caller(t, env, acme, s))
	s = signInWithApp(t, env, acme, ann, app)
	// With the last other factor they go, and a new app brings new ones.
	mustDo(t, flows.RemoveFactor(t.Context(), caller(t, env, acme, s), app.factor.ID, laptop))
	listed := must[*authflows.Enrolled](t)(flows.Factors(t.Context(), caller(t, env, acme, s)))
	if len(listed.Factors) != 0 || listed.RecoveryCodesLeft != 0 {
		t.Errorf("got %+v", listed)
	}
	if must[*authflows.Step](t)(login(t, env, acme, ann, password)).SignedIn == nil {
		t.Error("asked for a factor that is gone")
	}
	again := enrolApp(t, env, acme, caller(t, env, acme, s))
	if len(again.recovery) != 10 {
		t.Errorf("%d recovery codes", len(again.recovery))
	}
	_, err = useRecovery(t, env, ann, app.recovery[0])
	wantFault(t, err, fault.WrongCode)
	must[*authflows.Step](t)(useRecovery(t, env, ann, again.recovery[0]))
}

func TestATenantWithoutRecoveryCodesMakesNone(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, `mfa.factors=["totp"]`)
	_, app := userWithApp(t, env, acme, ann)
	s := signInWithApp(t, env, acme, ann, app)
	_, err := env.Flows(t, acme).MakeRecoveryCodes(t.Context(), caller(t, env, acme, s), laptop)
	wantFault(t, err, fault.MethodDisabled)
	if len(app.recovery) != 0 || facts(t, env, acme, events.RecoveryCodesMade) != 0 {
		t.Error("recovery codes were made")
	}
	c := passwordPassed(t, env, acme, ann)
	_, err = answerCode(t, env, acme, c, amr.RecoveryCode, "ab3de-fgh1j")
	wantFault(t, err, fault.FactorNotOffered)
	untried := env.DB.Challenge.Query().Where(challenge.ID(c.ID), challenge.TriesLeft(5))
	if n := must[int](t)(untried.Count(within(t, env, acme))); n != 1 {
		t.Error("a factor that is not offered used a try")
	}
}

// Each set is a fact that stays, and a mail.
func TestRecoveryCodesAreMadeSixtyTimesAMinuteAtMost(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, app := userWithApp(t, env, acme, ann)
	c := caller(t, env, acme, signInWithApp(t, env, acme, ann, app))
	var err error
	for range 61 {
		if _, err = env.Flows(t, acme).MakeRecoveryCodes(t.Context(), c, laptop); err != nil {
			break
		}
	}
	wantFault(t, err, fault.RateLimited)
}
