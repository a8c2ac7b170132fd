// Command withservices runs a command with private Postgres and Redis servers:
//
//	withservices -- go test ./...
//
// The servers live in a temporary folder, on free ports, as long as the command runs. It finds them in
// TENANTGATE_TEST_POSTGRES_URL and TENANTGATE_TEST_REDIS_URL, and TENANTGATE_TEST_ALL=1 forbids its tests to skip.
// The exit code is the command's, 128 and the signal's number where a signal ended it, 125 where the servers failed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// troubled is the exit code of our own failures, as env and timeout have it.
const troubled = 125

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withservices -- COMMAND [ARGUMENT]…")
		os.Exit(2)
	}
	// Caught from the start, so that no signal leaves a server or a folder behind.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	code, err := run(signals, args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withservices:", err)
		if code == 0 {
			code = troubled
		}
	}
	os.Exit(code)
}

func run(signals <-chan os.Signal, args []string) (code int, err error) {
	folder, err := os.MkdirTemp("", "tenantgate-test-")
	if err != nil {
		return troubled, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	ctx := context.Background()
	dirs := [2]string{filepath.Join(folder, "postgres"), filepath.Join(folder, "redis")}
	for _, dir := range dirs {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return troubled, fmt.Errorf("make a folder: %w", err)
		}
	}
	// Nothing here outlives the run, so durability would only cost time.
	postgres, err := testenv.StartPostgres(ctx, dirs[0], "fsync=off", "full_page_writes=off")
	if err != nil {
		return troubled, err
	}
	defer func() { err = errors.Join(err, postgres.Stop(testenv.Immediate)) }()
	redis, err := testenv.StartRedis(ctx, dirs[1])
	if err != nil {
		return troubled, err
	}
	defer func() { err = errors.Join(err, redis.Stop()) }()

	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		testenv.PostgresEnv+"="+postgres.URL(),
		testenv.RedisEnv+"="+redis.URL(),
		testenv.AllEnv+"=1",
	)
	if err := cmd.Start(); err != nil {
		return troubled, fmt.Errorf("run the command: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may have ended just now
		case err := <-done:
			return exitCode(err)
		}
	}
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if err != nil {
			return troubled, fmt.Errorf("wait for the command: %w", err)
		}
		return 0, nil
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal()), nil
	}
	return exit.ExitCode(), nil
}
