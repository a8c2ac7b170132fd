package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// turn is what takes its turn in every round.
type turn struct {
	what    string
	clients int
	do      func(context.Context) (sample, error)
}

// rounds lets all turns go one after the other, several times, and returns their samples.
func (b *bench) rounds(ctx context.Context, turns []turn) (samples, error) {
	out := samples{}
	for range b.sizes.rounds {
		for _, t := range turns {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			s, err := t.do(ctx)
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
