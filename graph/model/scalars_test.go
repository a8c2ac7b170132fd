package model

import (
	"testing"
	"time"
)

func TestATimeIsReadInRFC3339Alone(t *testing.T) {
	t.Parallel()
	got, err := UnmarshalTime("2026-01-31T01:00:00+01:00")
	if want := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, wrong := range []any{"", "2026-01-31", "2026-02-30T00:00:00Z", 1769817600, nil, true} {
		if got, err := UnmarshalTime(wrong); err == nil {
			t.Errorf("%v is read as %v", wrong, got)
		}
	}
}

func TestADurationIsReadAsSettingsWriteIt(t *testing.T) {
	t.Parallel()
	got, err := UnmarshalDuration("1h30m")
	if want := Duration(90 * time.Minute); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, wrong := range []any{"", "90", 90, "1y", nil} {
		if got, err := UnmarshalDuration(wrong); err == nil {
			t.Errorf("%v is read as %v", wrong, got)
		}
	}
}
