package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTick is the unit of CPU times in /proc, the same on every architecture.
const clockTick = 10 * time.Millisecond

// detached puts a server into a process group of its own, so that an interrupt at the terminal reaches only the tests,
// and has it killed when the test process dies without stopping it.
func detached(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: as}
}

// unprivileged returns the user that runs Postgres, which refuses to be root: nil for whoever we are, if not root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("read ids of user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("run Postgres as root: it refuses, and there is no user postgres or nobody")
}

// giveTo makes dir the user's own, and those of its parents below the temporary directory passable: test folders
// are closed to others.
func giveTo(as *syscall.Credential, dir string) error {
	if as == nil {
		return nil
	}
	if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
		return err
	}
	temp := filepath.Clean(os.TempDir())
	for parent := filepath.Dir(dir); strings.HasPrefix(parent, temp+string(filepath.Separator)); parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return err
		}
		if err := os.Chmod(parent, info.Mode().Perm()|0o011); err != nil {
			return err
		}
	}
	return nil
}

// killTree kills a process and its descendants. The parent is halted first, so that it forks nobody meanwhile.
func killTree(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	family := append(descendants(pid), pid)
	for _, p := range family {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
	// A restart finds shared memory in use until the last of them is gone.
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		gone := true
		for _, p := range family {
			s, err := readStat(p)
			gone = gone && (err != nil || s.state == "Z")
		}
		if gone {
			return
		}
	}
}

// cpuOfTree sums user and system time of a process, its living descendants, and all that it has reaped.
func cpuOfTree(pid int) (time.Duration, error) {
	for {
		before, err := readStat(pid)
		if err != nil {
			return 0, err
		}
		sum := before.own + before.reaped
		for _, child := range descendants(pid) {
			if s, err := readStat(child); err == nil {
				sum += s.own + s.reaped
			}
		}
		after, err := readStat(pid)
		if err != nil {
			return 0, err
		}
		// A child that ended in between would be missing or counted twice.
		if after.reaped == before.reaped {
			return time.Duration(sum) * clockTick, nil
		}
	}
}

// stat is the part of /proc/PID/stat that matters here, times in ticks.
type stat struct {
	state       string
	parent      int
	own, reaped uint64
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The name stands in parentheses and may hold anything; what follows the last one is fields 3 and on.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("read /proc/%d/stat: %d fields", pid, len(fields))
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return stat{}, fmt.Errorf("read /proc/%d/stat: %w", pid, err)
	}
	var ticks [4]uint64
	for i := range ticks {
		if ticks[i], err = strconv.ParseUint(fields[11+i], 10, 64); err != nil {
			return stat{}, fmt.Errorf("read /proc/%d/stat: %w", pid, err)
		}
	}
	return stat{state: fields[0], parent: parent, own: ticks[0] + ticks[1], reaped: ticks[2] + ticks[3]}, nil
}

// descendants returns the living children of a process, their children, and so on.
func descendants(pid int) []int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if child, err := strconv.Atoi(e.Name()); err == nil {
			if s, err := readStat(child); err == nil {
				children[s.parent] = append(children[s.parent], child)
			}
		}
	}
	family := children[pid]
	for i := 0; i < len(family); i++ {
		family = append(family, children[family[i]]...)
	}
	return family
}
