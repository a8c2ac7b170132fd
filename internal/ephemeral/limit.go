package ephemeral

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limit allows Events in Per, all of them at once or spread out. The zero Limit is off: it allows everything.
type Limit struct {
	Events int
	Per    time.Duration
}

// The bounds of a limit that is not off. Within them the stores count in whole microseconds, and a script of Redis,
// whose numbers are doubles, stays exact.
const (
	MaxEvents = 1_000_000
	MinPer    = time.Second
	MaxPer    = 31 * day

	day = 24 * time.Hour
)

// ParseLimit reads "60/1m", "5/1h30m" or "10/2d" (d is 24 hours); "0" is off.
func ParseLimit(text string) (Limit, error) {
	if text == "0" {
		return Limit{}, nil
	}
	events, per, _ := strings.Cut(text, "/")
	n, ok := parseCount(events)
	d, okPer := parsePeriod(per)
	if !ok || !okPer {
		return Limit{}, fmt.Errorf("limit %.40q: want events/period such as 60/1m, or 0 for no limit", text)
	}
	l := Limit{Events: n, Per: d}
	if n == 0 {
		return Limit{}, fmt.Errorf("limit %.40q: write 0 alone for no limit", text)
	}
	if err := l.Validate(); err != nil {
		return Limit{}, err
	}
	return l, nil
}

// parseCount takes digits only, and few enough of them that the bounds can judge the number.
func parseCount(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err == nil
}

func parsePeriod(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 15)
		return time.Duration(n) * day, err == nil
	}
	// A leading digit excludes the signs that time.ParseDuration allows.
	if text == "" || text[0] < '0' || text[0] > '9' {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// Off reports whether l allows everything.
func (l Limit) Off() bool {
	return l == Limit{}
}

// Validate reports which bound l breaks. A limit that is off is valid.
func (l Limit) Validate() error {
	switch {
	case l.Off():
		return nil
	case l.Events < 1 || l.Events > MaxEvents:
		return fmt.Errorf("limit %s: want 1 to %d events", l, MaxEvents)
	case l.Per < MinPer || l.Per > MaxPer:
		return fmt.Errorf("limit %s: want a period from %s to %s", l, formatPeriod(MinPer), formatPeriod(MaxPer))
	case l.Per%time.Millisecond != 0:
		return fmt.Errorf("limit %s: want a period in whole milliseconds", l)
	}
	return nil
}

// Interval is the time in which one event drains, in whole microseconds. It is rounded up: a limit is never wider
// than it says. l must be valid and not off.
func (l Limit) Interval() time.Duration {
	step := time.Duration(l.Events) * time.Microsecond
	return (l.Per + step - 1) / step * time.Microsecond
}

// Burst is the time in which a full bucket drains: exactly Events intervals, so that exactly Events pass at once.
func (l Limit) Burst() time.Duration {
	return time.Duration(l.Events) * l.Interval()
}

// String returns the text that ParseLimit reads.
func (l Limit) String() string {
	if l.Off() {
		return "0"
	}
	return strconv.Itoa(l.Events) + "/" + formatPeriod(l.Per)
}

func formatPeriod(d time.Duration) string {
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText is String.
func (l Limit) MarshalText() ([]byte, error) {
	return []byte(l.String()), nil
}

// UnmarshalText is ParseLimit.
func (l *Limit) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLimit(string(text))
	return err
}

// UnmarshalJSON reads the text as a string. It takes the bare number 0 too: a setting is JSON where it can be, so
// that somebody who writes 0 gives a number.
func (l *Limit) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	text := string(data)
	if text != "0" {
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("limit: want a text such as \"60/1m\", or 0 for no limit")
		}
	}
	return l.UnmarshalText([]byte(text))
}
