package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// cluster is three replicas on the run's Postgres and Redis.
func cluster(t *testing.T, options ...option) (*world, []*replica) {
	t.Helper()
	w := newWorld(t, append(options, with("TENANTGATE_REDIS_URL="+testenv.Redis(t)))...)
	return w, w.startAll(3)
}

func ask(a answer, err error) answer {
	if err != nil {
		return answer{Raw: []byte(err.Error())}
	}
	return a
}

// OTC-05.
func TestARightCodeSentTwoHundredTimesToThreeReplicasSignsInOnce(t *testing.T) {
	w, replicas := cluster(t)
	asked := expect(t, 200)(replicas[0].api().signup("ann@x.test", password))
	code := w.code("ann@x.test")
	answers := together(200, func(i int) answer {
		return ask(replicas[i%3].api().answerCode(asked.Challenge.ID, code))
	})
	signedIn, got := 0, statuses(answers)
	for _, a := range answers {
		if a.AccessToken != "" {
			signedIn++
		}
	}
	if signedIn != 1 || got[http.StatusGone] != 199 {
		t.Errorf("%d sessions, statuses %v; want 1, and 199 times 410", signedIn, got)
	}
	if n := w.count("SELECT count(*) FROM sessions"); n != 1 {
		t.Errorf("%d rows of sessions, want 1", n)
	}
}

// OTC-02.
func TestOfTwoHundredParallelTriesAtACodeFiveAreEvaluated(t *testing.T) {
	w, replicas := cluster(t)
	asked := expect(t, 200)(replicas[0].api().signup("ann@x.test", password))
	code := w.code("ann@x.test")
	wrong := wrongCode(code)
	answers := together(200, func(i int) answer {
		try := wrong
		if i == 100 {
			try = code
		}
		return ask(replicas[i%3].api().answerCode(asked.Challenge.ID, try))
	})
	got := statuses(answers)
	right := got[http.StatusOK] + got[http.StatusCreated]
	evaluated := got[http.StatusUnauthorized] + right
	if right > 1 || evaluated == 0 || evaluated > 5 || evaluated+got[http.StatusGone] != 200 {
		t.Errorf("statuses %v; want at most one session, at most 5 evaluated, else 410", got)
	}
	if a := ask(replicas[1].api().answerCode(asked.Challenge.ID, code)); a.Status != http.StatusGone {
		t.Errorf("the right code after all that: %s, want 410", a)
	}
}

// RTL-04.
func TestOfAThousandParallelWrongPasswordsTheLimitIsEvaluated(t *testing.T) {
	w, replicas := cluster(t)
	w.signUp(replicas[0].api(), "ann@x.test")
	answers := together(scaled(300, 1000), func(i int) answer {
		return ask(replicas[i%3].api().login("ann@x.test", "this is not her password"))
	})
	got := statuses(answers)
	// 503 is a request that could wait no longer for its turn to hash; it was counted all the same.
	if got[401] == 0 || got[401] > 10 || got[401]+got[429]+got[503] != len(answers) {
		t.Errorf("statuses %v; want at most 10 times 401, else 429", got)
	}
	for _, a := range answers {
		if a.Status == 429 && a.Header.Get("Retry-After") == "" {
			t.Fatalf("429 without Retry-After: %s", a)
		}
	}
}

// RAC-01.
func TestAHundredParallelSignUpsOfOneAddressMakeOneUser(t *testing.T) {
	w, replicas := cluster(t)
	w.createTenant("fast", "signup.verify_email=off")
	spelled := []string{"bob@x.test", "BOB@x.test", "Bob@X.test", "bob@X.TEST"}
	answers := together(100, func(i int) answer {
		var a answer
		for range 20 { // a queue for hashing that is full is no answer to the question
			if a = ask(replicas[i%3].tenant("fast").signup(spelled[i%4], password)); a.Status != 503 {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		return a
	})
	if got := statuses(answers); got[201] != 1 || got[409] != 99 {
		t.Errorf("statuses %v; want 201 once and 409 for the rest", got)
	}
	if n := w.count("SELECT count(*) FROM users"); n != 1 {
		t.Errorf("%d users, want 1", n)
	}

	// With verification nothing says that the address is taken, and the mailed codes make one user.
	pending := together(scaled(20, 100), func(i int) answer {
		return ask(replicas[i%3].api().signup(spelled[i%4], password))
	})
	for _, a := range pending {
		if a.Status != 200 && a.Status != 503 {
			t.Errorf("sign-up: %s, want a challenge", a)
		}
	}
	if n := w.count("SELECT count(*) FROM users"); n != 1 {
		t.Errorf("%d users before any code was answered, want 1", n)
	}
}

// RAC-02.
func TestParallelCreationsOfOneSlugMakeOneTenant(t *testing.T) {
	w := newWorld(t)
	failures := together(scaled(20, 100), func(int) error {
		_, err := w.try("tenant", "create", "globex")
		return err
	})
	made := 0
	for _, err := range failures {
		if err == nil {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d commands made the tenant, want 1; %v", made, failures)
	}
	if n := w.count("SELECT count(*) FROM tenants WHERE slug = 'globex'"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	if n := w.count("SELECT count(*) FROM data_keys k LEFT JOIN tenants t ON t.id = k.tenant_id WHERE t.id IS NULL"); n != 0 {
		t.Errorf("%d data keys of no tenant", n)
	}
}

type keyList struct {
	Keys []struct {
		Kid, Status string
	} `json:"keys"`
}

func (l keyList) with(status string) (kids []string) {
	for _, k := range l.Keys {
		if k.Status == status {
			kids = append(kids, k.Kid)
		}
	}
	return kids
}

// KEY-05.
func TestTenParallelRotationsLeaveOneActiveKeyAndReplicasSignWithPublishedOnes(t *testing.T) {
	w, replicas := cluster(t)
	in := w.signUp(replicas[0].api(), "ann@x.test")
	before := cliJSON[keyList](w, "keys", "list", tenant)
	failures := together(10, func(int) error {
		_, err := w.try("keys", "rotate", tenant, "--compromised")
		return err
	})
	rotated := 0
	for _, err := range failures {
		if err == nil {
			rotated++
		}
	}
	after := cliJSON[keyList](w, "keys", "list", tenant)
	active := after.with("active")
	if rotated == 0 || len(active) != 1 || len(after.with("next")) != 1 || active[0] == before.with("active")[0] {
		t.Fatalf("%d rotations succeeded; keys %+v before, %+v after; want one new active key and one next", rotated, before, after)
	}
	time.Sleep(time.Second) // what a replica may still know of the old keys
	refresh := in.RefreshToken
	for i, r := range replicas {
		if a := ask(r.api().me(in.AccessToken)); a.Status != 401 {
			t.Errorf("replica %d takes a token of the compromised key: %s", i, a)
		}
		a := expect(t, 200)(r.api().refresh(refresh))
		refresh = a.RefreshToken
		if kid := kidOf(t, a.AccessToken); kid != active[0] {
			t.Errorf("replica %d signs with %s, want %s", i, kid, active[0])
		}
		if published := jwksOf(t, r); !published[active[0]] || published[before.with("active")[0]] {
			t.Errorf("replica %d publishes %v", i, published)
		}
		for j, other := range replicas {
			if got := ask(other.api().me(a.AccessToken)); got.Status != 200 {
				t.Errorf("replica %d refuses what %d signed: %s", j, i, got)
			}
		}
	}
}
