package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// fenced is a fenced block of a Markdown text.
type fenced struct {
	line     int // of its opening fence, from 1
	language string
	body     string
	remark   string // of the comment right above, such as "not run: it keeps running"
}

var (
	fence   = regexp.MustCompile("^```([a-z]*)$")
	comment = regexp.MustCompile(`^<!-- ((?:not run|not drawn): \S.*) -->$`)
)

// notRun says that a block only shows something.
func (b fenced) notRun() bool { return strings.HasPrefix(b.remark, "not run: ") }

// fences reads the blocks of a Markdown text that name their language.
func fences(text string) (found []fenced) {
	open, remark := false, ""
	var b fenced
	var body []string
	for i, line := range strings.Split(text, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case !open && m != nil && m[1] != "":
			open, b, body = true, fenced{line: i + 1, language: m[1], remark: remark}, nil
		case open && m != nil:
			b.body = strings.Join(body, "\n")
			found = append(found, b)
			open, remark = false, ""
		case open:
			body = append(body, line)
		case comment.MatchString(line):
			remark = comment.FindStringSubmatch(line)[1]
		case strings.TrimSpace(line) != "":
			remark = ""
		}
	}
	return found
}

// desk is where a reader sits: a server that `make dev` would have started, and a clone whose binary is built.
type desk struct {
	dev  *replica
	dir  string
	env  []string
	port string // that commands use for the text's 8080
}

// newDesk starts the server. base, where given, is the URL that commands reach it by.
func newDesk(t *testing.T, base string) *desk {
	t.Helper()
	return deskOf(t, must(plainBinary())(t), base)
}

// deskOf is newDesk with another binary, and more in the environment.
func deskOf(t *testing.T, binary, base string, env ...string) *desk {
	t.Helper()
	d := &desk{dir: t.TempDir()}
	if err := os.Mkdir(filepath.Join(d.dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(d.dir, "bin", "tenantgate")); err != nil {
		t.Fatal(err)
	}
	// Another port than the text's, which a developer's own server may have.
	listen := fmt.Sprintf("127.0.0.1:%d", testenv.FreePort())
	d.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir,
		"TENANTGATE_LISTEN=" + listen, "TENANTGATE_ADMIN_LISTEN=off", "TENANTGATE_METRICS_LISTEN=127.0.0.1:0",
	}
	if base == "" {
		base = listen
	} else {
		d.env = append(d.env, "TENANTGATE_PUBLIC_URL="+base)
	}
	d.port = base[strings.LastIndex(base, ":")+1:]
	d.env = append(d.env, env...)
	d.dev = &replica{
		t: t, binary: "bin/tenantgate", args: []string{"dev"}, env: d.env, dir: d.dir,
		url: "http://" + listen, log: &logBook{},
	}
	t.Cleanup(d.dev.kill)
	if err := d.dev.start(); err != nil {
		t.Fatal(err)
	}
	return d
}

const mark = "=== block "

// run runs blocks in order, in one shell that ends at the first failure, and returns what each printed. before, where given,
// is a command that precedes each.
func (d *desk) run(t *testing.T, blocks []fenced, before func(int) string) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString("set -eu -o pipefail\n")
	for i, b := range blocks {
		fmt.Fprintf(&script, "echo; echo '%sat line %d'\n", mark, b.line)
		if before != nil {
			script.WriteString(before(i) + "\n")
		}
		script.WriteString(strings.ReplaceAll(b.body, "localhost:8080", "localhost:"+d.port) + "\n")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script.String())
	cmd.Dir, cmd.Env = d.dir, d.env
	out, err := cmd.CombinedOutput()
	parts := strings.Split(string(out), "\n"+mark)[1:]
	if err != nil || len(parts) != len(blocks) {
		t.Fatalf("the commands fail: %v\n%s\nlog:\n%s", err, out, d.dev.log.tail())
	}
	for i := range parts {
		_, parts[i], _ = strings.Cut(parts[i], "\n")
		if strings.Contains(parts[i], "curl: (") {
			t.Errorf("line %d: the commands get no answer:\n%s", blocks[i].line, parts[i])
		}
	}
	return parts
}
