package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

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
	if name == "users" {
		if err := b.compareLists(ctx, base, large); err != nil {
			return err
		}
	}
	if name == "tenants" {
		if err := b.compareTenants(ctx, base, large); err != nil {
			return err
		}
	}
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
		for what, do := range map[string]func(context.Context) (sample, error){
			checkWarm: func(ctx context.Context) (sample, error) {
				return s.drive(ctx, checkScripts(s.checked, n, true), b.sizes.slice)
			},
			refresh: func(ctx context.Context) (sample, error) {
				return s.drive(ctx, refreshScripts(s.refreshed, n), b.sizes.slice)
			},
			login: func(ctx context.Context) (sample, error) {
				return s.drive(ctx, loginScripts(s.users, userText, n), b.sizes.hashing)
			},
		} {
			turns = append(turns, turn{what + " of " + from, n, do})
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
