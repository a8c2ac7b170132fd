package testenv

import (
	"bufio"
	"net"
	"os/exec"
	"strings"
	"testing"
)

func startRedis(t *testing.T, args ...string) *RedisServer {
	t.Helper()
	_, err := exec.LookPath("redis-server")
	own(t, "Redis", err)
	r, err := StartRedis(t.Context(), t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

// ask sends one command of words without spaces and returns the answer's lines, as many as asked for.
func ask(t *testing.T, addr, command string, lines int) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		t.Fatal(err)
	}
	var answer []string
	in := bufio.NewReader(conn)
	for range lines {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		answer = append(answer, strings.TrimSpace(line))
	}
	return strings.Join(answer, " ")
}

func TestRedisForgetsUnlessItsArgumentsSayOtherwise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"default", nil, "$-1"},
		{"append only file", []string{"--appendonly", "yes", "--appendfsync", "always"}, "$5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := startRedis(t, c.args...)
			addr := r.Addr()
			if got := ask(t, addr, "SET kept value", 1); got != "+OK" {
				t.Fatalf("SET: %s", got)
			}
			r.Kill()
			if r.PID() != 0 {
				t.Fatal("the server has a process id though it is down")
			}
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			if got := ask(t, addr, "GET kept", 1); got != c.want {
				t.Errorf("GET after a kill: %s, want %s", got, c.want)
			}
			if _, err := r.CPU(); err != nil {
				t.Error(err)
			}
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
			if err := r.Stop(); err != nil {
				t.Errorf("stop a server that is down: %v", err)
			}
		})
	}
}

func TestTheRedisOfTheRunAnswers(t *testing.T) {
	t.Parallel()
	url := Redis(t)
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "redis://"), "/0")
	if got := ask(t, addr, "PING", 1); got != "+PONG" {
		t.Errorf("PING: %s", got)
	}
}
