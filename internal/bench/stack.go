package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// bench is a run.
type bench struct {
	options
	dir    string
	report *report
	mails  *sink
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.progress, format+"\n", args...) }

// stack is a filled database with a server on it.
type stack struct {
	*population
	on     *database
	url    string
	master string
	mails  *sink
	server *server
}

// stack fills a database and starts a server on it.
func (b *bench) stack(ctx context.Context, d *database, name string, p plan) (*stack, error) {
	b.say("%s: making %d tenants and %d users", d.name, p.tenants, p.users)
	url, err := d.create(ctx, name)
	if err != nil {
		return nil, err
	}
	key, setting := newMaster()
	s := &stack{on: d, url: url, master: setting, mails: b.mails}
	if s.population, err = seed(ctx, d.hasty(url), key, p); err != nil {
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	if err := d.settle(ctx, url); err != nil {
		return nil, err
	}
	s.server, err = b.start(ctx, d, url, setting)
	return s, err
}

func (s *stack) groups() []group { return append(s.on.groups(), s.server.group()) }

func (s *stack) drive(ctx context.Context, scripts []script, d time.Duration) (sample, error) {
	return drive(ctx, s.server.addr, scripts, d, s.groups())
}

// untilDone is for scripts that end by themselves.
const untilDone = time.Minute

// warm lets the server and the database see everything that the load will ask for.
func (s *stack) warm(ctx context.Context, slice time.Duration) error {
	const clients = 8
	for _, ready := range []struct {
		scripts []script
		d       time.Duration
	}{
		{checkScripts(s.checked, clients, false), untilDone},
		{checkScripts(s.refreshed, clients, false), untilDone},
		{checkScripts(s.checked, clients, true), slice},
		{refreshScripts(s.refreshed, clients), slice},
		{loginScripts(s.users, userText, clients), slice},
	} {
		if _, err := s.drive(ctx, ready.scripts, ready.d); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
	}
	return nil
}

// measureStart starts the server again and again on the same database, and reads the memory of one that idles.
func (b *bench) measureStart(ctx context.Context, s *stack) error {
	b.say("%s: starting", s.on.name)
	var took []time.Duration
	for range b.sizes.starts {
		s.server.stop()
		var err error
		if s.server, err = b.start(ctx, s.on, s.url, s.master); err != nil {
			return err
		}
		took = append(took, s.server.toReady)
	}
	b.report.atMost(s.on.name+": start to ready", "ms", milliseconds(median(took)), 50)
	b.report.note("%s: start to ready, fastest of %d: %.1f ms", s.on.name, len(took), milliseconds(fastest(took)))
	if err := pause(ctx, b.sizes.idle); err != nil {
		return err
	}
	resident, err := residentOf(s.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	const mebi = 1 << 20
	b.report.atMost(s.on.name+": idle memory", "MiB", float64(resident.all)/mebi, 40)
	b.report.note("%s: idle memory less what is mapped from the binary: %.1f MiB", s.on.name, float64(resident.all-resident.file)/mebi)
	return nil
}

// measureStatements counts SQL statements, less what a server without requests sends.
func (b *bench) measureStatements(ctx context.Context, s *stack) error {
	b.say("%s: counting statements", s.on.name)
	if err := s.warm(ctx, b.sizes.slice/5); err != nil {
		return err
	}
	signedIn := min(100, len(s.limited))
	few := min(200, len(s.refreshed))
	fresh := s.unused(b.sizes.cold)
	for _, count := range []struct {
		what    string
		most    float64
		scripts []script
	}{
		{"/me warm", 0, checkScripts(s.checked, 1, false)},
		{"/me cold", 2, checkScripts(fresh[:len(fresh)/2], 1, false)},
		{"refresh warm", 3, once(refreshScripts(s.refreshed, 1), few)},
		{"refresh cold", 3, once(refreshScripts(fresh[len(fresh)/2:], 1), len(fresh)/2)},
		{"login, limits on", 7, once(loginScripts(s.limited[:signedIn], userText, 1), signedIn)},
	} {
		n, err := b.statementsOf(ctx, s, count.scripts)
		if err != nil {
			return err
		}
		// What the server sends by itself is never quite the same.
		b.report.atMost(s.on.name+": statements of "+count.what, "", math.Round(10*n)/10, count.most)
	}
	return nil
}

func (b *bench) statementsOf(ctx context.Context, s *stack, scripts []script) (float64, error) {
	counted := func(do func() error) (float64, time.Duration, error) {
		begun := time.Now()
		before, err1 := s.server.statements(ctx)
		err2 := do()
		after, err3 := s.server.statements(ctx)
		return after - before, time.Since(begun), errors.Join(err1, err2, err3)
	}
	idle, alone, err := counted(func() error { return pause(ctx, 4*b.sizes.slice) })
	if err != nil {
		return 0, err
	}
	var load sample
	all, took, err := counted(func() (err error) {
		load, err = s.drive(ctx, scripts, untilDone)
		return err
	})
	if err != nil {
		return 0, err
	}
	return max(0, (all-idle*took.Seconds()/alone.Seconds())/float64(load.requests)), nil
}

// limit ends a script after some requests.
type limit struct {
	script
	left int
}

func (l *limit) next() []byte {
	if l.left == 0 {
		return nil
	}
	l.left--
	return l.script.next()
}

func once(scripts []script, n int) []script {
	for i := range scripts {
		scripts[i] = &limit{scripts[i], n}
	}
	return scripts
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
