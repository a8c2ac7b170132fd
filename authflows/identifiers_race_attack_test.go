package authflows_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestOneOfManyGetsAUsername(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		var callers []*authflows.Caller
		for i := range 6 {
			callers = append(callers, caller(t, env, acme, env.SignUp(t, acme, fmt.Sprintf("user%d@ex.test", i))))
		}
		var added atomic.Int32
		flowtest.Parallel(24, func(i int) {
			_, err := flows[i%3].AddIdentifier(t.Context(), callers[i%6], "username", []string{"wanted", "WANTED"}[i%2], laptop)
			switch {
			case err == nil:
				added.Add(1)
			case fault.CodeOf(err) != fault.IdentifierTaken:
				t.Errorf("got %v", err)
			}
		})
		n := must[int](t)(env.DB.Identifier.Query().Where(identifier.Normal("wanted")).Count(within(t, env, acme)))
		if added.Load() != 1 || n != 1 || facts(t, env, acme, events.IdentifierAdded) != 1 {
			t.Errorf("%d were told that it is theirs, %d rows", added.Load(), n)
		}
	})
}

func TestOneOfManyGetsAnAddress(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		env.Set(t, acme, "abuse.mails=0")
		var answers []authflows.Answer
		for i := range 3 {
			c := caller(t, env, acme, env.SignUp(t, acme, fmt.Sprintf("user%d@ex.test", i)))
			challenge := addOf(t, env, acme, c, "email", "wanted@ex.test").Challenge
			answers = append(answers, authflows.Answer{Challenge: challenge.ID, Code: env.Code(t, acme, "wanted@ex.test"), Device: laptop})
		}
		var added atomic.Int32
		flowtest.Parallel(9, func(i int) {
			_, err := flows[i%3].Answer(t.Context(), answers[i%3])
			switch code := fault.CodeOf(err); {
			case err == nil:
				added.Add(1)
			case code != fault.IdentifierTaken && code != fault.ChallengeExpired:
				t.Errorf("got %v", err)
			}
		})
		n := must[int](t)(env.DB.Identifier.Query().Where(identifier.Normal("wanted@ex.test")).Count(within(t, env, acme)))
		if added.Load() != 1 || n != 1 {
			t.Errorf("%d were told that it is theirs, %d rows", added.Load(), n)
		}
	})
}

// Of first usernames that are added at once, one is primary, and it is the one that the user shows. Together they are no
// more than one by one.
func TestParallelAdditionsKeepOnePrimaryAndTheLimit(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		s := env.SignUp(t, acme, ann)
		c := caller(t, env, acme, s)
		var mu sync.Mutex
		outcomes := map[fault.Code]int{}
		flowtest.Parallel(30, func(i int) {
			_, err := flows[i%3].AddIdentifier(t.Context(), c, "username", fmt.Sprintf("name%d", i), laptop)
			mu.Lock()
			defer mu.Unlock()
			code := fault.Code("")
			if err != nil {
				code = fault.CodeOf(err)
			}
			outcomes[code]++
		})
		if diff := cmp.Diff(map[fault.Code]int{"": 19, fault.LimitReached: 11}, outcomes); diff != "" {
			t.Error(diff)
		}
		var primary []string
		for _, i := range must[[]*authflows.Identifier](t)(env.Flows(t, acme).Identifiers(t.Context(), c)) {
			if i.Kind == identifier.KindUsername && i.Primary {
				primary = append(primary, i.Value)
			}
		}
		if diff := cmp.Diff([]string{caller(t, env, acme, s).User.Username}, primary); diff != "" {
			t.Error(diff)
		}
		for kind, value := range map[string]string{"email": annWork, "username": "another", "phone": annTel} {
			_, err := env.Flows(t, acme).AddIdentifier(t.Context(), c, kind, value, laptop)
			wantFault(t, err, fault.LimitReached)
		}
	})
}
