// Package testenv gives tests real surroundings: private Postgres and Redis servers, a fresh database for each test,
// a TCP proxy that injects faults. The command withservices runs a whole test suite inside such surroundings.
//
// It knows nothing of Tenantgate's schema or settings, and nothing outside tests may import it.
package testenv

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
)

// What withservices sets for the command that it runs.
const (
	PostgresEnv = "TENANTGATE_TEST_POSTGRES_URL" // a server on which databases may be made and dropped
	RedisEnv    = "TENANTGATE_TEST_REDIS_URL"
	AllEnv      = "TENANTGATE_TEST_ALL" // "1": a test that lacks a service fails instead of being skipped
)

// Redis returns the URL of the Redis server of this run. All tests share it, so keys need a part of their own. Without
// a server the test is skipped, and fails where TENANTGATE_TEST_ALL=1.
func Redis(t testing.TB) string {
	t.Helper()
	return service(t, RedisEnv, "Redis")
}

func service(t testing.TB, env, name string) string {
	t.Helper()
	if url := os.Getenv(env); url != "" {
		return url
	}
	if os.Getenv(AllEnv) == "1" {
		t.Fatalf("%s=1, yet %s names no %s", AllEnv, env, name)
	}
	t.Skipf("needs %s: run make test", name)
	return ""
}

// Ports are taken from below the range that systems give to outgoing connections, so that none of these can occupy a
// port while its server is down.
const (
	firstPort = 20000
	lastPort  = 32000
)

// FreePort returns a TCP port of the loopback interface on which nobody listens. It panics when it finds none.
func FreePort() int {
	l := listen()
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	// A process that is being forked right now still holds the socket. Forks hold this lock until they no longer do.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return port
}

// listen listens on a free port.
func listen() net.Listener {
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort))
		if err != nil {
			panic(fmt.Sprintf("testenv: choose a port: %v", err))
		}
		if l, err := net.Listen("tcp", loopback(firstPort+int(n.Int64()))); err == nil {
			return l
		}
	}
	panic("testenv: no free port on the loopback interface")
}

func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
