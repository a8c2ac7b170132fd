package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// startTimeout bounds a start whose context has no earlier deadline.
const startTimeout = 60 * time.Second

// process is a server that can be stopped, killed and started again as it was.
type process struct {
	name    string
	command func() *exec.Cmd
	ready   func(context.Context) error
	log     string // file with everything the server wrote

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed once the running process has ended
}

// start runs the command and waits until the server answers. ctx bounds the wait, not the life of the server.
func (p *process) start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return fmt.Errorf("start %s: it runs already", p.name)
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer out.Close()
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how a server ended is in its log
		close(done)
	}()
	p.cmd, p.done = cmd, done
	if err := p.await(ctx); err != nil {
		killTree(cmd.Process.Pid)
		<-done
		return fmt.Errorf("start %s: %w; its log ends:\n%s", p.name, err, tail(p.log))
	}
	return nil
}

func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("wait for an answer: %w", errors.Join(ctx.Err(), err))
		case <-every.C:
		}
	}
}

// running needs mu held.
func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal sends sig and waits for the end. A server that is down stays so, without an error.
func (p *process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil
	}
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	limit := time.NewTimer(startTimeout)
	defer limit.Stop()
	select {
	case <-p.done:
		return nil
	case <-limit.C:
		killTree(p.cmd.Process.Pid)
		<-p.done
		return fmt.Errorf("stop %s: it did not end within %s and was killed", p.name, startTimeout)
	}
}

func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		killTree(p.cmd.Process.Pid)
		<-p.done
	}
}

// pid is 0 while the server is down.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return 0
	}
	return p.cmd.Process.Pid
}

func (p *process) cpu() (time.Duration, error) {
	pid := p.pid()
	if pid == 0 {
		return 0, fmt.Errorf("measure %s: it is down", p.name)
	}
	d, err := cpuOfTree(pid)
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", p.name, err)
	}
	return d, nil
}

// tail returns the last lines of a file, or why it cannot be read.
func tail(path string) string {
	const most = 4096
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return err.Error()
	}
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return string(text)
}
