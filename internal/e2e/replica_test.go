package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

const startLimit = 20 * time.Second

// replica is one server process. It can be killed and started again: same port, same settings.
type replica struct {
	t      testing.TB
	binary string
	args   []string
	env    []string
	dir    string
	url    string
	log    *logBook

	mu      sync.Mutex
	cmd     *exec.Cmd
	done    chan struct{}
	exit    error
	metrics string
	said    []byte // the line that says where it listens
}

// logBook keeps what the processes of a replica wrote.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) tail() string {
	s := l.String()
	return s[max(0, len(s)-4000):]
}

// start starts a replica and waits until it is ready.
func (w *world) start(env ...string) *replica {
	w.t.Helper()
	r := w.prepare(env...)
	if err := r.start(); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// prepare makes a replica that does not run yet.
func (w *world) prepare(env ...string) *replica {
	port := testenv.FreePort()
	listen := "127.0.0.1:" + strconv.Itoa(port)
	r := &replica{
		t: w.t, binary: w.binary, args: []string{"serve"}, dir: w.dir, url: "http://" + listen, log: &logBook{},
		env: append(append([]string{}, w.env...),
			append([]string{"TENANTGATE_LISTEN=" + listen, "TENANTGATE_METRICS_LISTEN=127.0.0.1:0"}, env...)...),
	}
	w.t.Cleanup(func() {
		r.kill()
		if w.t.Failed() {
			w.t.Logf("log of %s ends:\n%s", r.url, r.log.tail())
		}
	})
	return r
}

func (w *world) startAll(n int, env ...string) []*replica {
	w.t.Helper()
	var all []*replica
	for range n {
		all = append(all, w.start(env...))
	}
	return all
}

// start runs the process and waits for its readiness.
func (r *replica) start() error {
	if err := r.launch(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	for {
		if status, _, err := r.ready(); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-r.ended():
			return fmt.Errorf("%s ended at its start: %w\n%s", r.url, r.exit, r.log.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after %s\n%s", r.url, startLimit, r.log.tail())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// launch runs the process until it says where it listens.
func (r *replica) launch() error {
	cmd := exec.Command(r.binary, r.args...)
	cmd.Env, cmd.Dir, cmd.Stderr = r.env, r.dir, r.log
	// Should the tests die, their servers die with them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = write
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start a replica: %w", err)
	}
	_ = write.Close()
	done := make(chan struct{})
	r.mu.Lock()
	r.cmd, r.done = cmd, done
	r.mu.Unlock()
	go func() {
		r.exit = cmd.Wait()
		close(done)
	}()
	out := bufio.NewReader(read)
	line, err := out.ReadBytes('\n')
	r.said = line
	go func() {
		defer read.Close()
		_, _ = io.Copy(r.log, out)
	}()
	if err != nil {
		<-done
		return fmt.Errorf("a replica ended at its start: %w\n%s", r.exit, r.log.tail())
	}
	_, _ = r.log.Write(line)
	var said struct {
		Listening map[string]string `json:"listening"`
	}
	if err := json.Unmarshal(line, &said); err != nil {
		return fmt.Errorf("read the line that a replica prints at its start, %q: %w", line, err)
	}
	r.mu.Lock()
	r.metrics = said.Listening["metrics"]
	r.mu.Unlock()
	return nil
}

func (r *replica) ended() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done
}

func (r *replica) signal(s os.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cmd != nil {
		_ = r.cmd.Process.Signal(s) // it may have ended just now
	}
}

// kill ends the process without warning and returns once it is gone.
func (r *replica) kill() {
	r.signal(os.Kill)
	if done := r.ended(); done != nil {
		<-done
	}
}

// stop asks the process to end and returns how long that took and its exit code.
func (r *replica) stop(limit time.Duration) (time.Duration, int, error) {
	begin := time.Now()
	r.signal(syscall.SIGTERM)
	select {
	case <-r.ended():
	case <-time.After(limit):
		r.kill()
		return time.Since(begin), -1, errors.New("it did not end by itself")
	}
	return time.Since(begin), r.cmd.ProcessState.ExitCode(), nil
}

type readiness struct {
	Ready    bool              `json:"ready"`
	Degraded bool              `json:"degraded"`
	Checks   map[string]string `json:"checks"`
}

func (r *replica) ready() (int, readiness, error) {
	var out readiness
	resp, err := httpClient.Get(r.url + "/readyz")
	if err != nil {
		return 0, out, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, out, json.NewDecoder(resp.Body).Decode(&out)
}

// scrape returns all metrics as text.
func (r *replica) scrape() (string, error) {
	r.mu.Lock()
	address := r.metrics
	r.mu.Unlock()
	resp, err := httpClient.Get("http://" + address + "/metrics")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// metric returns the value of a series without labels, or the sum of those with.
func (r *replica) metric(name string) float64 {
	r.t.Helper()
	text, err := r.scrape()
	if err != nil {
		r.t.Fatalf("scrape %s: %v", r.url, err)
	}
	sum, found := 0.0, false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		fields := strings.Fields(rest)
		v, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			r.t.Fatalf("metric %s: %v", line, err)
		}
		sum, found = sum+v, true
	}
	if !found {
		r.t.Fatalf("%s has no metric %s", r.url, name)
	}
	return sum
}
