package e2e

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// OPS-10.
func TestAReplicaToldToStopTurnsUnreadyFinishesWhatItHasAndIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	staying, leaving := w.start(), w.start()
	w.signUp(staying.api(), "ann@x.test")
	w.cli("tenant", "set", tenant, "abuse.account_failures=0")
	eventually(t, 5*time.Second, "the setting is known", func() bool {
		return ask(leaving.api().login("ann@x.test", password)).Status == 200
	})

	var broken, served, late atomic.Int64
	var stopping, unready atomic.Bool
	stop := make(chan struct{})
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				begunWhileReady := !unready.Load()
				a, err := leaving.api().login("ann@x.test", password)
				switch {
				case err == nil && a.Status == 200:
					served.Add(1)
					if stopping.Load() {
						late.Add(1)
					}
				case refusedToConnect(err) && stopping.Load():
					return // the listener is closed: a balancer goes elsewhere
				case begunWhileReady || err == nil:
					broken.Add(1)
					t.Logf("a request under way at the stop: %s, %v", a, err)
				}
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	seen := make(chan bool, 1)
	go func() {
		for {
			status, _, err := leaving.ready()
			if err != nil {
				seen <- false
				return
			}
			if status == http.StatusServiceUnavailable {
				unready.Store(true)
				seen <- true
				return
			}
		}
	}()
	stopping.Store(true)
	took, code, err := leaving.stop(40 * time.Second)
	close(stop)
	running.Wait()
	if !<-seen {
		t.Error("readiness did not turn before the listener was closed")
	}
	if err != nil || code != 0 || took > 30*time.Second {
		t.Errorf("stopped in %s with exit code %d, %v; want 0 within 30 s", took, code, err)
	}
	if broken.Load() > 0 || served.Load() == 0 || late.Load() == 0 {
		t.Errorf("%d requests broken, %d served, %d of them after the signal", broken.Load(), served.Load(), late.Load())
	}
	// What it left behind the other takes over.
	asked := expect(t, 200)(staying.api().signup("bob@x.test", password))
	if a := ask(staying.api().answerCode(asked.Challenge.ID, w.code("bob@x.test"))); a.AccessToken == "" {
		t.Errorf("sign-up at the one that stays: %s", a)
	}
}

func refusedToConnect(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// INP-02.
func TestConnectionsThatDripAreClosedAndHarmNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start()
	in := w.signUp(r.api(), "ann@x.test")
	address := strings.TrimPrefix(r.url, "http://")
	const header = "POST /t/acme/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n"
	n := scaled(50, 500)
	closed := make(chan time.Duration, n)
	begin := time.Now()
	for i := range n {
		conn := must(net.Dial("tcp", address))(t)
		t.Cleanup(func() { _ = conn.Close() })
		first, drop := header, "X-Slow: 1\r\n"
		if i%2 == 0 {
			first, drop = header+"\r\n{", " "
		}
		go func() {
			_, _ = io.WriteString(conn, first)
			for range 60 {
				time.Sleep(500 * time.Millisecond)
				if _, err := io.WriteString(conn, drop); err != nil {
					break
				}
			}
		}()
		go func() {
			_ = conn.SetReadDeadline(begin.Add(40 * time.Second))
			_, err := io.Copy(io.Discard, conn)
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				closed <- time.Hour
				return
			}
			closed <- time.Since(begin)
		}()
	}
	slowest := time.Duration(0)
	for range 20 {
		a := expect(t, 200)(r.api().me(in.AccessToken))
		slowest = max(slowest, a.Took)
		expect(t, 200)(r.api().login("ann@x.test", password))
		time.Sleep(50 * time.Millisecond)
	}
	if slowest > 2*time.Second {
		t.Errorf("a session check beside them took %s", slowest)
	}
	latest := time.Duration(0)
	for range n {
		latest = max(latest, <-closed)
	}
	if latest > 25*time.Second {
		t.Errorf("the last of them was open for %s", latest)
	}
	t.Logf("all of them were closed within %s", latest)
}
