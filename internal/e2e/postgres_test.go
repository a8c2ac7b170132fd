package e2e

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// OPS-03.
func TestAStoppedDatabaseIsAnsweredWith503AndRecoveredFromByItself(t *testing.T) {
	t.Parallel()
	postgres := ownPostgres(t)
	w := newWorld(t, onDatabase(postgres.URL(), ""))
	replicas := w.startAll(2)
	in := w.signUp(replicas[0].api(), "ann@x.test")
	j, stop := load(w, replicas, 3)
	watched := watch(replicas, in.AccessToken)
	time.Sleep(3 * time.Second)

	if err := postgres.Stop(testenv.Immediate); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // what a cache may still answer
	outage := time.Now()
	for time.Since(outage) < scaled(13*time.Second, 20*time.Second) {
		for name, got := range map[string]answer{
			"me":          ask(replicas[0].api().me(in.AccessToken)),
			"refresh":     ask(replicas[1].api().refresh(in.RefreshToken)),
			"log-in":      ask(replicas[0].api().login("ann@x.test", password)),
			"other token": ask(replicas[1].tenant("nobody").me(in.AccessToken)),
		} {
			if got.Status != 503 || got.Header.Get("Retry-After") == "" {
				t.Errorf("%s during the outage: %s, want 503 with Retry-After", name, got)
			}
			if got.Took > 5*time.Second {
				t.Errorf("%s during the outage took %s", name, got.Took)
			}
		}
		if status, r, err := replicas[0].ready(); err != nil || status != 503 || r.Ready {
			t.Errorf("readiness during the outage: %d %+v %v", status, r, err)
		}
		time.Sleep(500 * time.Millisecond)
	}

	if err := postgres.Start(); err != nil {
		t.Fatal(err)
	}
	took := eventually(t, 10*time.Second, "all is well again", func() bool {
		for _, r := range replicas {
			if status, _, err := r.ready(); err != nil || status != 200 {
				return false
			}
			if ask(r.api().me(in.AccessToken)).Status != 200 || ask(r.api().login("ann@x.test", password)).Status != 200 {
				return false
			}
		}
		return true
	})
	t.Logf("recovered in %s", took)
	time.Sleep(3 * time.Second)
	stop()
	for _, w := range watched() {
		t.Error("a session check under load: " + w)
	}
	j.verify(t, 5, 45*time.Second)
}

// watch checks a live session over and over. What it returns stops it and tells the answers that were neither 200 nor 503.
func watch(replicas []*replica, token string) func() []string {
	var wrong []string
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			a, err := replicas[i%len(replicas)].api().me(token)
			if err != nil || a.Status != 200 && a.Status != 503 {
				wrong = append(wrong, a.String())
			}
		}
	})
	return func() []string {
		close(stop)
		running.Wait()
		return wrong
	}
}

// bounded checks that each answer is a session or an honest refusal, in time, and counts the former.
func bounded(t *testing.T, got []answer) (ok int) {
	t.Helper()
	for _, a := range got {
		switch {
		case a.Took > 12*time.Second:
			t.Fatalf("answered after %s: %s", a.Took, a)
		case a.Status == 200:
			ok++
		case a.Status != 503 || a.Header.Get("Retry-After") == "":
			t.Fatalf("after %s: %s, want 200, or 503 with Retry-After", a.Took, a)
		}
	}
	return ok
}

// goroutines is a metric.
const goroutines = "go_goroutine_count"

// OPS-04.
func TestASlowDatabaseIsAnsweredSlowlyOrRefusedFastAndPilesNothingUp(t *testing.T) {
	t.Parallel()
	direct := testenv.Postgres(t)
	u := must(url.Parse(direct))(t)
	proxy := testenv.StartProxy(u.Host)
	t.Cleanup(func() { _ = proxy.Close() })
	host, port, _ := net.SplitHostPort(proxy.Addr())
	u.Host = net.JoinHostPort(host, port)
	w := newWorld(t, onDatabase(direct, u.String()))
	r := w.start()
	in := w.signUp(r.api(), "ann@x.test")
	idle := r.metric(goroutines)

	proxy.Delay(250 * time.Millisecond) // each way
	time.Sleep(1500 * time.Millisecond) // the caches are not confirmed any more
	stop := make(chan struct{})
	var mu sync.Mutex
	var got []answer
	var running sync.WaitGroup
	for range 24 { // fewer than the pool has connections
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a := ask(r.api().me(in.AccessToken))
				mu.Lock()
				got = append(got, a)
				mu.Unlock()
				if a.Status != 200 {
					time.Sleep(100 * time.Millisecond)
				}
			}
		})
	}
	most := 0.0
	for range scaled(18, 60) { // the metric is renewed every 15 s
		time.Sleep(time.Second)
		most = max(most, r.metric(goroutines))
	}
	close(stop)
	running.Wait()
	if grown := most - idle; grown > 1500 {
		t.Errorf("%.0f goroutines under load, %.0f before", most, idle)
	}
	ok := bounded(t, got)
	if ok < len(got)/2 {
		t.Errorf("a slow database served %d of %d", ok, len(got))
	}
	t.Logf("%d of %d served, goroutines %.0f before and %.0f at most", ok, len(got), idle, most)

	// More than may wait for the pool: those beyond are refused at once.
	burst := together(800, func(int) answer { return ask(r.api().me(in.AccessToken)) })
	bounded(t, burst)
	fast := 0
	for _, a := range burst {
		if a.Status == 503 && a.Took < 3*time.Second {
			fast++
		}
	}
	if fast == 0 {
		t.Error("of 800 at once none is refused fast")
	}
	t.Logf("of 800 at once %d were refused fast; statuses %v", fast, statuses(burst))

	proxy.Delay(3 * time.Second)
	eventually(t, 20*time.Second, "a database that does not answer in time ends the readiness", func() bool {
		status, _, err := r.ready()
		return err == nil && status == 503
	})
	proxy.Delay(0)
	eventually(t, 20*time.Second, "it is ready again", func() bool {
		status, _, err := r.ready()
		return err == nil && status == 200 && ask(r.api().me(in.AccessToken)).Status == 200
	})
	httpClient.CloseIdleConnections() // each has one at the server
	eventually(t, 40*time.Second, "the goroutines are gone", func() bool { return r.metric(goroutines) < idle+150 })
}
