//go:build testclock

package clock

import (
	"os"
	"strings"
	"time"
)

// offset reads the file that TENANTGATE_TEST_CLOCK names, a duration such as "-90s", each time it is asked, so
// that a test can move the clock of one running replica. No file means no offset.
func offset() time.Duration {
	text, err := os.ReadFile(os.Getenv("TENANTGATE_TEST_CLOCK"))
	if err != nil {
		return 0
	}
	d, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		panic("TENANTGATE_TEST_CLOCK: " + err.Error())
	}
	return d
}
