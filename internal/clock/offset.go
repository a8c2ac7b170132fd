//go:build !testclock

package clock

import "time"

// offset is always zero here: only builds with the tag testclock can move their clock.
func offset() time.Duration { return 0 }
