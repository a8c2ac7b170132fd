package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// cpuOf returns the CPU time that a process has used, all its threads together. /proc has it in steps of 10 ms
// only, which is too coarse for short rounds; the process's clock has nanoseconds.
func cpuOf(pid int) (time.Duration, error) {
	const ofScheduler = 2 // CPUCLOCK_SCHED, see clock_getcpuclockid(3)
	clock := int32(^uint32(pid)<<3 | ofScheduler)
	var t syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, errno)
	}
	return time.Duration(t.Nano()), nil
}

// childrenOf returns the living children of a process.
func childrenOf(pid int) ([]int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil, fmt.Errorf("list the children of a process: %w", err)
	}
	var out []int
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			out = append(out, child)
		}
	}
	return out, nil
}

// residentOf returns the resident memory of a process.
func residentOf(pid int) (resident, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return resident{}, fmt.Errorf("read the memory of a process: %w", err)
	}
	var size, all, file int64 // in pages
	if _, err := fmt.Sscan(string(text), &size, &all, &file); err != nil {
		return resident{}, fmt.Errorf("read the memory of a process: %w", err)
	}
	page := int64(os.Getpagesize())
	return resident{all * page, file * page}, nil
}
