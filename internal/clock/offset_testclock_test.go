//go:build testclock

package clock_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
)

func TestTheTestClockFollowsItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "offset")
	t.Setenv("TENANTGATE_TEST_CLOCK", file)
	for _, offset := range []string{"", "24h", "-90s\n", ""} {
		want := time.Duration(0)
		if offset == "" {
			_ = os.Remove(file)
		} else {
			want, _ = time.ParseDuration(map[string]string{"24h": "24h", "-90s\n": "-90s"}[offset])
			if err := os.WriteFile(file, []byte(offset), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if off := time.Until(clock.Now()) - want; off.Abs() > time.Minute {
			t.Errorf("with %q the clock is %v beside %v", offset, off, want)
		}
	}
}
