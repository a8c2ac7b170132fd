package testenv

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RedisServer is a private server on a free loopback port. Unless its arguments say otherwise it keeps nothing on disk.
type RedisServer struct {
	process
	port int
}

// StartRedis starts a server that works in dir, which must exist. Arguments follow ours, and so win over them. ctx bounds
// the start only: end the server with Stop or Kill.
func StartRedis(ctx context.Context, dir string, args ...string) (*RedisServer, error) {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("start Redis: it is not installed: run make setup")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	r := &RedisServer{port: FreePort()}
	args = append([]string{
		"--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--dir", dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no",
	}, args...)
	r.process = process{
		name: "Redis",
		log:  filepath.Join(dir, "redis.log"),
		command: func() *exec.Cmd {
			cmd := exec.Command(server, args...)
			cmd.Dir, cmd.SysProcAttr = dir, detached(nil)
			return cmd
		},
		ready: r.answers,
	}
	return r, r.start(ctx)
}

// answers speaks the protocol by hand, so that this package needs no client.
func (r *RedisServer) answers(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", r.Addr())
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	// -LOADING means that it still reads its files. A password, if the arguments set one, is no reason to wait.
	if strings.HasPrefix(line, "+PONG") || strings.HasPrefix(line, "-NOAUTH") {
		return nil
	}
	return fmt.Errorf("answer to PING: %s", strings.TrimSpace(line))
}

// URL names database 0 of the server.
func (r *RedisServer) URL() string { return "redis://" + r.Addr() + "/0" }

// Addr is the address on which the server listens, host:port.
func (r *RedisServer) Addr() string { return loopback(r.port) }

// Start starts a server that was stopped or killed: same folder, same port.
func (r *RedisServer) Start() error { return r.start(context.Background()) }

// Stop ends the server and returns once it is gone. It is no error when it was down.
func (r *RedisServer) Stop() error { return r.signal(syscall.SIGTERM) }

// Kill ends the server without warning and returns once it is gone.
func (r *RedisServer) Kill() { r.kill() }

// PID is the process id of the server, 0 while it is down.
func (r *RedisServer) PID() int { return r.pid() }

// CPU is the user and system time that the server has used since its last start, in steps of 10 ms.
func (r *RedisServer) CPU() (time.Duration, error) { return r.cpu() }

// Log returns the end of what the server wrote.
func (r *RedisServer) Log() string { return tail(r.log) }
