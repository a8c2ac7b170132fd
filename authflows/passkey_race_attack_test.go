package authflows_test

import (
	"sync/atomic"
	"testing"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/passkey"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// WAN-01 in parallel: of any number of answers one counts, on any number of replicas.
func TestWAN01OneAssertionOpensOneSession(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, device := passkeyUser(t, env, acme, ann)
		replicas := flowsOf(t, env.Replicas(t, 3))
		for i, identifier := range []string{"", ann} {
			device.Counter = uint32(i) // one that does not count, and one that does
			c := askPasskey(t, env, acme, identifier)
			credential := device.Get(c.PublicKey)
			var opened atomic.Int32
			flowtest.Parallel(200, func(i int) {
				_, err := replicas[i%3].Answer(t.Context(), authflows.Answer{Challenge: c.ID, Credential: credential, Device: laptop})
				if err == nil {
					opened.Add(1)
				} else if code := fault.CodeOf(err); code != fault.ChallengeExpired && code != fault.PasskeyRefused {
					t.Errorf("got %v", err)
				}
			})
			all := must[int](t)(env.DB.Session.Query().Where(session.UserID(s.User.ID)).Count(within(t, env, acme)))
			if opened.Load() != 1 || all != i+2 || facts(t, env, acme, events.UserSignedIn) != i+2 {
				t.Errorf("%d answers counted, %d sessions", opened.Load(), all)
			}
		}
	})
}

// WAN-01 in parallel, of a step-up.
func TestWAN01OneAssertionRaisesOneSessionOnce(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, device := passkeyUser(t, env, acme, ann)
		replicas := flowsOf(t, env.Replicas(t, 3))
		c := stepUp(t, env, acme, caller(t, env, acme, s))
		credential := device.Get(c.PublicKey)
		var raised atomic.Int32
		flowtest.Parallel(30, func(i int) {
			in := authflows.Answer{Challenge: c.ID, Factor: amr.Passkey, Credential: credential, Device: laptop}
			_, err := replicas[i%3].Answer(t.Context(), in)
			if err == nil {
				raised.Add(1)
			} else if code := fault.CodeOf(err); code != fault.ChallengeExpired && code != fault.PasskeyRefused {
				t.Errorf("got %v", err)
			}
		})
		if raised.Load() != 1 || facts(t, env, acme, events.SessionRaised) != 1 {
			t.Errorf("raised %d times", raised.Load())
		}
	})
}

// WAN-06 in parallel: whichever comes first, the counter never goes back, and the higher of two always passes.
func TestWAN06AnswersAtOnceKeepTheHighestCounter(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s, device := passkeyUser(t, env, acme, ann, counting(1))
		replicas := flowsOf(t, env.Replicas(t, 2))
		refused := 0
		atOnce := func(counts ...uint32) []error {
			answers := make([]authflows.Answer, len(counts))
			for i, count := range counts {
				c := askPasskey(t, env, acme, "")
				answers[i] = authflows.Answer{Challenge: c.ID, Credential: device.Get(c.PublicKey, counting(count)), Device: laptop}
			}
			errs := make([]error, len(counts))
			flowtest.Parallel(len(counts), func(i int) { _, errs[i] = replicas[i].Answer(t.Context(), answers[i]) })
			for _, err := range errs {
				if err == nil {
					continue
				}
				refused++
				if fault.CodeOf(err) != fault.PasskeyRefused {
					t.Error(err)
				}
			}
			row := env.DB.Passkey.Query().Where(passkey.UserID(s.User.ID)).Select(passkey.FieldSignCount)
			stored := must[int](t)(row.Int(within(t, env, acme)))
			if stored != int(counts[1]) {
				t.Errorf("%d stored after %v", stored, counts)
			}
			return errs
		}
		for round := range uint32(10) {
			if errs := atOnce(3*round+2, 3*round+3); errs[1] != nil {
				t.Errorf("round %d: the higher counter: %v", round, errs[1])
			}
			if errs := atOnce(3*round+4, 3*round+4); (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("round %d: one counter twice: %v", round, errs)
			}
		}
		// A copy is told of, however close to the other it comes.
		if n := facts(t, env, acme, events.PasskeyRegressed); n != refused || n < 10 || notices(t, env, acme, ann, "was refused") != n {
			t.Errorf("%d refused, %d events", refused, n)
		}
	})
}
