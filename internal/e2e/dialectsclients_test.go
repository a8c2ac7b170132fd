package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// legacy is the tenant that speaks every dialect. `tenantgate dev` has it by itself.
const legacy = "legacy"

// wire is a dialect, as the clients of the system that it imitates know it.
type wire struct {
	name   string
	prefix string // what each installation of the original chose to have before the paths of its document
	script string // of the folder clients: a client written from that document alone
}

var wires = []wire{
	{"waanverse", "", "waanverse.py"},
	{"waanverse-magic", "", "waanverse_magic.py"},
	{"axor", "/api", "axor.py"},
	{"wolf", "/api", "wolf.py"},
	{"spaces", "", "spaces.py"},
}

// base is what its clients are told instead of the original's address.
func (w wire) base(server, slug string) string {
	return server + "/t/" + slug + "/dialects/" + w.name + w.prefix
}

// clientLimit is how long a client may take. Each code of an authenticator app is good once, so clients wait for the next.
const clientLimit = 4 * time.Minute

// client is a program that runs.
type client struct {
	name string
	done chan struct{}
	out  bytes.Buffer // once done is closed
	err  error
}

// startClient starts a program of the folder clients.
func startClient(t *testing.T, name string, command ...string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), clientLimit)
	c := &client{name: name, done: make(chan struct{})}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = "clients"
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdout, cmd.Stderr = &c.out, &c.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	go func() {
		defer close(c.done)
		if c.err = cmd.Run(); ctx.Err() != nil {
			c.err = fmt.Errorf("it did not end within %s: %w", clientLimit, c.err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-c.done
	})
	return c
}

// wait waits for a client to end and returns what it printed.
func (c *client) wait() (string, error) {
	<-c.done
	return strings.TrimSpace(c.out.String()), c.err
}

// allSucceed makes a subtest of each client. They run all at once, and beside each other they mostly sleep: together they
// take one of the turns of sideBySide.
func allSucceed(t *testing.T, clients []*client) {
	t.Helper()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			if out, err := c.wait(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// startScripts starts the client of each dialect that is written in Python, with its standard library alone.
func startScripts(t *testing.T, server, slug, mailbox string) (all []*client) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		lacking(t, errors.New("python3 is not installed: run make setup"))
	}
	for _, w := range wires {
		all = append(all, startClient(t, w.name, python, w.script, w.base(server, slug), mailbox))
	}
	return all
}

// resolveLocalhost lets Node take every name below localhost for this machine, as browsers do; many systems do not.
var resolveLocalhost = "data:text/javascript," + url.PathEscape(`
	import dns from "node:dns";
	const lookup = dns.lookup;
	dns.lookup = (name, ...more) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...more);
`)

// startFrontend starts what a browser would run: cookies are kept by the rules of RFC 6265, and origin is where it came from.
func startFrontend(t *testing.T, name string, w wire, base, mailbox, origin string) *client {
	t.Helper()
	needsNode(t, "tough-cookie")
	return startClient(t, name, "node", "--import", resolveLocalhost, "frontend.mjs", w.name, base, mailbox, origin)
}

// needsNode skips where a package of the folder clients is not installed, unless nothing may be skipped.
func needsNode(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("clients", "node_modules", name)); err != nil {
		if os.Getenv(testenv.AllEnv) == "1" {
			t.Fatal("the npm clients are not installed: run make setup")
		}
		t.Skip("needs the npm clients: run make setup")
	}
}
