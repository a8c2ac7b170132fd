package authflows_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestRTL03FailuresOfATenantWaitTogether(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	token := env.SignUp(t, acme, ann).DeviceToken
	env.SignUp(t, acme, bob)
	env.SignUp(t, globex, bob)
	env.Set(t, acme, "abuse.tenant_failures=5/1h", "abuse.account_failures=2/15m")
	flows := env.Flows(t, acme)
	for range 20 { // what succeeds is given back
		if got := tryFrom(t, flows, bob, password, ""); got != (outcome{}) {
			t.Fatalf("got %+v", got)
		}
	}
	if n := evaluatedOf(t, flows, ann, token, 10); n != 2 { // a known device spends nothing
		t.Fatalf("%d evaluated, want 2", n)
	}
	if n := evaluatedOf(t, flows, "nobody@ex.test", "", 10); n != 2 { // nor does what is not evaluated
		t.Fatalf("%d evaluated, want 2", n)
	}
	for i := range 3 {
		if got := tryFrom(t, flows, fmt.Sprintf("nobody%d@ex.test", i), wrongPassword, ""); got != wrongTry {
			t.Fatalf("%d: got %+v", i, got)
		}
	}
	for _, who := range []string{"nobody9@ex.test", bob} {
		for range 20 {
			if got := tryFrom(t, flows, who, password, ""); got.Code != fault.RateLimited || got.Wait <= 0 || got.Wait > 12*time.Minute {
				t.Errorf("got %+v", got)
			}
		}
	}
	if got := tryFrom(t, env.Flows(t, globex), bob, password, ""); got != (outcome{}) {
		t.Errorf("another tenant: %+v", got)
	}
	env.Clock.Advance(12 * time.Minute)
	if got := tryFrom(t, flows, bob, password, ""); got != (outcome{}) {
		t.Errorf("later: %+v", got)
	}
	if got := tryFrom(t, flows, ann, password, token); got.Code != fault.RateLimited {
		t.Errorf("the known device's own budget: %+v", got)
	}
}

func TestKnownDevicesPassWhereTheTenantsBudgetIsUsedUp(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		token := env.SignUp(t, acme, ann).DeviceToken
		env.Set(t, acme, "abuse.tenant_failures=10/1h")
		flows := flowsOf(t, env.Replicas(t, 3))
		var evaluated atomic.Int32
		flowtest.Parallel(90, func(i int) {
			switch got := tryFrom(t, flows[i%3], fmt.Sprintf("nobody%d@ex.test", i), wrongPassword, ""); {
			case got == wrongTry:
				evaluated.Add(1)
			case got.Code != fault.RateLimited:
				t.Errorf("got %+v", got)
			}
		})
		want := int32(10) // over one Redis
		if strings.HasSuffix(t.Name(), "/sqlite") {
			want = 30 // in-process stores are each replica's own
		}
		if n := evaluated.Load(); n != want {
			t.Errorf("%d evaluated, want %d", n, want)
		}
		for i, f := range flows {
			if got := tryFrom(t, f, ann, password, token); got != (outcome{}) {
				t.Errorf("replica %d, a known device: %+v", i, got)
			}
			if got := tryFrom(t, f, ann, password, ""); got.Code != fault.RateLimited {
				t.Errorf("replica %d, a new device: %+v", i, got)
			}
		}
	})
}

func TestRTL03FailuresOfAllTenantsWaitTogether(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	token := env.SignUp(t, acme, ann).DeviceToken
	env.SignUp(t, globex, bob)
	env.Set(t, acme, "abuse.tenant_failures=5/1h")
	env.Engine.ServerFailures = ephemeral.Limit{Events: 4, Per: time.Hour}
	for i, slug := range []string{acme, globex, acme, globex} {
		if got := tryFrom(t, env.Flows(t, slug), fmt.Sprintf("nobody%d@ex.test", i), wrongPassword, ""); got != wrongTry {
			t.Fatalf("%d: got %+v", i, got)
		}
	}
	for i := range 20 {
		if got := tryFrom(t, env.Flows(t, acme), fmt.Sprintf("nobody%d@ex.test", i), password, ""); got.Code != fault.RateLimited {
			t.Errorf("got %+v", got)
		}
	}
	if got := tryFrom(t, env.Flows(t, globex), bob, password, ""); got.Code != fault.RateLimited || got.Wait <= 0 {
		t.Errorf("another tenant: %+v", got)
	}
	if got := tryFrom(t, env.Flows(t, acme), ann, password, token); got != (outcome{}) {
		t.Errorf("a known device: %+v", got)
	}
	// What the server's budget refused has spent nothing of the tenant's.
	env.Engine.ServerFailures = ephemeral.Limit{}
	for i := range 4 {
		want := wrongTry.Code
		if i == 3 {
			want = fault.RateLimited
		}
		if got := tryFrom(t, env.Flows(t, acme), fmt.Sprintf("other%d@ex.test", i), wrongPassword, ""); got.Code != want {
			t.Errorf("%d: got %+v, want %s", i, got, want)
		}
	}
}
