package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// turn is what takes its turn in every round.
type turn struct {
	what    string
	clients int
	do      func() (sample, error)
}

// rounds lets all turns go one after the other, several times, and returns their samples.
func (b *bench) rounds(ctx context.Context, turns []turn) (samples, error) {
	out := samples{}
	for range b.sizes.rounds {
		for _, t := range turns {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			s, err := t.do()
			if err != nil {
				return nil, fmt.Errorf("%s with %d clients: %w", t.what, t.clients, err)
			}
			if s.requests == 0 {
				return nil, fmt.Errorf("%s with %d clients: none was done", t.what, t.clients)
			}
			key := sampled{t.what, t.clients}
			out[key] = append(out[key], s)
		}
	}
	return out, nil
}

type sampled struct {
	what    string
	clients int
}

type samples map[sampled][]sample

// cost is the median CPU time of one of a thing, all parts together.
func (s samples) cost(what string, clients int) time.Duration {
	return medianOf(s[sampled{what, clients}], sample.perRequest)
}

// share is the median CPU time that one part has in it.
func (s samples) share(part, what string, clients int) time.Duration {
	return medianOf(s[sampled{what, clients}], func(one sample) time.Duration { return one.each(one.cpu[part]) })
}

// ratio is the median of the ratios within each round: what disturbs a round disturbs both of its sides.
func (s samples) ratio(what string, clients int, of ...string) float64 {
	var ratios []float64
	for round, one := range s[sampled{what, clients}] {
		var sum time.Duration
		for _, part := range of {
			sum += s[sampled{part, clients}][round].perRequest()
		}
		ratios = append(ratios, float64(one.perRequest())/float64(max(sum, 1)))
	}
	return median(ratios)
}

func medianOf(all []sample, of func(sample) time.Duration) time.Duration {
	values := make([]time.Duration, 0, len(all))
	for _, s := range all {
		values = append(values, of(s))
	}
	return median(values)
}

type number interface{ ~int64 | ~float64 }

func median[N number](values []N) N {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func fastest(values []time.Duration) time.Duration { return slices.Min(values) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// The things that are measured beside the parts.
const (
	empty       = "empty handler"
	bareCheck   = "verified-token map"
	checkWarm   = "/me warm"
	checkCold   = "/me cold"
	refresh     = "refresh"
	refreshCold = "refresh cold"
	login       = "login"
)

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
	if _, err := drive(ctx, bare.addr, checkScripts(bare.tokens, 1, false), untilDone, nil); err != nil {
		return fmt.Errorf("warm up the bare parts: %w", err)
	}
	groups := append(s.on.groups(), group{part: "server", pid: bare.cmd.Process.Pid})
	var turns []turn
	for _, n := range b.sizes.clients {
		served := func(what string, d time.Duration, scripts func() []script) {
			turns = append(turns, turn{what, n, func() (sample, error) { return s.drive(ctx, scripts(), d) }})
		}
		plain := func(what string, scripts []script) {
			turns = append(turns, turn{what, n, func() (sample, error) {
				return drive(ctx, bare.addr, scripts, b.sizes.slice, groups)
			}})
		}
		part := func(name string, d time.Duration) {
			workers := n
			if name == partHash {
				workers = min(n, runtime.NumCPU()) // more would only compete for memory, and the product runs no more
			}
			turns = append(turns, turn{name, n, func() (sample, error) { return bare.repeat(name, workers, d, groups) }})
		}
		plain(empty, repeated(getRequest("/empty", ""), n))
		plain(bareCheck, checkScripts(bare.tokens, n, true))
		served(checkWarm, b.sizes.slice, func() []script { return checkScripts(s.checked, n, true) })
		part(partVerify, b.sizes.slice/2)
		part(partSelect, b.sizes.slice/2)
		served(checkCold, untilDone, func() []script { return checkScripts(s.unused(b.sizes.cold/2), n, false) })
		part(partCommit, b.sizes.slice)
		served(refresh, b.sizes.slice, func() []script { return refreshScripts(s.refreshed, n) })
		part(partSign, b.sizes.slice/2)
		served(refreshCold, untilDone, func() []script {
			return once(refreshScripts(s.unused(b.sizes.cold/2), n), max(1, b.sizes.cold/2/n))
		})
		part(partHash, b.sizes.hashing)
		served(login, b.sizes.hashing, func() []script { return loginScripts(s.users, userText, n) })
	}
	all, err := b.rounds(ctx, turns)
	if err != nil {
		return err
	}
	b.report.load(s.on.name, all)
	b.judge(s.on.name, all)
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

// measureGrowth compares with databases that hold much more, of which the load uses as much.
func (b *bench) measureGrowth(ctx context.Context, base *stack) error {
	for _, grown := range []struct {
		name string
		plan plan
	}{
		{"tenants", plan{tenants: b.sizes.manyTenants, users: b.sizes.manyTenants, active: b.sizes.active}},
		{"users", plan{tenants: 1, users: b.sizes.manyUsers, active: b.sizes.active}},
	} {
		if err := b.compareGrown(ctx, base, grown.name, grown.plan); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) compareGrown(ctx context.Context, base *stack, name string, p plan) error {
	large, err := b.stack(ctx, base.on, name, p)
	if err != nil {
		return err
	}
	defer large.server.stop()
	b.say("%s: comparing", base.on.name)
	n := b.sizes.judged()
	var turns []turn
	for _, s := range []*stack{base, large} {
		if err := s.warm(ctx, b.sizes.slice); err != nil {
			return err
		}
		from := "few"
		if s == large {
			from = "many"
		}
		for what, each := range map[string]turn{
			checkWarm: {do: func() (sample, error) { return s.drive(ctx, checkScripts(s.checked, n, true), b.sizes.slice) }},
			refresh:   {do: func() (sample, error) { return s.drive(ctx, refreshScripts(s.refreshed, n), b.sizes.slice) }},
			login:     {do: func() (sample, error) { return s.drive(ctx, loginScripts(s.users, userText, n), b.sizes.hashing) }},
		} {
			turns = append(turns, turn{what + " of " + from, n, each.do})
		}
	}
	// Both sides of a pair next to each other.
	slices.SortFunc(turns, func(x, y turn) int { return strings.Compare(x.what, y.what) })
	all, err := b.rounds(ctx, turns)
	if err != nil {
		return err
	}
	for _, what := range []string{checkWarm, refresh, login} {
		b.report.atMost(fmt.Sprintf("%s: %s, %d tenants and %d users ÷ 1 and %d", base.on.name, what, p.tenants, p.users, b.sizes.users),
			"×", all.ratio(what+" of many", n, what+" of few"), 1.1)
	}
	return nil
}
