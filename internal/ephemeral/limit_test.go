package ephemeral_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

func TestALimitIsReadAndWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, canonical string
		want            ephemeral.Limit
	}{
		{"60/1m", "60/1m", ephemeral.Limit{Events: 60, Per: time.Minute}},
		{"10/15m", "10/15m", ephemeral.Limit{Events: 10, Per: 15 * time.Minute}},
		{"5/60m", "5/1h", ephemeral.Limit{Events: 5, Per: time.Hour}},
		{"5/1h0m30s", "5/1h0m30s", ephemeral.Limit{Events: 5, Per: time.Hour + 30*time.Second}},
		{"1/1.5s", "1/1.5s", ephemeral.Limit{Events: 1, Per: 1500 * time.Millisecond}},
		{"3/24h", "3/1d", ephemeral.Limit{Events: 3, Per: 24 * time.Hour}},
		{"1000000/31d", "1000000/31d", ephemeral.Limit{Events: 1_000_000, Per: 31 * 24 * time.Hour}},
		{"0", "0", ephemeral.Limit{}},
	} {
		got, err := ephemeral.ParseLimit(c.text)
		if err != nil || got != c.want {
			t.Errorf("ParseLimit(%q) = %#v, %v; want %#v", c.text, got, err, c.want)
		}
		if text := got.String(); text != c.canonical {
			t.Errorf("%q is written as %q, want %q", c.text, text, c.canonical)
		}
	}
}

func TestALimitThatCannotBeMeantIsRefusedWithItsForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                "want events/period such as 60/1m",
		"60":              "want events/period such as 60/1m",
		"60/":             "want events/period such as 60/1m",
		"/1m":             "want events/period such as 60/1m",
		"60/1m/2":         "want events/period such as 60/1m",
		"60/minute":       "want events/period such as 60/1m",
		"-1/1m":           "want events/period such as 60/1m",
		"+1/1m":           "want events/period such as 60/1m",
		"1/-1m":           "want events/period such as 60/1m",
		"1/60":            "want events/period such as 60/1m",
		" 1/1m":           "want events/period such as 60/1m",
		"1.5/1m":          "want events/period such as 60/1m",
		"99999999999/1m":  "want events/period such as 60/1m",
		"0/1m":            "write 0 alone",
		"1000001/1m":      "want 1 to 1000000 events",
		"1/0s":            "want a period from 1s to 31d",
		"1/999ms":         "want a period from 1s to 31d",
		"1/32d":           "want a period from 1s to 31d",
		"1/1.0001s":       "whole milliseconds",
		"1/9999999999h":   "want events/period such as 60/1m",
		"1/99999999999d":  "want events/period such as 60/1m",
		"1/1.5d":          "want events/period such as 60/1m",
		"off":             "or 0 for no limit",
		"0x10/1m":         "want events/period such as 60/1m",
		"60/1m\x00secret": "want events/period such as 60/1m",
	} {
		l, err := ephemeral.ParseLimit(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseLimit(%q) = %v, %v; want an error with %q", text, l, err, want)
		}
	}
}

func TestLimitsTravelInSettings(t *testing.T) {
	t.Parallel()
	type settings struct {
		Address, Mails, Other ephemeral.Limit
	}
	var got settings
	if err := json.Unmarshal([]byte(`{"Address":"60/1m","Mails":0,"Other":"0"}`), &got); err != nil {
		t.Fatal(err)
	}
	if want := (settings{Address: ephemeral.Limit{Events: 60, Per: time.Minute}}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	text, err := json.Marshal(got)
	if want := `{"Address":"60/1m","Mails":"0","Other":"0"}`; err != nil || string(text) != want {
		t.Errorf("written as %s, %v; want %s", text, err, want)
	}
	if err := json.Unmarshal([]byte(`{"Address":null}`), &got); err != nil || got.Address.Events != 60 {
		t.Errorf("null gives %v, %v; want the limit left alone", got.Address, err)
	}
	for _, bad := range []string{`60`, `true`, `{}`, `"60"`, `"0/1m"`} {
		var l ephemeral.Limit
		if err := json.Unmarshal([]byte(bad), &l); err == nil {
			t.Errorf("%s is read as %v", bad, l)
		}
	}
}

func TestALimitIsNeverWiderThanItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := ephemeral.Limit{
			Events: rapid.IntRange(1, ephemeral.MaxEvents).Draw(t, "events"),
			Per: rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.Int64Range(1000, ephemeral.MaxPer.Milliseconds()).Draw(t, "ms")) * time.Millisecond
			}).Draw(t, "per"),
		}
		if err := l.Validate(); err != nil {
			t.Fatal(err)
		}
		back, err := ephemeral.ParseLimit(l.String())
		if err != nil || back != l {
			t.Fatalf("%v reads back as %v, %v", l, back, err)
		}
		step := l.Interval()
		if step < time.Microsecond || step%time.Microsecond != 0 {
			t.Fatalf("%v drains one event in %v", l, step)
		}
		if excess := l.Burst() - l.Per; excess < 0 || excess >= time.Duration(l.Events)*time.Microsecond {
			t.Fatalf("%v drains in %v", l, l.Burst())
		}
	})
}

func FuzzParseLimitReadsItsOwnText(f *testing.F) {
	for _, seed := range []string{"0", "60/1m", "5/1h30m", "1/31d", "0/1m", "1/1.0000001s", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ephemeral.ParseLimit(text)
		if err != nil {
			return
		}
		if err := l.Validate(); err != nil {
			t.Fatalf("ParseLimit(%q): %v", text, err)
		}
		if back, err := ephemeral.ParseLimit(l.String()); err != nil || back != l {
			t.Fatalf("%q reads as %v, which reads back as %v, %v", text, l, back, err)
		}
	})
}
