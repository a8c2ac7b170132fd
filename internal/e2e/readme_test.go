package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// block is a command of the README with the output that it shows, if any.
type block struct {
	line    int
	script  string
	skipped bool
	shown   string
}

var (
	fence  = regexp.MustCompile("^```([a-z]*)$")
	notRun = regexp.MustCompile(`^<!-- not run: \S.* -->$`)
)

// blocks reads the bash blocks of a Markdown text. One below <!-- not run: reason --> is skipped; a json block belongs to
// the bash block before it.
func blocks(text string) (found []block) {
	kind, start, skip := "", 0, false
	var body []string
	for i, line := range strings.Split(text, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case kind == "" && m != nil && m[1] != "":
			kind, start, body = m[1], i+1, nil
		case kind == "" && notRun.MatchString(line):
			skip = true
		case kind != "" && m != nil:
			if kind == "bash" {
				found = append(found, block{line: start, script: strings.Join(body, "\n"), skipped: skip})
			} else if kind == "json" && len(found) > 0 {
				found[len(found)-1].shown = strings.Join(body, "\n")
			}
			kind, skip = "", false
		case kind != "":
			body = append(body, line)
		case strings.TrimSpace(line) != "":
			skip = false
		}
	}
	return found
}

// The README says what works: its commands are run, in order, in one shell, against what `make dev` starts.
func TestREADME(t *testing.T) {
	t.Parallel()
	text := string(must(os.ReadFile(filepath.Join(repository(), "README.md")))(t))
	binary := must(plainBinary())(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(dir, "bin", "tenantgate")); err != nil {
		t.Fatal(err)
	}
	// Another port than the README's, which a developer's own server may have.
	port := fmt.Sprint(testenv.FreePort())
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir,
		"TENANTGATE_LISTEN=127.0.0.1:" + port, "TENANTGATE_ADMIN_LISTEN=off", "TENANTGATE_METRICS_LISTEN=127.0.0.1:0",
	}
	dev := &replica{
		t: t, binary: "bin/tenantgate", args: []string{"dev"}, env: env, dir: dir,
		url: "http://127.0.0.1:" + port, log: &logBook{},
	}
	t.Cleanup(dev.kill)
	if err := dev.start(); err != nil {
		t.Fatal(err)
	}

	const mark = "=== block "
	var script strings.Builder
	var ran []block
	script.WriteString("set -eu -o pipefail\n")
	for _, b := range blocks(text) {
		if b.skipped {
			continue
		}
		fmt.Fprintf(&script, "echo; echo '%s%d'\n%s\n", mark, len(ran), strings.ReplaceAll(b.script, "localhost:8080", "localhost:"+port))
		ran = append(ran, b)
	}
	if len(ran) < 3 {
		t.Fatalf("the README has %d blocks to run", len(ran))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script.String())
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	parts := strings.Split(string(out), "\n"+mark)[1:]
	if err != nil || len(parts) != len(ran) {
		t.Fatalf("the README's commands fail: %v\n%s\nlog:\n%s", err, out, dev.log.tail())
	}
	for i, b := range ran {
		_, got, _ := strings.Cut(parts[i], "\n")
		if strings.Contains(got, "/problems/") || strings.Contains(got, "curl: (") {
			t.Errorf("README.md:%d: the commands get an error:\n%s", b.line, got)
		}
		if b.shown != "" {
			compare(t, b, strings.TrimSpace(got))
		}
	}
}

// compare checks that an output has the members that the README shows.
func compare(t *testing.T, b block, got string) {
	t.Helper()
	var shown, come any
	if err := json.Unmarshal([]byte(b.shown), &shown); err != nil {
		t.Errorf("README.md:%d: the output that is shown is no JSON: %v", b.line, err)
		return
	}
	if err := json.Unmarshal([]byte(got), &come); err != nil {
		t.Errorf("README.md:%d: the output is no JSON: %v\n%s", b.line, err, got)
		return
	}
	want, have := shape(shown, ""), shape(come, "")
	if !slices.Equal(want, have) {
		t.Errorf("README.md:%d shows other members than come:\n shown %v\n come  %v", b.line, want, have)
	}
}

// shape lists the members of a document, with those of the first element of lists.
func shape(v any, path string) (out []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			out = append(out, path+"."+name)
			out = append(out, shape(inner, path+"."+name)...)
		}
	case []any:
		if len(v) > 0 {
			out = shape(v[0], path+"[]")
		}
	}
	slices.Sort(out)
	return out
}
