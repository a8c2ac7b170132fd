package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// server is the real binary, serving.
type server struct {
	cmd     *exec.Cmd
	addr    string // of the public listener
	admin   string // of the admin listener
	metrics string
	toReady time.Duration // from the start of the process to the first 200 of /readyz
	out     *os.File
	stopped bool
}

// build builds the binary as make does, unless one was given, and notes its size.
func (b *bench) build(ctx context.Context) error {
	if b.binary == "" {
		b.say("building the binary")
		b.binary = filepath.Join(b.dir, "tenantgate")
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "nomsgpack", "-ldflags", "-s -w -X main.version=bench", "-o", b.binary,
			"github.com/tenantgate/tenantgate/cmd/tenantgate")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build the binary: %w\n%s", err, out)
		}
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return fmt.Errorf("find the binary: %w", err)
	}
	b.report.atMost("binary", "MB", float64(info.Size())/1e6, 45)
	return nil
}

// start starts the binary on a database that is there, and waits until it is ready.
func (b *bench) start(ctx context.Context, d *database, databaseURL, master string) (*server, error) {
	s := &server{}
	for _, at := range []*string{&s.addr, &s.admin, &s.metrics} {
		*at = fmt.Sprintf("127.0.0.1:%d", testenv.FreePort())
	}
	var err error
	if s.out, err = os.CreateTemp(b.dir, "server-*.log"); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s.cmd = exec.Command(b.binary, "serve")
	s.cmd.Dir = b.dir
	s.cmd.Env = append(clean(os.Environ()),
		"TENANTGATE_DATABASE_URL="+databaseURL, "TENANTGATE_MASTER_KEYS="+master, "TENANTGATE_PUBLIC_URL="+publicURL,
		"TENANTGATE_LISTEN="+s.addr, "TENANTGATE_METRICS_LISTEN="+s.metrics, "TENANTGATE_ADMIN_LISTEN="+s.admin,
		"TENANTGATE_DATA_DIR="+b.dir, "TENANTGATE_REDIS_URL="+d.redisURL(),
		"TENANTGATE_ADMIN_LIMIT=1000000/1s",     // one key asks all the questions
		"TENANTGATE_ALLOW_PRIVATE_TARGETS=true") // the mail server is ours
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	begun := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	if err := s.await(ctx); err != nil {
		log, _ := os.ReadFile(s.out.Name())
		s.stop()
		return nil, fmt.Errorf("start the server: %w\n%s", err, log)
	}
	s.toReady = time.Since(begun)
	return s, nil
}

// clean drops settings of the product, so that only ours count.
func clean(environ []string) []string {
	var out []string
	for _, e := range environ {
		if !strings.HasPrefix(e, "TENANTGATE_") && !strings.HasPrefix(e, "OTEL_") {
			out = append(out, e)
		}
	}
	return out
}

func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	for {
		if ready(ctx, s.addr) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("it does not become ready")
		case <-every.C:
		}
	}
}

func ready(ctx context.Context, addr string) bool {
	c, err := connectTo(ctx, addr)
	if err != nil {
		return false
	}
	defer c.conn.Close()
	status, err := c.do(getRequest("/readyz", ""))
	return err == nil && status == http.StatusOK
}

func (s *server) group() group { return group{part: "server", pid: s.cmd.Process.Pid} }

// stop ends the process and returns once it is gone.
func (s *server) stop() {
	if s.stopped {
		return
	}
	s.stopped = true
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait() // it was told to end
	_ = s.out.Close()
}

// statements returns how many SQL statements the server has sent, begin and commit not counted.
func (s *server) statements(ctx context.Context) (float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.metrics+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer answer.Body.Close()
	var sum float64
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), "tenantgate_sql_statements_total{")
		if !ok || !strings.Contains(rest, `kind="query"`) && !strings.Contains(rest, `kind="exec"`) {
			continue
		}
		var n float64
		if _, err := fmt.Sscan(rest[strings.LastIndexByte(rest, '}')+1:], &n); err != nil {
			return 0, fmt.Errorf("read metrics: %w", err)
		}
		sum += n
	}
	return sum, lines.Err()
}
