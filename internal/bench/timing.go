package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// measureTiming asks whether the time of a refusal tells who has an account: sign-ins of users with a wrong
// password and of nobody take turns, each identifier once, at a tenant with the limits that it has by default.
func (b *bench) measureTiming(ctx context.Context, s *stack) error {
	b.say("%s: timing of refusals", s.on.name)
	c, err := connectTo(ctx, s.server.addr)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	ask := func(email string) (time.Duration, error) {
		request := loginRequest(user{slug: limitedSlug, email: email}, "not the password of anybody")
		begun := time.Now()
		status, err := c.do(request)
		if err != nil {
			return 0, err
		}
		return time.Since(begun), want(http.StatusUnauthorized, status)
	}
	var known, unknown []time.Duration
	for i := range min(b.sizes.timing, len(s.limited)) {
		// Which goes first takes turns too.
		emails := []string{s.limited[i].email, fmt.Sprintf("nobody-%06d@example.com", i)}
		for j := range emails {
			which := (i + j) % len(emails)
			took, err := ask(emails[which])
			if err != nil {
				return fmt.Errorf("time refusals: %w", err)
			}
			if which == 0 {
				known = append(known, took)
			} else {
				unknown = append(unknown, took)
			}
		}
	}
	b.report.atMost(fmt.Sprintf("%s: unknown user or wrong password, AUC of %d refusals each", s.on.name, len(known)), "",
		areaUnderCurve(known, unknown), 0.55)
	b.report.note("%s: a refusal takes %.2f ms for users, %.2f ms for nobody (medians)", s.on.name,
		milliseconds(median(known)), milliseconds(median(unknown)))
	return nil
}

// areaUnderCurve is how often a threshold tells a time of one kind from one of the other: 0.5 is a guess, 1
// always. Which of the two is slower does not matter.
func areaUnderCurve(a, b []time.Duration) float64 {
	type timed struct {
		took time.Duration
		ofA  bool
	}
	all := make([]timed, 0, len(a)+len(b))
	for _, took := range a {
		all = append(all, timed{took, true})
	}
	for _, took := range b {
		all = append(all, timed{took, false})
	}
	slices.SortFunc(all, func(x, y timed) int { return cmp.Compare(x.took, y.took) })
	var ranks float64 // of a, ties sharing the mean of theirs
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].took == all[i].took {
			j++
		}
		for _, one := range all[i:j] {
			if one.ofA {
				ranks += float64(i+j+1) / 2
			}
		}
		i = j
	}
	n, m := float64(len(a)), float64(len(b))
	area := (ranks - n*(n+1)/2) / (n * m)
	return max(area, 1-area)
}
