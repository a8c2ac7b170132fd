package authflows_test

import (
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
)

func TestASuspendedUserIsRefusedEverywhereAtOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		replicas := env.Replicas(t, 2)
		s := env.SignUp(t, acme, ann)
		reset := requestReset(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		for _, replica := range replicas {
			replica.Poll(t)
			must[*authflows.Caller](t)(bearer(t, replica, acme, s.AccessToken))
		}
		d := directory(t, env, acme)
		u := must[*authflows.User](t)(d.Suspend(t.Context(), s.User.ID))
		if !u.Suspended {
			t.Errorf("suspended to %+v", u)
		}
		for _, replica := range replicas {
			replica.Poll(t)
			_, err := bearer(t, replica, acme, s.AccessToken)
			wantFault(t, err, fault.InvalidToken)
		}
		_, err := refresh(t, env, acme, s.RefreshToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = login(t, env, acme, ann, password)
		wantFault(t, err, fault.InvalidCredentials)
		wantFault(t, answerReset(t, env, acme, reset.ID, code), fault.ChallengeExpired)
		must[*authflows.User](t)(d.Suspend(t.Context(), s.User.ID))
		if n := facts(t, env, acme, events.UserSuspended); n != 1 {
			t.Errorf("suspended %d times", n)
		}
		if u = must[*authflows.User](t)(d.Restore(t.Context(), s.User.ID)); u.Suspended {
			t.Error("restored, and suspended still")
		}
		// What was asked for before, and the sessions of before, stay void.
		wantFault(t, answerReset(t, env, acme, reset.ID, code), fault.ChallengeExpired)
		_, err = bearer(t, env, acme, s.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		must[*authflows.Step](t)(login(t, env, acme, ann, password))
	})
}

func TestASignInWhileTheUserIsSuspendedOpensNothingThatLives(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		u := env.SignUp(t, acme, ann).User
		d := directory(t, env, acme)
		for range 5 {
			steps := make([]*authflows.Step, 8)
			flowtest.Parallel(len(steps)+1, func(i int) {
				if i == len(steps) {
					must[*authflows.User](t)(d.Suspend(t.Context(), u.ID))
					return
				}
				steps[i], _ = login(t, env, acme, ann, password)
			})
			for suspended := range 2 {
				for _, step := range steps {
					if step == nil || step.SignedIn == nil {
						continue
					}
					_, err := bearer(t, env, acme, step.SignedIn.AccessToken)
					if err == nil && suspended == 0 {
						t.Fatal("a suspended user has a live session")
					}
					if err == nil {
						t.Fatal("a session of before the suspension lives after it")
					}
				}
				must[*authflows.User](t)(d.Restore(t.Context(), u.ID))
			}
		}
	})
}

func TestSuspendingAndRestoringAtOnceLeavesOneOfThem(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		u := made(t, env, acme, ann)
		d := directory(t, env, acme)
		var failed atomic.Int32
		flowtest.Parallel(8, func(i int) {
			do := d.Suspend
			if i%2 == 0 {
				do = d.Restore
			}
			if _, err := do(t.Context(), u.ID); err != nil {
				failed.Add(1)
			}
		})
		now := must[*authflows.User](t)(d.User(t.Context(), u.ID))
		on, off := facts(t, env, acme, events.UserSuspended), facts(t, env, acme, events.UserRestored)
		if failed.Load() > 0 || (on-off == 1) != now.Suspended || on-off != 0 && on-off != 1 {
			t.Errorf("%d failed; suspended %d times, restored %d; now %t", failed.Load(), on, off, now.Suspended)
		}
	})
}

func TestResettingFactorsLeavesNoneAndEndsWhatTheyOpened(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, app := userWithApp(t, env, acme, ann)
		pending := must[*authflows.Step](t)(login(t, env, acme, ann, password)).Challenge
		reset := requestReset(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		d := directory(t, env, acme)
		before := must[map[uuid.UUID][]*authflows.FactorShown](t)(d.Factors(t.Context(), []uuid.UUID{s.User.ID}))[s.User.ID]
		if len(before) != 3 || before[2].Left != 10 || before[0].PublicID() != "" || before[1].PublicID() == "" {
			t.Errorf("before: %+v", before)
		}
		u := must[*authflows.User](t)(d.ResetFactors(t.Context(), s.User.ID))
		left := must[map[uuid.UUID][]*authflows.FactorShown](t)(d.Factors(t.Context(), []uuid.UUID{s.User.ID}))[s.User.ID]
		if len(u.Factors) != 0 || len(left) != 1 {
			t.Errorf("left %v, %+v", u.Factors, left)
		}
		_, err := bearer(t, env, acme, s.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		_, err = answer(t, env, acme, authflows.Answer{Challenge: pending.ID, Factor: "totp", Code: app.next(t, env)})
		wantFault(t, err, fault.ChallengeExpired)
		_, err = answer(t, env, acme, authflows.Answer{Challenge: pending.ID, Factor: "recovery_code", Code: app.recovery[0]})
		wantFault(t, err, fault.ChallengeExpired)
		told := false
		for _, m := range env.Mails(t, acme, ann) {
			told = told || strings.Contains(m.Subject, "second factors")
		}
		if !told {
			t.Error("nobody told the user")
		}
		// A reset of the password that the same admin has sent goes on.
		mustDo(t, answerReset(t, env, acme, reset.ID, code))
		if step := must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword)); step.SignedIn == nil {
			t.Errorf("asked for %+v", step.Challenge)
		}
	})
}

func TestARecoveryLinkSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "signup.verify_email=off", "signup.required=[\"username\"]")
		env.MailOff.Store(true)
		d := directory(t, env, acme)
		u := must[*authflows.User](t)(d.Create(t.Context(), authflows.NewUser{Username: "ann"}))
		issue := func() (uuid.UUID, string) {
			t.Helper()
			_, link, err := d.IssueRecoveryLink(t.Context(), u.ID)
			mustDo(t, err)
			at := must[*url.URL](t)(url.Parse(link.URL))
			id, _ := ids.Parse(ids.Challenge, at.Query().Get("c"))
			if !strings.HasPrefix(link.URL, flowtest.PublicURL+"/t/acme/link?") || link.ExpiresAt.Sub(env.Clock.Now()) > 24*time.Hour {
				t.Errorf("link %s until %s", link.URL, link.ExpiresAt)
			}
			return id, at.Query().Get("s")
		}
		use := func(id uuid.UUID, secret string) error {
			_, err := answer(t, env, acme, authflows.Answer{Challenge: id, Secret: secret, NewPassword: password})
			return err
		}
		first, firstSecret := issue()
		id, secret := issue()
		wantFault(t, use(first, firstSecret), fault.ChallengeExpired)
		_, err := answer(t, env, acme, authflows.Answer{Challenge: id, Code: "000000", NewPassword: password})
		wantFault(t, err, fault.WrongCode)
		_, err = env.Flows(t, acme).Resend(t.Context(), id, laptop)
		if err == nil {
			t.Error("a link that was handed over is mailed")
		}
		var won atomic.Int32
		flowtest.Parallel(4, func(int) {
			if use(id, secret) == nil {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("used %d times", won.Load())
		}
		must[*authflows.Step](t)(login(t, env, acme, "ann", password))
		id, secret = issue()
		env.Clock.Advance(24*time.Hour + time.Second)
		wantFault(t, use(id, secret), fault.ChallengeExpired)
		id, secret = issue()
		must[*authflows.User](t)(d.Suspend(t.Context(), u.ID))
		wantFault(t, use(id, secret), fault.ChallengeExpired)
	})
}

func TestAResetIsNotSentWhereNobodyCouldAnswerIt(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	d, u := directory(t, env, acme), made(t, env, acme, ann)
	env.Set(t, acme, "abuse.mails=1/1h") // strangers do not use up what an admin sends
	for range 3 {
		must[*authflows.User](t)(d.SendReset(t.Context(), u.ID))
	}
	if got := len(env.Mails(t, acme, ann)); got != 3 {
		t.Errorf("%d mails", got)
	}
	refused := func(want fault.Code, id uuid.UUID, mailed bool) {
		t.Helper()
		d := directory(t, env, acme)
		_, err := d.SendReset(t.Context(), id)
		wantFault(t, err, want)
		if _, _, err = d.IssueRecoveryLink(t.Context(), id); !mailed {
			wantFault(t, err, want)
		}
	}
	env.MailOff.Store(true)
	refused(fault.MailUnavailable, u.ID, true)
	env.MailOff.Store(false)
	refused(fault.NotFound, uuid.New(), false)
	env.Set(t, acme, "signup.required=[\"username\"]", "signup.verify_email=off")
	unreached := must[*authflows.User](t)(directory(t, env, acme).Create(t.Context(), authflows.NewUser{Username: "bob"}))
	refused(fault.IdentifierNeeded, unreached.ID, true)
	must[*authflows.User](t)(d.Suspend(t.Context(), u.ID))
	refused(fault.InvalidInput, u.ID, false)
	must[*tenants.Tenant](t)(env.Tenants.Suspend(t.Context(), acme))
	refused(fault.TenantSuspended, u.ID, false)
	must[*authflows.User](t)(directory(t, env, acme).Restore(t.Context(), u.ID)) // which works all the same
}

func TestAnAdminOfAnotherTenantReachesNobody(t *testing.T) { // TEN-03
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		d, at := directory(t, env, globex), t.Context()
		errs := map[string]error{}
		_, errs["user"] = d.User(at, s.User.ID)
		_, errs["session"] = d.Session(at, s.Session.ID)
		_, errs["end"] = d.EndSession(at, s.Session.ID)
		_, _, errs["end all of a user"] = d.EndSessionsOf(at, s.User.ID)
		_, errs["suspend"] = d.Suspend(at, s.User.ID)
		_, errs["restore"] = d.Restore(at, s.User.ID)
		_, errs["reset"] = d.ResetFactors(at, s.User.ID)
		_, errs["send"] = d.SendReset(at, s.User.ID)
		_, _, errs["link"] = d.IssueRecoveryLink(at, s.User.ID)
		errs["delete"] = d.Delete(at, s.User.ID)
		for what, err := range errs {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
		if n := must[int](t)(d.EndAllSessions(at)); n != 0 {
			t.Errorf("%d sessions ended", n)
		}
		all := []uuid.UUID{s.User.ID}
		if got := must[map[uuid.UUID][]*authflows.Session](t)(d.LatestSessions(at, all, 5)); len(got) > 0 {
			t.Errorf("sessions %v", got)
		}
		if got := must[map[uuid.UUID][]*events.Entry](t)(d.LatestEvents(at, all, 5)); len(got) > 0 {
			t.Errorf("events %v", got)
		}
		if got := must[map[uuid.UUID][]*authflows.FactorShown](t)(d.Factors(at, all)); len(got) > 0 {
			t.Errorf("factors %v", got)
		}
		if got := must[map[uuid.UUID][]*authflows.Identifier](t)(d.Identifiers(at, all)); len(got) > 0 {
			t.Errorf("identifiers %v", got)
		}
		must[*authflows.Caller](t)(bearer(t, env, acme, s.AccessToken))
	})
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		d, at := directory(t, env, acme), t.Context()
		first := env.SignUp(t, acme, ann)
		for range 3 {
			signIn(t, env, acme, ann)
		}
		other := env.SignUp(t, acme, bob)
		count := func(q authflows.SessionQuery) int {
			t.Helper()
			got := must[page.Of[*authflows.Session]](t)(d.Sessions(at, q, page.Request{Limit: 100}))
			if n := must[int](t)(d.CountSessions(at, q)); n != len(got.Rows) {
				t.Errorf("%+v: counted %d of %d", q, n, len(got.Rows))
			}
			return len(got.Rows)
		}
		live, dead := true, false
		ended := must[*authflows.Session](t)(d.EndSession(at, first.Session.ID))
		if ended.EndReason != "revoked" || d.Live(ended) {
			t.Errorf("ended %+v", ended)
		}
		must[*authflows.Session](t)(d.EndSession(at, first.Session.ID))
		if n := facts(t, env, acme, events.SessionEnded); n != 1 {
			t.Errorf("ended %d times", n)
		}
		for want, q := range map[int]authflows.SessionQuery{
			5: {}, 4: {User: &first.User.ID}, 3: {User: &first.User.ID, Live: &live, Client: "native"},
			1: {User: &first.User.ID, Live: &dead}, 0: {Client: "wolf"},
		} {
			if got := count(q); got != want {
				t.Errorf("%+v: %d, want %d", q, got, want)
			}
		}
		users := []uuid.UUID{first.User.ID, other.User.ID, uuid.New()}
		latest := must[map[uuid.UUID][]*authflows.Session](t)(d.LatestSessions(at, users, 2))
		if len(latest[users[0]]) != 2 || len(latest[users[1]]) != 1 || latest[users[0]][0].CreatedAt.Before(latest[users[0]][1].CreatedAt) {
			t.Errorf("latest %+v", latest)
		}
		if counts := must[map[uuid.UUID]int](t)(d.CountSessionsOf(at, users)); counts[users[0]] != 4 || counts[users[1]] != 1 {
			t.Errorf("counts %v", counts)
		}
		_, n, err := d.EndSessionsOf(at, first.User.ID)
		if err != nil || n != 3 {
			t.Errorf("%d ended, %v", n, err)
		}
		if n := must[int](t)(d.EndAllSessions(at)); n != 1 {
			t.Errorf("%d ended of the tenant's", n)
		}
		_, err = bearer(t, env, acme, other.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		if n := must[int](t)(env.DB.Session.Query().Where(session.EndedAtIsNil()).Count(within(t, env, acme))); n != 0 {
			t.Errorf("%d live on", n)
		}
		_, err = d.Sessions(at, authflows.SessionQuery{Client: "a\x00"}, page.Request{Limit: 1}) // INP-05
		wantFault(t, err, fault.InvalidInput)
	})
}

func TestADeletedUserIsGoneWithAllThatItHad(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, _ := userWithApp(t, env, acme, ann)
		d := directory(t, env, acme)
		mustDo(t, d.Delete(t.Context(), s.User.ID))
		_, err := bearer(t, env, acme, s.AccessToken)
		wantFault(t, err, fault.InvalidToken)
		wantFault(t, d.Delete(t.Context(), s.User.ID), fault.NotFound)
		for what, n := range map[string]int{
			"throttles": must[int](t)(env.DB.Throttle.Query().Count(within(t, env, acme))),
			"sessions":  must[int](t)(env.DB.Session.Query().Count(within(t, env, acme))),
			"apps":      must[int](t)(env.DB.TOTPDevice.Query().Count(within(t, env, acme))),
		} {
			if what != "throttles" && n > 0 {
				t.Errorf("%d %s stay", n, what)
			}
		}
		env.SignUp(t, acme, ann) // the address is free again
	})
}

func TestTheLastOwnerOfThePlatformStays(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		platform := env.Tenant(t, tenants.Reserved)
		admins := env.Engine.Admins(platform)
		add := func(email string, role access.Role) uuid.UUID {
			t.Helper()
			admin, _, err := admins.Create(t.Context(), authflows.NewAdmin{Email: email, Role: role})
			mustDo(t, err)
			return admin.User
		}
		owner, second, helper := add("a@ex.test", access.Owner), add("b@ex.test", access.Owner), add("c@ex.test", access.Support)
		d := env.Engine.Directory(platform)
		var refused atomic.Int32
		both := []uuid.UUID{owner, second}
		flowtest.Parallel(2, func(i int) { // each the other
			if _, err := d.Suspend(t.Context(), both[i]); fault.CodeOf(err) == fault.LastOwner && err != nil {
				refused.Add(1)
			}
		})
		if refused.Load() != 1 {
			t.Errorf("%d of two owners stay", refused.Load())
		}
		for _, id := range both {
			u := must[*authflows.User](t)(d.User(t.Context(), id))
			if !u.Suspended {
				wantFault(t, d.Delete(t.Context(), id), fault.LastOwner)
			}
		}
		mustDo(t, d.Delete(t.Context(), helper))
	})
}
