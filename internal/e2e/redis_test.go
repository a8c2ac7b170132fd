package e2e

import (
	"net"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// limited is a tenant whose addresses may do 20 things a minute.
const limited = "limited"

func logins(r *replica, n int) map[int]int {
	var all []answer
	for range n {
		all = append(all, ask(r.tenant(limited).login("nobody@x.test", password)))
	}
	return statuses(all)
}

// OPS-01.
func TestWithoutItsRedisTheServiceGoesOnAndEachReplicaKeepsTheLimits(t *testing.T) {
	t.Parallel()
	redis := ownRedis(t)
	w := newWorld(t)
	w.cli("tenant", "create", limited, "--set", "abuse.address=20/1m", "--set", "abuse.account_failures=0")
	replicas := w.startAll(2, "TENANTGATE_REDIS_URL="+redis.URL())
	in := w.signUp(replicas[0].api(), "ann@x.test")
	if _, r, _ := replicas[0].ready(); r.Degraded || r.Checks["redis"] != "ok" {
		t.Errorf("readiness with Redis: %+v", r)
	}
	redis.Kill()
	for _, r := range replicas {
		// A request notices the loss.
		if got := logins(r, 40); got[401] == 0 || got[401] > 20+2 || got[429] == 0 || got[401]+got[429] != 40 {
			t.Errorf("40 log-ins at %s: %v; want at most 20 evaluated, the rest 429", r.url, got)
		}
		eventually(t, 5*time.Second, "readiness says degraded, and ready", func() bool {
			status, ready, err := r.ready()
			return err == nil && status == 200 && ready.Ready && ready.Degraded && ready.Checks["redis"] == "degraded"
		})
		eventually(t, 5*time.Second, "the metric says degraded", func() bool {
			return r.metric("tenantgate_ephemeral_degraded") == 1
		})
		a := expect(t, 200)(r.api().login("ann@x.test", password))
		expect(t, 200)(r.api().me(a.AccessToken))
		in = expect(t, 200)(r.api().refresh(in.RefreshToken))
	}
	if err := redis.Start(); err != nil {
		t.Fatal(err)
	}
	for _, r := range replicas {
		eventually(t, 30*time.Second, "Redis is used again", func() bool {
			_, ready, err := r.ready()
			return err == nil && !ready.Degraded && r.metric("tenantgate_ephemeral_degraded") == 0
		})
		// An empty Redis gives nobody a fresh allowance: what was counted here still counts.
		if got := logins(r, 10); got[401] > 10/3+5 {
			t.Errorf("log-ins at %s once Redis is back: %v", r.url, got)
		}
	}
}

// OPS-02.
func TestForgettingRedisBringsNothingBack(t *testing.T) {
	t.Parallel()
	redis := ownRedis(t)
	w := newWorld(t)
	replicas := w.startAll(3, "TENANTGATE_REDIS_URL="+redis.URL())
	asked := expect(t, 200)(replicas[0].api().signup("ann@x.test", password))
	code := w.code("ann@x.test")
	first := ask(replicas[0].api().answerCode(asked.Challenge.ID, code))
	second := expect(t, 200)(replicas[1].api().refresh(first.RefreshToken))
	ended := expect(t, 200)(replicas[1].api().login("ann@x.test", password))
	expect(t, 204)(replicas[2].api().logout(ended.AccessToken))
	spent := expect(t, 200)(replicas[0].api().signup("bob@x.test", password))
	right := w.code("bob@x.test")
	for range 5 {
		expect(t, 401)(replicas[1].api().answerCode(spent.Challenge.ID, wrongCode(right)))
	}

	flushAll(t, redis)
	for _, r := range replicas {
		expect(t, 410)(r.api().answerCode(asked.Challenge.ID, code))
		expect(t, 410)(r.api().answerCode(spent.Challenge.ID, right))
		expect(t, 401)(r.api().refresh(ended.RefreshToken))
		expect(t, 401)(r.api().me(ended.AccessToken))
		expect(t, 200)(r.api().me(second.AccessToken))
	}
	expect(t, 200)(replicas[2].api().refresh(second.RefreshToken))
}

func flushAll(t *testing.T, redis *testenv.RedisServer) {
	t.Helper()
	conn := must(net.Dial("tcp", redis.Addr()))(t)
	defer conn.Close()
	if _, err := conn.Write([]byte("FLUSHALL\r\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 3)
	if _, err := conn.Read(answer); err != nil || string(answer) != "+OK" {
		t.Fatalf("FLUSHALL: %q, %v", answer, err)
	}
}
