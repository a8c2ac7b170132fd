package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a tenantgate of its own.
type process struct {
	*exec.Cmd
	line   started
	rest   chan string // what follows the first line of stdout
	stderr bytes.Buffer
}

var anyPort = []string{"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"}

// launch starts tenantgate in dir and reads the line that says where it listens.
func launch(t *testing.T, dir string, env []string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("tenantgate", append(args, anyPort...)...), rest: make(chan string, 1)}
	p.Dir, p.Env, p.Stderr = dir, environ(env...), &p.stderr
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	out := bufio.NewReader(stdout)
	first, err := out.ReadString('\n')
	if err != nil {
		_ = p.Wait()
		t.Fatalf("no line at start: %v\n%s", err, p.stderr.String())
	}
	if err := json.Unmarshal([]byte(first), &p.line); err != nil {
		t.Fatalf("first line %q: %v", first, err)
	}
	go func() {
		rest, _ := io.ReadAll(out)
		p.rest <- string(rest)
	}()
	return p
}

// stop tells the process to stop and returns the rest of its output.
func (p *process) stop(t *testing.T) string {
	t.Helper()
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest := <-p.rest
	if err := p.Wait(); err != nil {
		t.Fatalf("after SIGTERM: %v\n%s", err, p.stderr.String())
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("stopping took %s", took)
	}
	return rest
}

func (p *process) get(t *testing.T, listener, path string) (int, string) {
	t.Helper()
	answer, err := http.Get("http://" + p.line.Listening[listener] + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestServeSaysWhereItListensAndIsReadyAndStopsCleanly(t *testing.T) {
	t.Parallel()
	key := newKey()
	p := launch(t, t.TempDir(), []string{"TENANTGATE_MASTER_KEYS=k1:" + key}, "serve")
	for _, listener := range []string{"public", "admin", "metrics"} {
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, body := p.get(t, listener, path); status != http.StatusOK {
				t.Errorf("%s of %s: %d %s", path, listener, status, body)
			}
		}
	}
	if status, body := p.get(t, "metrics", "/metrics"); status != http.StatusOK || !strings.Contains(body, "tenantgate_build_info") {
		t.Errorf("/metrics: %d", status)
	}
	if status, _ := p.get(t, "public", "/dev/mailbox"); status != http.StatusNotFound {
		t.Errorf("serve has a mailbox: %d", status)
	}
	port := p.line.Listening["public"][strings.LastIndexByte(p.line.Listening["public"], ':'):]
	if want := "http://localhost" + port; p.line.PublicURL != want {
		t.Errorf("public URL %s, want %s", p.line.PublicURL, want)
	}
	if rest := p.stop(t); rest != "" {
		t.Errorf("more than one line on stdout: %q", rest)
	}
	if strings.Contains(p.stderr.String(), key) {
		t.Error("the log holds the master key")
	}
}

func TestDevPrintsACurlThatSignsInAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl")
	}
	dir := t.TempDir()
	p := launch(t, dir, nil, "dev")
	if status, body := p.get(t, "public", "/readyz"); status != http.StatusOK {
		t.Fatalf("/readyz: %d %s", status, body)
	}
	if status, body := p.get(t, "public", "/dev/mailbox.json"); status != http.StatusOK || !strings.Contains(body, `"mails":[]`) {
		t.Errorf("mailbox: %d %s", status, body)
	}
	first := p.line.PublicURL
	if rest := p.stop(t); rest != "" {
		t.Errorf("a pipe gets more than one line: %q", rest)
	}
	if strings.Contains(p.stderr.String(), "issuer") {
		t.Errorf("a fresh tenant is warned of:\n%s", p.stderr.String())
	}

	p = launch(t, dir, nil, "dev")
	var welcome strings.Builder
	p.line.Demo.welcome(&welcome)
	_, command, found := strings.Cut(welcome.String(), "Sign in:\n\n  curl ")
	if !found || strings.Contains(welcome.String(), "issuer") {
		t.Fatalf("the welcome is %q", welcome.String())
	}
	out, err := exec.Command("sh", "-c", "curl "+command).Output()
	if err != nil || !strings.Contains(string(out), `"status":"signed_in"`) {
		t.Errorf("curl answered %q, %v", out, err)
	}
	p.stop(t)
	// The tenant was made under another port.
	if !strings.Contains(p.stderr.String(), "--public-url "+first+" would match") {
		t.Errorf("the issuer of the first run is not warned of:\n%s", p.stderr.String())
	}
}

func TestTheWelcomeWarnsOfAnIssuerOfAnotherURL(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	(&demo{issuer: "http://localhost:8080/t/acme", fits: "http://localhost:8080"}).welcome(&b)
	for _, want := range []string{"issuer http://localhost:8080/t/acme.", "--public-url http://localhost:8080 would match"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in %s", want, b.String())
		}
	}
}

func TestServeWarnsOfIssuersOfAnotherPublicURL(t *testing.T) {
	t.Parallel()
	dir, env := t.TempDir(), []string{"TENANTGATE_MASTER_KEYS=k1:" + newKey(), "TENANTGATE_PUBLIC_URL=https://a.example.com"}
	p := launch(t, dir, env, "serve")
	p.stop(t)
	if strings.Contains(p.stderr.String(), "issuer") {
		t.Errorf("a fresh database is warned of:\n%s", p.stderr.String())
	}
	p = launch(t, dir, append(env, "TENANTGATE_PUBLIC_URL=https://b.example.com"), "serve")
	p.stop(t)
	for _, want := range []string{`"issuer":"https://a.example.com/t/tenantgate"`, "--public-url https://a.example.com would match"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("%q is missing in the log:\n%s", want, p.stderr.String())
		}
	}
}

func TestATakenPortIsSaidWithItsFix(t *testing.T) {
	t.Parallel()
	env := []string{"TENANTGATE_MASTER_KEYS=k1:" + newKey()}
	p := launch(t, t.TempDir(), env, "serve")
	defer p.stop(t)
	second := exec.Command("tenantgate", "serve", "--listen", p.line.Listening["public"], "--admin-listen", "off", "--metrics-listen", "off")
	second.Dir, second.Env = t.TempDir(), environ(env...)
	out, err := second.CombinedOutput()
	if second.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "address already in use") ||
		!strings.Contains(string(out), "fix: stop what listens there") {
		t.Errorf("got %v, %s", err, out)
	}
}
