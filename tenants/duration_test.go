package tenants

import (
	"strings"
	"testing"
	"time"
)

func TestADurationIsWrittenWithLargestUnitsFirst(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		length time.Duration
		shown  string
	}{
		"0":          {0, "0"},
		"0s":         {0, "0"},
		"45s":        {45 * time.Second, "45s"},
		"10m":        {10 * time.Minute, "10m"},
		"90m":        {90 * time.Minute, "1h30m"},
		"1h30m":      {90 * time.Minute, "1h30m"},
		"24h":        {day, "1d"},
		"30d":        {30 * day, "30d"},
		"1d2h3m4s":   {day + 2*time.Hour + 3*time.Minute + 4*time.Second, "1d2h3m4s"},
		"36h":        {36 * time.Hour, "1d12h"},
		"36500d":     {36500 * day, "36500d"},
		"999999999s": {999999999 * time.Second, "11574d1h46m39s"},
		"0d0h10m0s":  {10 * time.Minute, "10m"},
		"000010m":    {10 * time.Minute, "10m"},
		"1d99999h1m": {day + 99999*time.Hour + time.Minute, "4167d15h1m"},
	} {
		got, err := ParseDuration(text)
		if err != nil || got.Std() != want.length || got.String() != want.shown {
			t.Errorf("ParseDuration(%q) = %v (%v), %v; want %v, %q", text, got.Std(), got, err, want.length, want.shown)
		}
	}
}

func TestWhatIsNoDurationIsRefusedWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "10", "m", "-10m", "+10m", "1.5h", "10ms", "1w", "10M", "10m ", " 10m", "1m1h", "1h1h", "１0m",
		"36500d1s", "999999999d999999999h999999999m999999999s", "99999999999999999999s", "1d\n", "10m\x00",
	} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
	if _, err := ParseDuration("canary"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("the error of a text that is no duration: %v", err)
	}
}

func TestADurationThatNobodyCanWriteStillPrints(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-90 * time.Minute:        "-1h30m",
		500 * time.Millisecond:   "0",
		1500 * time.Millisecond:  "1s",
		-time.Second:             "-1s",
		time.Duration(1<<63 - 1): "106751d23h47m16s",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("Duration(%v) prints %q, want %q", d, got, want)
		}
	}
}

func FuzzADurationReadsBackAsItIsPrinted(f *testing.F) {
	for _, text := range []string{"0", "10m", "1h30m", "30d", "1d2h3m4s", "-1m", "99999d999999h99999999m999999999s", "999999999d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("ParseDuration(%q) = %d, below zero", text, d)
		}
		if back, err := ParseDuration(d.String()); err != nil || back != d {
			t.Errorf("%q is %v and reads back as %v, %v", text, d, back, err)
		}
	})
}
