package authflows_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// outcome is what a try to sign in came to: nothing for a session, else the fault and how long to wait.
type outcome struct {
	Code fault.Code
	Wait time.Duration
}

// tryFrom tries to sign in with a device token, if any, and returns what it came to.
func tryFrom(t *testing.T, flows *authflows.Flows, who, text, token string) outcome {
	t.Helper()
	device := authflows.Device{Address: netip.MustParseAddr("203.0.113.9"), UserAgent: "curl/8.0", Token: token}
	_, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: who, Password: text, Device: device})
	if err == nil {
		return outcome{}
	}
	out := outcome{Code: fault.CodeOf(err)}
	var f *fault.Fault
	if errors.As(err, &f) {
		out.Wait = f.RetryAfter
	}
	return out
}

var wrongTry = outcome{Code: fault.InvalidCredentials}

// evaluatedOf counts the tries of n wrong passwords, one after the other, that are evaluated.
func evaluatedOf(t *testing.T, flows *authflows.Flows, who, token string, n int) (evaluated int) {
	t.Helper()
	for range n {
		switch got := tryFrom(t, flows, who, wrongPassword, token); {
		case got == wrongTry:
			evaluated++
		case got.Code != fault.RateLimited || got.Wait <= 0:
			t.Fatalf("got %+v", got)
		}
	}
	return evaluated
}

func TestRTL05StrangersNeverLockOutADeviceThatIsKnown(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "abuse.tenant_failures=0")
		stale := env.SignUp(t, acme, ann)
		mustDo(t, env.Flows(t, acme).ChangePassword(t.Context(), caller(t, env, acme, stale), password, otherPassword, laptop))
		token := must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword)).SignedIn.DeviceToken
		if token == "" || token == stale.DeviceToken {
			t.Fatal("the device got no new token")
		}
		strangers := []string{
			"", "tgd_", "nonsense", token + "A", token[:len(token)-1], another(token), strings.Replace(token, "tgd_", "tgr_", 1),
			stale.DeviceToken, stale.RefreshToken, env.SignUp(t, acme, bob).DeviceToken, env.SignUp(t, globex, ann).DeviceToken,
			tokens.MintDevice(env.Tenant(t, globex).Keys, tokens.Device{User: stale.User.ID, ID: ids.New(), Version: 2}),
		}
		flows := env.Flows(t, acme)
		evaluated := 0
		for i := range 1000 {
			evaluated += evaluatedOf(t, flows, ann, strangers[i%len(strangers)], 1)
		}
		if evaluated != 10 {
			t.Errorf("%d of the strangers' tries were evaluated, want 10", evaluated)
		}
		if got := tryFrom(t, flows, ann, otherPassword, ""); got.Code != fault.RateLimited {
			t.Errorf("a new device: %+v", got)
		}
		for range 3 {
			if got := tryFrom(t, flows, ann, otherPassword, token); got != (outcome{}) {
				t.Fatalf("the owner's device: %+v", got)
			}
		}
		// It is no way around the limit for whoever steals it, and its success forgives the strangers nothing.
		if n := evaluatedOf(t, flows, ann, token, 20); n != 10 {
			t.Errorf("%d tries with the token were evaluated, want 10", n)
		}
		if got := tryFrom(t, flows, ann, otherPassword, ""); got.Code != fault.RateLimited {
			t.Errorf("a new device: %+v", got)
		}
		env.Clock.Advance(15 * time.Minute)
		for _, with := range []string{"", token} {
			if got := tryFrom(t, flows, ann, otherPassword, with); got != (outcome{}) {
				t.Errorf("after the window: %+v", got)
			}
		}
	})
}

// RTL-04, with devices: the budgets of strangers and of known devices hold in parallel, each by itself.
func TestRTL04ParallelGuessesOnThreeReplicasStayWithinTheirBudgets(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		token := env.SignUp(t, acme, ann).DeviceToken
		var evaluated [2]atomic.Int32
		flowtest.Parallel(300, func(i int) {
			switch got := tryFrom(t, flows[i%3], ann, wrongPassword, []string{"", token}[i%2]); {
			case got == wrongTry:
				evaluated[i%2].Add(1)
			case got.Code != fault.RateLimited:
				t.Errorf("got %+v", got)
			}
		})
		for i := range evaluated {
			if n := evaluated[i].Load(); n > 10 || n == 0 {
				t.Errorf("%d evaluated, want at most 10", n)
			}
		}
		if n := facts(t, env, acme, events.SignInBlocked); n != 2 {
			t.Errorf("%d blocks recorded, want one for each budget", n)
		}
	})
}

func TestRTL02OneNetworkOfIPv6IsOneAddress(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "abuse.address=3/1h")
	from := func(address string) fault.Code {
		device := authflows.Device{Address: netip.MustParseAddr(address)}
		_, err := env.Flows(t, acme).Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: wrongPassword, Device: device})
		return fault.CodeOf(err)
	}
	var got []fault.Code
	for _, address := range []string{
		"2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::", "2001:db8:1:2::4", "2001:db8:1:3::1",
		"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2",
	} {
		got = append(got, from(address))
	}
	ok, full := fault.InvalidCredentials, fault.RateLimited
	if diff := cmp.Diff([]fault.Code{ok, ok, ok, full, ok, ok, ok, ok, full, ok}, got); diff != "" {
		t.Error(diff)
	}
}

func TestABlockedUserIsToldOnceInAWindow(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		flows := env.Flows(t, acme)
		told := func() int { return noticesMailed(t, env, acme, ann, mail.SignInBlocked) }
		statements := map[string][]string{}
		for window := range 2 {
			for _, who := range []string{ann, "nobody@ex.test"} {
				if n := evaluatedOf(t, flows, who, "", 9); n != 9 || told() != window+oneIf(who != ann) {
					t.Fatalf("window %d: %d evaluated, %d mails", window, n, told())
				}
				sent := env.Statements(func() {
					if got := tryFrom(t, flows, who, wrongPassword, ""); got != wrongTry {
						t.Errorf("got %+v", got)
					}
				})
				statements[who] = nil
				for _, query := range queries(sent) {
					statements[who] = append(statements[who], query[:24]) // an event of a stranger has no user
				}
				evaluatedOf(t, flows, who, "", 15)
			}
			if diff := cmp.Diff(statements[ann], statements["nobody@ex.test"]); diff != "" {
				t.Errorf("a stranger costs something else: %s", diff)
			}
			if told() != window+1 || facts(t, env, acme, events.SignInBlocked) != 2*(window+1) {
				t.Errorf("window %d: %d mails", window, told())
			}
			env.Clock.Advance(15 * time.Minute)
		}
		if n := len(env.Mails(t, acme, "nobody@ex.test")); n != 0 {
			t.Errorf("a stranger got %d mails", n)
		}
	})
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A right password at the last try is no failure to tell of.
func TestARightLastTryIsNotToldAsABlock(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme)
	evaluatedOf(t, flows, ann, "", 9)
	if got := tryFrom(t, flows, ann, password, ""); got != (outcome{}) {
		t.Fatalf("got %+v", got)
	}
	if noticesMailed(t, env, acme, ann, mail.SignInBlocked) != 0 || facts(t, env, acme, events.SignInBlocked) != 0 {
		t.Error("it is")
	}
	if n := evaluatedOf(t, flows, ann, "", 12); n != 10 {
		t.Errorf("%d evaluated after a success, want 10", n)
	}
}
