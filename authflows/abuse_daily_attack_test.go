package authflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// RTL-03: a patient attacker between whose windows the owner signs in gets no more tries than a day allows.
func TestRTL03NoSuccessForgivesTheFailuresOfADay(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		token := must[*authflows.Step](t)(login(t, env, acme, ann, password)).SignedIn.DeviceToken
		env.Set(t, acme, "abuse.account_failures=3/15m", "abuse.account_daily=5/1d")
		flows := env.Flows(t, acme)
		began := env.Clock.Now()
		if n := evaluatedOf(t, flows, ann, "", 2); n != 2 {
			t.Fatalf("%d evaluated", n)
		}
		for _, with := range []string{"", token} {
			if got := tryFrom(t, flows, ann, password, with); got != (outcome{}) {
				t.Fatalf("got %+v", got)
			}
		}
		if n := evaluatedOf(t, flows, ann, "", 10); n != 3 {
			t.Fatalf("%d evaluated in the next window, want 3", n)
		}
		env.Clock.Advance(20 * time.Minute)
		want := outcome{fault.RateLimited, began.Add(24 * time.Hour).Sub(env.Clock.Now())}
		for _, text := range []string{password, wrongPassword} {
			if got := tryFrom(t, flows, ann, text, ""); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
		// Known devices apart, and their success forgives strangers nothing.
		if n := evaluatedOf(t, flows, ann, token, 2); n != 2 || tryFrom(t, flows, ann, password, token) != (outcome{}) {
			t.Errorf("%d tries of a known device were evaluated, want 2 and a session", n)
		}
		if got := tryFrom(t, flows, ann, password, ""); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		env.Clock.Advance(want.Wait - time.Second)
		if got := tryFrom(t, flows, ann, password, ""); got != (outcome{fault.RateLimited, time.Second}) {
			t.Errorf("a second before the day is over: %+v", got)
		}
		env.Clock.Advance(time.Second)
		if got := tryFrom(t, flows, ann, password, ""); got != (outcome{}) {
			t.Errorf("after the day: %+v", got)
		}
		if n := evaluatedOf(t, flows, ann, "", 3); n != 3 {
			t.Errorf("%d evaluated on the next day, want 3", n)
		}
	})
}

// RTL-03: the limit of a day holds also where that of a window is off, and nothing holds where both are.
func TestRTL03EachLimitOfAnAccountMayBeOff(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	for _, c := range []struct {
		window, daily string
		want          int
	}{{"0", "4/1d", 4}, {"3/15m", "0", 3}, {"0", "0", 30}} {
		env.Clock.Advance(48 * time.Hour)
		env.Set(t, acme, "abuse.account_failures="+c.window, "abuse.account_daily="+c.daily)
		for _, who := range []string{ann, "nobody@ex.test"} {
			if n := evaluatedOf(t, env.Flows(t, acme), who, "", 30); n != c.want {
				t.Errorf("window %s, day %s: %d evaluated of %s, want %d", c.window, c.daily, n, who, c.want)
			}
		}
	}
}

// PWD-06: a user and an identifier that nobody has are refused alike at every count, over windows and days.
func TestPWD06LimitsTellNobodyApart(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "abuse.account_failures=3/15m", "abuse.account_daily=7/1d")
		flows := env.Flows(t, acme)
		got := map[string][]outcome{}
		for _, pause := range []time.Duration{0, time.Minute, 14 * time.Minute, 15 * time.Minute, 16 * time.Minute, 22 * time.Hour, 2 * time.Hour, time.Minute} {
			env.Clock.Advance(pause)
			for _, who := range []string{ann, "nobody@ex.test"} {
				for range 5 {
					got[who] = append(got[who], tryFrom(t, flows, who, wrongPassword, ""))
				}
			}
		}
		if diff := cmp.Diff(got[ann], got["nobody@ex.test"]); diff != "" {
			t.Error(diff)
		}
		evaluated := 0
		for _, o := range got[ann] {
			evaluated += oneIf(o == wrongTry)
		}
		if evaluated != 7+3 {
			t.Errorf("%d evaluated, want 7 in the first day and 3 in the second", evaluated)
		}
	})
}
