package main

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be tenantgate itself, for scripts and for tests that start servers.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tenantgate": main})
}

func newKey() string {
	var key [32]byte
	_, _ = rand.Read(key[:])
	return base64.StdEncoding.EncodeToString(key[:])
}

// TestScripts runs testdata/script. Each script has a folder of its own, a master key, and no other settings.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			key := newKey()
			env.Setenv("KEY", key)
			env.Setenv("OTHER_KEY", newKey())
			env.Setenv("TENANTGATE_MASTER_KEYS", "k1:"+key)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "setmigration": setMigration, "setdeleting": setDeleting,
		},
		RequireUniqueNames: true,
	})
}

// exits runs tenantgate and compares its exit code: exits CODE ARGUMENTS…
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("tenantgate", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("tenantgate %s: exit code %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
	secretsHidden(ts)
}

var keyShape = regexp.MustCompile(`[A-Za-z0-9+/]{43}=`)

// secretsHidden fails where the last command printed a master key or the password that scripts use.
func secretsHidden(ts *testscript.TestScript) {
	for _, name := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(name)
		if strings.Contains(text, ts.Getenv("KEY")) || keyShape.MatchString(text) {
			ts.Fatalf("%s holds a master key", name)
		}
		if strings.Contains(text, "hunter2") {
			ts.Fatalf("%s holds a password", name)
		}
	}
}

func environ(extra ...string) []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TENANTGATE_") && !strings.HasPrefix(v, "OTEL_") {
			out = append(out, v)
		}
	}
	return append(out, extra...)
}
