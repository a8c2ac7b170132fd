package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// rfcSecret is the secret of the vectors of RFC 4226 and, for SHA-1, of RFC 6238.
var rfcSecret = []byte("12345678901234567890")

func at(step int64) time.Time { return time.Unix(step*30, 0) }

// reference is RFC 4226, section 5.3, word by word.
func reference(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	offset := sum[19] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

func TestCodesAreThoseOfRFC4226AppendixD(t *testing.T) {
	t.Parallel()
	for step, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got := generate(rfcSecret, int64(step), Digits); got != want {
			t.Errorf("counter %d: %s, want %s", step, got, want)
		}
		if step == 0 {
			continue // never later than the last step
		}
		if got, ok := Match(rfcSecret, want, at(int64(step)), 0); !ok || got != int64(step) {
			t.Errorf("Match(%s) = %d, %v, want %d", want, got, ok, step)
		}
	}
}

func TestCodesAreThoseOfRFC6238AppendixB(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{
		59:          "94287082",
		1111111109:  "07081804",
		1111111111:  "14050471",
		1234567890:  "89005924",
		2000000000:  "69279037",
		20000000000: "65353130",
	} {
		now := time.Unix(seconds, 0)
		if got := generate(rfcSecret, Step(now), 8); got != want {
			t.Errorf("%d s: %s, want %s", seconds, got, want)
		}
		if step, ok := Match(rfcSecret, want[2:], now, 0); !ok || step != Step(now) {
			t.Errorf("Match(%s) = %d, %v, want %d", want[2:], step, ok, Step(now))
		}
	}
}

func TestAStepIsThirtySeconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seconds, nanoseconds, want int64
	}{
		{0, 0, 0},
		{29, 999_999_999, 0},
		{30, 0, 1},
		{59, 0, 1},
		{1111111109, 0, 0x23523EC},
		{20000000000, 0, 0x27BC86AA},
		{0, -1, -1},
		{-30, 0, -1},
		{-31, 0, -2},
	} {
		if got := Step(time.Unix(c.seconds, c.nanoseconds)); got != c.want {
			t.Errorf("%d.%09d s: step %d, want %d", c.seconds, c.nanoseconds, got, c.want)
		}
	}
	local := time.FixedZone("", 5*3600+1800)
	if now := time.Unix(1111111109, 0); Step(now) != Step(now.In(local)) {
		t.Error("the step depends on the time zone")
	}
}

// MFA-05
func TestOnlyTheStepsAroundNowMatch(t *testing.T) {
	t.Parallel()
	const current = int64(1_000_000)
	for name, now := range map[string]time.Time{
		"first instant": at(current),
		"middle":        at(current).Add(Period / 2),
		"last instant":  at(current + 1).Add(-time.Nanosecond),
	} {
		for offset := int64(-3); offset <= 3; offset++ {
			code := generate(rfcSecret, current+offset, Digits)
			step, ok := Match(rfcSecret, code, now, 0)
			if want := offset >= -1 && offset <= 1; ok != want {
				t.Errorf("%s, step %+d: %v, want %v", name, offset, ok, want)
			} else if ok && step != current+offset {
				t.Errorf("%s, step %+d: matched as step %+d", name, offset, step-current)
			}
		}
	}
}

func TestAUsedStepAndThoseBeforeItNeverMatch(t *testing.T) { // MFA-02
	t.Parallel()
	const current = int64(1_000_000)
	for used := int64(-2); used <= 2; used++ {
		for offset := int64(-1); offset <= 1; offset++ {
			code := generate(rfcSecret, current+offset, Digits)
			_, ok := Match(rfcSecret, code, at(current), current+used)
			if want := offset > used; ok != want {
				t.Errorf("used %+d, code of %+d: %v, want %v", used, offset, ok, want)
			}
		}
	}
	if _, ok := Match(rfcSecret, generate(rfcSecret, current, Digits), at(current), math.MaxInt64); ok {
		t.Error("a step beyond the last of all matches")
	}
}

func TestACodeServesOnceThoughTwoStepsShareIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code                string
		earlier, now, later int64
	}{
		{code: "911617", earlier: 910737, now: 910737, later: 910738},
		{code: "911617", earlier: 910737, now: 910738, later: 910738},
		{code: "468457", earlier: 153567, now: 153568, later: 153569},
	} {
		if generate(rfcSecret, c.earlier, Digits) != c.code || generate(rfcSecret, c.later, Digits) != c.code {
			t.Fatalf("%s is not the code of both steps", c.code)
		}
		step, ok := Match(rfcSecret, c.code, at(c.now), 0)
		if !ok || step != c.later {
			t.Errorf("Match(%s) = %d, %v, want %d", c.code, step, ok, c.later)
		}
		for now := c.now; now < c.now+4; now++ {
			if again, ok := Match(rfcSecret, c.code, at(now), step); ok {
				t.Errorf("%s serves again as step %d", c.code, again)
			}
		}
	}
}

func TestWhatIsNotSixDigitsNeverMatches(t *testing.T) {
	t.Parallel()
	const right = "287082" // of step 1
	for name, code := range map[string]string{
		"empty":         "",
		"five digits":   right[:5],
		"leading zero":  "0" + right,
		"eight digits":  "94287082",
		"blank before":  " " + right,
		"blank for one": right[:5] + " ",
		"full width":    "２８７０８２",
		"arabic":        "٢٨٧",
		"NUL":           right[:5] + "\x00",
		"letters":       "28708a",
		"sign":          "+28708",
		"long":          strings.Repeat(right, 10_000),
	} {
		if step, ok := Match(rfcSecret, code, at(1), 0); ok {
			t.Errorf("%s: matches step %d", name, step)
		}
	}
	for _, none := range [][]byte{nil, {}} {
		if _, ok := Match(none, generate(none, 1, Digits), at(1), 0); ok {
			t.Error("a missing secret has right codes")
		}
	}
}

func TestSecretsAre160BitsAndDiffer(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[A-Z2-7]{32}$`)
	seen := make(map[string]bool)
	for range 1000 {
		secret := NewSecret()
		text := Text(secret)
		if len(secret) != 20 || !form.MatchString(text) || seen[text] {
			t.Fatalf("a secret of %d bytes as %d characters, seen before: %v", len(secret), len(text), seen[text])
		}
		seen[text] = true
	}
	// RFC 4648, section 10, in upper case without padding.
	for plain, want := range map[string]string{"f": "MY", "fo": "MZXQ", "foobar": "MZXW6YTBOI"} {
		if got := Text([]byte(plain)); got != want {
			t.Errorf("Text(%q) = %s, want %s", plain, got, want)
		}
	}
}

func TestMatchAgreesWithTheSpecification(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 1, 80).Draw(t, "secret")
		seconds := rapid.Int64Range(30, 1<<40).Draw(t, "seconds")
		now := time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		current := seconds / 30
		offset := rapid.Int64Range(-3, 3).Draw(t, "offset")
		last := max(0, current+rapid.Int64Range(-4, 2).Draw(t, "last"))
		code := reference(secret, max(0, current+offset))

		var want int64
		for s := current - 1; s <= current+1; s++ {
			if s > last && reference(secret, s) == code {
				want = s
			}
		}
		if step, ok := Match(secret, code, now, last); step != want || ok != (want != 0) {
			t.Fatalf("Match(%s) = %d, %v, want %d", code, step, ok, want)
		}
	})
}

func FuzzMatchTakesOnlyTheCodesOfTheWindow(f *testing.F) {
	f.Add([]byte("12345678901234567890"), "287082", int64(59), int64(0))
	f.Add([]byte("12345678901234567890"), "468457", int64(153568*30), int64(153567))
	f.Add([]byte{}, "328482", int64(30), int64(0))
	f.Add([]byte{0}, "２８７０８２", int64(-1), int64(-2))
	f.Add([]byte{0}, "000000", int64(math.MaxInt64), int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, secret []byte, code string, seconds, last int64) {
		now := time.Unix(seconds, 0)
		step, ok := Match(secret, code, now, last)
		if !ok {
			if step != 0 {
				t.Errorf("step %d without a match", step)
			}
			return
		}
		off := step - Step(now)
		if len(secret) == 0 || code != reference(secret, step) || step <= last || off < -1 || off > 1 {
			t.Errorf("%q matches as step %d at step %d after %d", code, step, Step(now), last)
		}
		if _, ok := Match(secret, code, now, step); ok {
			t.Errorf("%q matches again after step %d", code, step)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Match(rfcSecret, "000000", at(1), 0)
	}
}
