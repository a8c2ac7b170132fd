package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// The things that are measured beside the parts. Those of passkeys and codes are in factors.go.
const (
	empty       = "empty handler"
	bareCheck   = "verified-token map"
	checkWarm   = "/me warm"
	checkCold   = "/me cold"
	refresh     = "refresh"
	refreshCold = "refresh cold"
	login       = "login"
)

// lineup collects the turns of one number of clients.
type lineup struct {
	*stack
	sizes   sizes
	bare    *bareServer
	parts   []group // the processes of the bare parts
	clients int
	turns   []turn
}

// served is a load on the real server.
func (l *lineup) served(what string, d time.Duration, scripts func() []script) {
	l.turns = append(l.turns, turn{what, l.clients, func(ctx context.Context) (sample, error) {
		return l.drive(ctx, scripts(), d)
	}})
}

// plain is a load on the bare handlers.
func (l *lineup) plain(what string, scripts []script) {
	l.turns = append(l.turns, turn{what, l.clients, func(ctx context.Context) (sample, error) {
		return drive(ctx, l.bare.addr, scripts, l.sizes.slice, l.parts)
	}})
}

func (l *lineup) part(name string, d time.Duration) {
	workers := l.clients
	if name == partHash {
		workers = min(workers, runtime.NumCPU()) // more would only compete for memory, and the product runs no more
	}
	l.turns = append(l.turns, turn{name, l.clients, func(context.Context) (sample, error) {
		return l.bare.repeat(name, workers, d, l.parts)
	}})
}

// all lines up what is compared next to each other.
func (l *lineup) all() {
	n, slice := l.clients, l.sizes.slice
	l.plain(empty, repeated(getRequest("/empty", ""), n))
	l.plain(bareCheck, checkScripts(l.bare.tokens, n, true))
	l.served(checkWarm, slice, func() []script { return checkScripts(l.checked, n, true) })
	l.part(partVerify, slice/2)
	l.part(partSelect, slice/2)
	l.served(checkCold, untilDone, func() []script { return checkScripts(l.unused(l.sizes.cold/2), n, false) })
	l.factors()
	l.part(partCommit, slice)
	l.served(refresh, slice, func() []script { return refreshScripts(l.refreshed, n) })
	l.part(partSign, slice/2)
	l.served(refreshCold, untilDone, func() []script {
		return once(refreshScripts(l.unused(l.sizes.cold/2), n), max(1, l.sizes.cold/2/n))
	})
	l.part(partHash, l.sizes.hashing)
	l.served(login, l.sizes.hashing, func() []script { return loginScripts(l.users, userText, n) })
}

// measureLoad puts the real requests beside the bare parts.
func (b *bench) measureLoad(ctx context.Context, s *stack) error {
	b.say("%s: load beside bare parts", s.on.name)
	bareURL, err := s.on.create(ctx, "bare")
	if err != nil {
		return err
	}
	bare, err := startBare(bareURL)
	if err != nil {
		return err
	}
	defer bare.stop()
	if err := s.warm(ctx, b.sizes.slice); err != nil {
		return err
	}
	if err := b.warmFactors(ctx, s); err != nil {
		return err
	}
	if _, err := drive(ctx, bare.addr, checkScripts(bare.tokens, 1, false), untilDone, nil); err != nil {
		return fmt.Errorf("warm up the bare parts: %w", err)
	}
	parts := append(s.on.groups(), group{part: "server", pid: bare.cmd.Process.Pid})
	var turns []turn
	for _, n := range b.sizes.clients {
		l := &lineup{stack: s, sizes: b.sizes, bare: bare, parts: parts, clients: n}
		l.all()
		turns = append(turns, l.turns...)
	}
	all, err := b.rounds(ctx, turns)
	if err != nil {
		return err
	}
	b.report.load(s.on.name, all)
	b.judge(s.on.name, all)
	b.noteFactors(s.on.name, all)
	return nil
}

// judge holds the ratios against their bars.
func (b *bench) judge(on string, all samples) {
	for _, promise := range []struct {
		what string
		most float64
		of   []string
	}{
		{checkWarm, 2, []string{bareCheck}},
		{checkCold, 1.5, []string{partVerify, partSelect}},
		{refresh, 1.5, []string{partCommit, partSign}},
		{login, 1.05, []string{partHash}},
		{passkeySignIn, 2, []string{partAssertion, partCommit}},
	} {
		for _, n := range b.sizes.clients {
			what := fmt.Sprintf("%s: %s ÷ (%s), %d clients", on, promise.what, strings.Join(promise.of, " + "), n)
			b.report.atMost(what, "×", all.ratio(promise.what, n, promise.of...), promise.most)
		}
	}
	n := b.sizes.judged()
	for _, sum := range [][]string{{checkCold, partVerify, partSelect, bareCheck}, {refresh, partCommit, partSign, bareCheck}} {
		b.report.note("%s: %s, %d clients, is %.2f times %s, with the cost of HTTP among the parts", on, sum[0], n,
			all.ratio(sum[0], n, sum[1:]...), strings.Join(sum[1:], " + "))
	}
	b.report.note("%s: refresh of a session that the server has not seen, %d clients, is %.2f times %s + %s", on, n,
		all.ratio(refreshCold, n, partCommit, partSign), partCommit, partSign)
}
