package main

import "time"

// group is the processes whose CPU time counts as one part.
type group struct {
	part   string // server, postgres, redis
	pid    int
	family bool // with its children
}

// reading is the CPU time of each process of a group.
type reading map[int]time.Duration

func (g group) read() (reading, error) {
	own, err := cpuOf(g.pid)
	if err != nil {
		return nil, err
	}
	out := reading{g.pid: own}
	if !g.family {
		return out, nil
	}
	children, err := childrenOf(g.pid)
	if err != nil {
		return nil, err
	}
	for _, child := range children {
		if used, err := cpuOf(child); err == nil { // else it has ended meanwhile
			out[child] = used
		}
	}
	return out, nil
}

// since returns what a group has used since an earlier reading. What has ended in between is not counted: backends
// live as long as the pools that hold them.
func (now reading) since(before reading) time.Duration {
	var sum time.Duration
	for pid, used := range now {
		sum += used - before[pid]
	}
	return sum
}

// spent runs do and returns the CPU time that each group used meanwhile.
func spent(groups []group, do func() error) (map[string]time.Duration, error) {
	before := make([]reading, len(groups))
	for i, g := range groups {
		var err error
		if before[i], err = g.read(); err != nil {
			return nil, err
		}
	}
	if err := do(); err != nil {
		return nil, err
	}
	out := map[string]time.Duration{}
	for i, g := range groups {
		now, err := g.read()
		if err != nil {
			return nil, err
		}
		out[g.part] += now.since(before[i])
	}
	return out, nil
}

// resident is memory in bytes: all, and of it what files lie behind, which the system takes back when it needs it.
type resident struct{ all, file int64 }
