// Package clock is the only reader of the wall clock in the domain, so that tests can move it and every stored
// time has one shape: UTC, whole microseconds (what both databases keep).
package clock

import "time"

// Clock tells the time. Flows take one instead of calling time.Now.
type Clock func() time.Time

// Now is the clock of the running process.
func Now() time.Time {
	return Normal(time.Now().Add(offset()))
}

// Normal returns t as both databases give it back.
func Normal(t time.Time) time.Time {
	return t.UTC().Truncate(time.Microsecond)
}

var started = time.Now()

// Elapsed returns the time since the process started. It never goes back and no test clock moves it: for ages and
// intervals, not for dates.
func Elapsed() time.Duration { return time.Since(started) }
