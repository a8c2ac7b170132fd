package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// testClock is the file that moves the clock of the replicas that are given its env.
type testClock struct {
	t    testing.TB
	file string
}

func newClock(t testing.TB) *testClock {
	return &testClock{t, filepath.Join(t.TempDir(), "offset")}
}

func (c *testClock) env() string { return "TENANTGATE_TEST_CLOCK=" + c.file }

// set moves the clock to that far from the real one.
func (c *testClock) set(d time.Duration) {
	c.t.Helper()
	next := c.file + ".next"
	if err := os.WriteFile(next, []byte(d.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(next, c.file); err != nil { // never seen half written
		c.t.Fatal(err)
	}
}

// OTC-08.
func TestACodeIsGoodForTenMinutesByTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTestClock)
	clock := newClock(t)
	r := w.start(clock.env())
	a := r.api()
	for _, c := range []struct {
		email string
		at    time.Duration
		want  []int
	}{
		{"before@x.test", 10*time.Minute - 2*time.Second, []int{200, 201}},
		{"after@x.test", 10*time.Minute + time.Second, []int{410}},
	} {
		clock.set(0)
		asked := expect(t, 200)(a.signup(c.email, password))
		code := w.code(c.email)
		clock.set(c.at)
		got := ask(a.answerCode(asked.Challenge.ID, code))
		if got.Status != c.want[0] && got.Status != c.want[len(c.want)-1] {
			t.Errorf("a code answered after %s: %s, want %v", c.at, got, c.want)
		}
		if c.want[0] != 410 {
			continue
		}
		// The sweeper takes what has expired; a clock that steps back brings nothing back that was refused as spent.
		used := expect(t, 200)(a.signup("used@x.test", password))
		code = w.code("used@x.test")
		if got := ask(a.answerCode(used.Challenge.ID, code)); got.Status/100 != 2 {
			t.Errorf("a code answered at once: %s", got)
		}
		clock.set(c.at - 5*time.Minute)
		expect(t, 410)(a.answerCode(used.Challenge.ID, code))
	}
}

// SES-10.
func TestASessionEndsAtItsLimitsThoughRefreshedEveryDay(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := newWorld(t, withTestClock)
	clock := newClock(t)
	r := w.start(clock.env())
	daily := w.signUp(r.api(), "daily@x.test")
	idle := expect(t, 200)(r.api().login("daily@x.test", password))
	for n := time.Duration(1); n < 90; n++ {
		clock.set(n * day)
		daily = expect(t, 200)(r.api().refresh(daily.RefreshToken))
		if n == 31 {
			expect(t, 401)(r.api().refresh(idle.RefreshToken))
		}
	}
	clock.set(90*day + time.Second)
	expect(t, 401)(r.api().refresh(daily.RefreshToken))
	expect(t, 401)(r.api().me(daily.AccessToken))
}

// OPS-09.
func TestReplicasWhoseClocksDifferByThreeMinutesUseNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTestClock)
	early, late := newClock(t), newClock(t)
	early.set(-90 * time.Second)
	late.set(90 * time.Second)
	behind, right, ahead := w.start(early.env()), w.start(), w.start(late.env())
	all := []*replica{behind, right, ahead}

	asked := expect(t, 200)(ahead.api().signup("ann@x.test", password))
	code := w.code("ann@x.test")
	answers := together(60, func(i int) answer { return ask(all[i%3].api().answerCode(asked.Challenge.ID, code)) })
	signedIn := 0
	for _, a := range answers {
		if a.AccessToken != "" {
			signedIn++
		}
	}
	if got := statuses(answers); signedIn != 1 || got[410] != 59 {
		t.Fatalf("one code gave %d sessions; statuses %v", signedIn, got)
	}

	// Within the leeway of a minute tokens pass; further apart a token from the future is refused, never a 5xx.
	for _, c := range []struct {
		name string
		at   *replica
		by   *replica
		want int
	}{
		{"from ahead at ahead", ahead, ahead, 200},
		{"from right at ahead", ahead, right, 200},
		{"from behind at right", right, behind, 200},
		{"from behind at ahead", ahead, behind, 200}, // three minutes old by that clock, good for ten
		{"from ahead at right", right, ahead, 401},   // 90 s in the future, the leeway is 60
	} {
		in := expect(t, 200)(c.by.api().login("ann@x.test", password))
		if got := ask(c.at.api().me(in.AccessToken)); got.Status != c.want {
			t.Errorf("token %s: %s, want %d", c.name, got, c.want)
		}
	}
	half := newClock(t)
	half.set(50 * time.Second)
	near := w.start(half.env())
	in := expect(t, 200)(near.api().login("ann@x.test", password))
	expect(t, 200)(right.api().me(in.AccessToken))

	// Refreshing goes on across all of them, and what is ended stays so.
	refresh := in.RefreshToken
	for i := range 9 {
		a := expect(t, 200)(all[i%3].api().refresh(refresh))
		refresh, in = a.RefreshToken, a
	}
	expect(t, 204)(ahead.api().do("POST", "/logout/all", in.AccessToken, nil))
	for _, r := range all {
		expect(t, 401)(r.api().refresh(refresh))
	}
}
