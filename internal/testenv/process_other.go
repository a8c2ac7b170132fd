//go:build !linux

package testenv

import (
	"errors"
	"os"
	"syscall"
	"time"
)

func detached(any) *syscall.SysProcAttr { return nil }

func unprivileged() (any, error) {
	if os.Geteuid() == 0 {
		return nil, errors.New("run Postgres as root: it refuses, and users are switched on Linux only")
	}
	return nil, nil
}

func giveTo(any, string) error { return nil }

// killTree kills a process; Postgres's and Redis's own children end by themselves when it is gone.
func killTree(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

func cpuOfTree(int) (time.Duration, error) {
	return 0, errors.New("CPU times of other processes are read on Linux only")
}
