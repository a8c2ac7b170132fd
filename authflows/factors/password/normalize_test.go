package password

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestNormalizeComposesAndKeepsTheRest(t *testing.T) { // PWD-03
	t.Parallel()
	for in, want := range map[string]string{
		"":                   "",
		"correct horse":      "correct horse",
		"  two  blanks ":     "  two  blanks ",
		"e\u0301":            "é",
		"é":                  "é",
		"A\u030a":            "Å",
		"\u212b":             "Å", // the sign of the unit, which NFC takes for the letter
		"x²":                 "x²",
		"ﬁ":                  "ﬁ",
		"Ｐ":                  "Ｐ",
		"\u00a0":             "\u00a0",
		"\u1112\u1161\u11ab": "한",
		"👩\u200d👩\u200d👧":    "👩\u200d👩\u200d👧",
	} {
		if got, err := Normalize(in); err != nil || got != want {
			t.Errorf("Normalize(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestNormalizeRefusesWhatCannotBeTypedAgain(t *testing.T) { // PWD-02
	t.Parallel()
	for _, in := range []string{
		"\x00", "abc\x00def", "\t", "\n", "\r", "\x1b", "\x7f", "\u0085", "\xff", "a\xc3", "\xed\xa0\x80", "\ufffd",
	} {
		_, err := Normalize(in)
		wantFault(t, err, fault.Invalid(invalidCharacters))
	}
}

func TestAtLeast64CodePointsFitWhateverTheirSizeAndSpelling(t *testing.T) { // PWD-04
	t.Parallel()
	for _, in := range []string{
		strings.Repeat("a", MaxLength),
		strings.Repeat("😀", MaxLength),
		strings.Repeat("e\u0301", MaxLength),
		strings.Repeat("\u03b9\u0308\u0301", MaxLength), // ΐ, the character that grows most when taken apart
		strings.Repeat("\u1112\u1161\u11ab", MaxLength),
	} {
		normal, err := Normalize(in)
		if err != nil || utf8.RuneCountInString(normal) != MaxLength {
			t.Errorf("Normalize(%.12q…) = %d code points, %v", in, utf8.RuneCountInString(normal), err)
		}
		_, err = Normalize(in + "a")
		wantFault(t, err, fault.Invalid(tooLong))
	}
}

func FuzzNormalizingTwiceChangesNothing(f *testing.F) {
	f.Add("e\u0301 \u212b ﬁ")
	f.Add("a" + strings.Repeat("\u0301", 40))
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, in string) {
		once, err := Normalize(in)
		if err != nil {
			return
		}
		if len(once) > MaxBytes || !utf8.ValidString(once) || strings.ContainsRune(once, 0) {
			t.Errorf("Normalize(%q) = %q", in, once)
		}
		if twice, err := Normalize(once); err != nil || twice != once {
			t.Errorf("%q becomes %q, then %q, %v", in, once, twice, err)
		}
	})
}
