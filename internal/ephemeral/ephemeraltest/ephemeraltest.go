// Package ephemeraltest is the suite that every ephemeral.Store passes. What only one implementation does (bounds,
// outages) is tested next to it.
package ephemeraltest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// patience bounds what should happen at once, on a machine that is busy with other tests.
const patience = 20 * time.Second

// Mover is a store whose clock a test moves. With any other the suite waits for real, for a tenth of a second or so.
type Mover interface {
	Advance(d time.Duration)
}

// Run tests the stores that open returns. It calls open once for each test and leaves closing to it, except where
// closing is what is tested. Stores may share a server: the suite's keys and topics are new in each run.
func Run(t *testing.T, open func(t *testing.T) ephemeral.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, s ephemeral.Store)
	}{
		{"a limit lets exactly its events pass under contention", limitIsExact},
		{"a refusal says when one more passes and counts nothing", refusalCountsNothing},
		{"a bucket drains one event after another", bucketDrains},
		{"keys do not share a counter", keysAreSeparate},
		{"separators in slugs and subjects join no keys", separatorsJoinNothing},
		{"a narrowed limit does not outlast its own period", narrowedLimit},
		{"a limit that is off allows everything", offAllows},
		{"a limit out of bounds or a key without a tenant is refused", nonsenseIsRefused},
		{"an ended context takes nothing", endedContext},
		{"an event given back passes again", givenBackPassesAgain},
		{"a bucket gets no emptier than empty", emptyStaysEmpty},
		{"a full bucket with one event given back waits as a full one", giveEndsAWait},
		{"a narrowed limit gives back one of its own events", givenFromANarrowedLimit},
		{"giving back is exact under contention", givingIsExact},
		{"a limit that is off takes nothing back", offTakesNothingBack},
		{"several events pass together or not at all", severalPassTogether},
		{"several events are given back together", severalAreGivenBack},
		{"more events than a limit has are refused", tooManyAreRefused},
		{"several events are exact under contention", severalAreExact},
		{"a message reaches all subscribers of its topic and no others", messageFansOut},
		{"a message is as it was when it was published", messageIsCopied},
		{"the end of its context ends a subscription", contextEndsSubscription},
		{"a slow reader loses messages and holds up nobody", slowReader},
		{"a topic can be left and joined again", topicIsJoinedAgain},
		{"a closed store refuses and ends its subscriptions", closedStore},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// newKey returns a key that nothing else uses.
func newKey() ephemeral.Key {
	return ephemeral.TenantKey(uuid.New(), "test", "subject")
}

// take counts one event and fails the test on an error.
func take(t *testing.T, s ephemeral.Store, key ephemeral.Key, l ephemeral.Limit) time.Duration {
	t.Helper()
	wait, err := s.Take(t.Context(), key, l)
	if err != nil {
		t.Fatalf("Take(%v, %v): %v", key, l, err)
	}
	return wait
}

// exhaust takes until the limit refuses and returns the wait that it names.
func exhaust(t *testing.T, s ephemeral.Store, key ephemeral.Key, l ephemeral.Limit) time.Duration {
	t.Helper()
	// A slow machine drains some events meanwhile, hence more rounds than events.
	for range 100 * l.Events {
		if wait := take(t, s, key, l); wait > 0 {
			return wait
		}
	}
	t.Fatalf("limit %v never refused", l)
	return 0
}

// pass lets d go by for the store.
func pass(t *testing.T, s ephemeral.Store, d time.Duration) {
	t.Helper()
	if m, ok := s.(Mover); ok {
		m.Advance(d)
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatal("the test ended before its wait")
	}
}
