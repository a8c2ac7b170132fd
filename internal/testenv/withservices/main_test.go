package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// TestMain lets the test binary be the command itself.
func TestMain(m *testing.M) {
	if os.Getenv("TENANTGATE_TEST_AS_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// withservices runs the command around a shell script. The temporary folder is its own, so that leftovers show.
func withservices(t *testing.T, script string) (out string, code int) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv(testenv.AllEnv) == "1" {
			t.Fatal(err)
		}
		t.Skip("needs Postgres and Redis: run make test")
	}
	temp := t.TempDir()
	// A temporary directory is open to other users, a test's is not.
	if err := os.Chmod(filepath.Dir(temp), 0o711); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "--", "sh", "-c", script)
	cmd.Env = append(os.Environ(), "TENANTGATE_TEST_AS_MAIN=1", "TMPDIR="+temp)
	var all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &all, &all
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	return all.String(), cmd.ProcessState.ExitCode()
}

func TestTheCommandSeesTheServersAndGivesTheExitCode(t *testing.T) {
	t.Parallel()
	out, code := withservices(t, `echo "$TENANTGATE_TEST_POSTGRES_URL $TENANTGATE_TEST_REDIS_URL $TENANTGATE_TEST_ALL"; exit 7`)
	if code != 7 {
		t.Errorf("exit code %d, want the command's 7; output:\n%s", code, out)
	}
	for _, want := range []string{"postgres://postgres@127.0.0.1:", "redis://127.0.0.1:", " 1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the command does not see %q in its environment: %s", want, out)
		}
	}
}

func TestASignalReachesTheCommandAndStillCleansUp(t *testing.T) {
	t.Parallel()
	// The shell asks its parent to stop, and waits for the signal to come back.
	out, code := withservices(t, `trap 'echo told; exit 3' TERM; kill -TERM $PPID; while :; do sleep 0.05; done`)
	if code != 3 || !strings.Contains(out, "told") {
		t.Errorf("exit code %d, want 3; output:\n%s", code, out)
	}
}

func TestADeathBySignalIsAnExitCodeAsInAShell(t *testing.T) {
	t.Parallel()
	if out, code := withservices(t, `kill -KILL $$`); code != 137 {
		t.Errorf("exit code %d, want 137; output:\n%s", code, out)
	}
}
