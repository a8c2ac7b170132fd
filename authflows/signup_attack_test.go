package authflows_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestPWD07ATakenAddressAnswersAndCostsTheSame(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, bob)
		env.Clock.Advance(2 * time.Hour)
		flows := env.Flows(t, acme)
		must[int](t)(env.DB.Throttle.Delete().Exec(within(t, env, acme)))
		var shapes []authflows.Challenge
		var counts []int
		for _, email := range []string{bob, ann} {
			statements := env.Statements(func() {
				step := must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: email, Password: password, Device: laptop}))
				shapes = append(shapes, *step.Challenge)
			})
			counts = append(counts, len(statements))
		}
		if counts[0] != counts[1] || shapes[0].Kind != shapes[1].Kind || !shapes[0].ExpiresAt.Equal(shapes[1].ExpiresAt) {
			t.Errorf("statements %v, answers %+v", counts, shapes)
		}
		mails := env.Mails(t, acme, bob)
		if notice := mails[len(mails)-1]; len(mails) != 2 || notice.Code != "" || notice.Link != "" {
			t.Error("the owner's notice carries what could change the account")
		}
		for _, c := range shapes {
			_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: another(env.Code(t, acme, ann))})
			wantFault(t, err, fault.WrongCode)
		}
	})
}

func TestPWD08AndPWD11AResetAsksTheSameOfEverybody(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Clock.Advance(2 * time.Hour)
		must[int](t)(env.DB.Throttle.Delete().Exec(within(t, env, acme)))
		flows := env.Flows(t, acme)
		var counts []int
		for _, who := range []string{ann, "nobody@ex.test"} {
			var c *authflows.Challenge
			request := env.Statements(func() {
				c = must[*authflows.Step](t)(flows.RequestReset(t.Context(), who, laptop)).Challenge
			})
			wrong := env.Statements(func() {
				wantFault(t, answerReset(t, env, acme, c.ID, "000000"), fault.WrongCode)
			})
			counts = append(counts, len(request), len(wrong))
		}
		// Where the caches are not confirmed, the second count holds the tenant's statements too, the same for both.
		if counts[0] != counts[2] {
			t.Errorf("statements %v", counts)
		}
		s := signIn(t, env, acme, ann)
		for _, current := range []string{"", wrongPassword, strings.Repeat("a", 1<<20)} {
			err := env.Flows(t, acme).ChangePassword(t.Context(), caller(t, env, acme, s), current, otherPassword, laptop)
			wantFault(t, err, fault.WrongPassword)
		}
		old := caller(t, env, acme, s)
		env.Clock.Advance(11 * time.Minute)
		wantFault(t, env.Flows(t, acme).ChangePassword(t.Context(), old, password, otherPassword, laptop), fault.StepUpRequired)
	})
}

func TestRAC01ParallelSignUpsOfOneAddressMakeOneAccount(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "abuse.mails=0")
		replicas := env.Replicas(t, 3)
		flows := flowsOf(t, replicas)
		var mu sync.Mutex
		var asked []*authflows.Challenge
		flowtest.Parallel(100, func(i int) {
			email := ann
			if i%2 == 0 {
				email = "ANN@Ex.Test"
			}
			step, err := flows[i%3].Signup(t.Context(), authflows.SignupInput{Email: email, Password: password, Device: laptop})
			if err != nil {
				t.Errorf("got %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, step.Challenge)
		})
		// All codes are tried at once on all challenges that are still live.
		mails := env.Mails(t, acme, ann)
		live := must[int](t)(env.DB.Challenge.Query().Where(challenge.UsedAtIsNil()).Count(within(t, env, acme)))
		flowtest.Parallel(len(asked), func(i int) {
			for _, m := range mails[max(0, len(mails)-4):] {
				_, err := flows[i%3].Answer(t.Context(), authflows.Answer{Challenge: asked[i].ID, Code: m.Code, Device: laptop})
				switch fault.CodeOf(err) {
				case fault.WrongCode, fault.ChallengeExpired, fault.IdentifierTaken, fault.RateLimited:
				default:
					if err != nil {
						t.Errorf("got %v", err)
					}
				}
			}
		})
		if n := must[int](t)(env.DB.User.Query().Count(within(t, env, acme))); n > 1 || live == 0 {
			t.Errorf("%d accounts, %d live challenges", n, live)
		}
		env.Clock.Advance(time.Hour)
		if n := must[int](t)(env.DB.User.Query().Count(within(t, env, acme))); n == 0 {
			env.SignUp(t, acme, ann)
		}
		signIn(t, env, acme, "ANN@EX.TEST")
	})
}
