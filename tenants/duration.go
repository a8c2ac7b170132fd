package tenants

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time in whole seconds, written as a setting: "10m", "1h30m", "30d", "0". A day is 24 hours.
type Duration time.Duration

// day is the largest unit; calendars know longer ones, of no fixed length.
const day = 24 * time.Hour

// maxDuration keeps every sum far below the bound of the type.
const maxDuration = 36500 * day

// ErrLongDuration is what ParseDuration says of a duration that no setting can have.
var ErrLongDuration = errors.New("a duration of more than 100 years")

// durationShape admits each unit once, the largest first. No unit has so many digits that it overflows by itself in
// seconds.
var durationShape = regexp.MustCompile(`^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$`)

var durationUnits = []struct {
	name string
	size time.Duration
}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// ParseDuration reads a duration of up to 36500 days, and says ErrLongDuration of a longer one. The error does not repeat the
// text.
func ParseDuration(text string) (Duration, error) {
	if text == "0" {
		return 0, nil
	}
	parts := durationShape.FindStringSubmatch(text)
	if text == "" || parts == nil {
		return 0, errors.New("not a duration; write one in d, h, m and s, such as 10m, 1h30m or 30d, or 0")
	}
	var seconds int64
	for i, unit := range durationUnits {
		if n := parts[i+1]; n != "" {
			count, err := strconv.ParseInt(n, 10, 64)
			if err != nil {
				return 0, errors.New("not a duration") // the shape allows digits only
			}
			seconds += count * int64(unit.size/time.Second)
		}
	}
	if seconds > int64(maxDuration/time.Second) {
		return 0, ErrLongDuration
	}
	return Duration(seconds) * Duration(time.Second), nil
}

// Std returns d for package time.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String returns the shortest text in which no unit could be a larger one: 90 minutes are "1h30m", 24 hours "1d".
// Fractions of a second, which no text gives, are cut.
func (d Duration) String() string {
	rest, sign := time.Duration(d).Truncate(time.Second), ""
	if rest == 0 {
		return "0"
	}
	if rest < 0 {
		rest, sign = -rest, "-"
	}
	var b strings.Builder
	b.WriteString(sign)
	for _, unit := range durationUnits {
		if n := rest / unit.size; n != 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + unit.name)
			rest -= n * unit.size
		}
	}
	return b.String()
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDuration.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}
