package recoverycode

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestASetIsTenDifferentCodesThatReadBack(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$`)
	seen := make(map[string]bool)
	for range 1000 {
		codes := Native.New()
		if len(codes) != 10 {
			t.Fatalf("%d codes", len(codes))
		}
		for _, code := range codes {
			// Of 10,000 codes of 50 bits, two are equal once in 20 million runs.
			if !form.MatchString(code) || seen[code] {
				t.Fatalf("New gives %q, seen before: %v", code, seen[code])
			}
			seen[code] = true
			if read, ok := Normalize(code); !ok || read != strings.ReplaceAll(code, "-", "") {
				t.Fatalf("Normalize(%q) = %q, %v", code, read, ok)
			}
		}
	}
}

// Of uniform characters, one run in 10^9 exceeds a chi squared of 101 with 31 degrees of freedom.
func TestCharactersAreUniformAtEveryPlace(t *testing.T) {
	t.Parallel()
	const codes = 32_000
	var seen [length][len(alphabet)]int
	for range codes {
		for place, c := range []byte(Native.draw()) {
			seen[place][strings.IndexByte(alphabet, c)]++
		}
	}
	for place, counts := range seen {
		const expected = codes / len(alphabet)
		var chi float64
		for _, n := range counts {
			d := float64(n - expected)
			chi += d * d / float64(expected)
		}
		if chi > 101 {
			t.Errorf("place %d: %v, chi squared %.0f", place, counts, chi)
		}
	}
}

func TestOddlyTypedCodesAreReadOrRefused(t *testing.T) {
	t.Parallel()
	read := map[string]string{
		"as shown":         "01abc-defgh",
		"without a dash":   "01abcdefgh",
		"upper case":       "01ABC-DEFGH",
		"letters alike":    "oiabc-defgh",
		"capitals alike":   "OLABC-DEFGH",
		"blanks":           "  01ab cdef\tgh\r\n",
		"no-break blanks":  "01abc\u00a0defgh\u202f",
		"wide blank":       "01abc\u3000defgh",
		"other dashes":     "01–abc—de‑fgh",
		"minus":            "01abc−defgh",
		"soft hyphen":      "01abc\u00addefgh",
		"without width":    "\ufeff01abc\u200bdefgh\u2060",
		"direction marks":  "\u202a01abc-defgh\u202c",
		"full width":       "０１ａｂｃ－ｄｅｆｇｈ",
		"full capitals":    "ＯＩＡＢＣ－ＤＥＦＧＨ",
		"bold":             "𝟎𝟏𝐚𝐛𝐜-𝐝𝐞𝐟𝐠𝐡",
		"of several kinds": "０1aＢc-𝐝efGh",
	}
	for name, typed := range read {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if code, ok := Normalize(typed); !ok || code != "01abcdefgh" {
				t.Errorf("Normalize(%q) = %q, %v", typed, code, ok)
			}
		})
	}
	refused := map[string]string{
		"empty":              "",
		"blanks alone":       "  -  ",
		"null":               "null",
		"nine characters":    "01abc-defg",
		"eleven":             "01abc-defgh0",
		"letter u":           "01abc-defgu",
		"capital u":          "01ABC-DEFGU",
		"underscore":         "01abc_defgh",
		"accent":             "01ábc-defgh",
		"loose accent":       "01a\u0301bc-defgh",
		"cyrillic":           "01аbс-dеfgh",
		"dotted capital i":   "0İabc-defgh",
		"dotless i":          "0ıabc-defgh",
		"arabic digits":      "٠١abc-defgh",
		"NUL":                "01abc-defgh\x00",
		"broken UTF-8":       "01abc-defgh\xff",
		"lone continuation":  "01abc\x80defgh",
		"ligature for ten":   "\ufdfa",
		"just too long":      strings.Repeat(" ", 55) + "01abcdefgh",
		"blanks for ever":    strings.Repeat(" ", 10_000) + "01abcdefgh",
		"10 kB":              strings.Repeat("a", 10_000),
		"10 kB of ligatures": strings.Repeat("\ufdfa", 3_000),
	}
	for name, typed := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if code, ok := Normalize(typed); ok || code != "" {
				t.Errorf("Normalize(%.20q) = %q, %v", typed, code, ok)
			}
		})
	}
	if code, ok := Normalize(strings.Repeat(" ", 54) + "01abcdefgh"); !ok || code != "01abcdefgh" {
		t.Errorf("64 bytes are read as %q, %v", code, ok)
	}
}

func TestEverySpellingOfACodeIsRead(t *testing.T) {
	t.Parallel()
	alike := map[byte]string{'0': "oO", '1': "iIlL"}
	rapid.Check(t, func(t *rapid.T) {
		code := Native.draw()
		var typed strings.Builder
		for _, c := range []byte(code) {
			spellings := []rune(string(c) + strings.ToUpper(string(c)) + alike[c])
			r := rapid.SampledFrom(spellings).Draw(t, "spelling")
			if rapid.Bool().Draw(t, "full width") {
				r += '！' - '!'
			}
			typed.WriteString(rapid.SampledFrom([]string{"", "", "-", " "}).Draw(t, "filler"))
			typed.WriteRune(r)
		}
		if read, ok := Normalize(typed.String()); !ok || read != code {
			t.Fatalf("Normalize(%q) = %q, %v, want %q", typed.String(), read, ok, code)
		}
	})
}

func TestADigestHoldsForItsUserAndKeyAlone(t *testing.T) { // MFA-09
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	own := Digest(key, "usr_1", "01abcdefgh")
	if len(own) != sha256.Size || !bytes.Equal(own, Digest(key, "usr_1", "01abcdefgh")) {
		t.Error("the same code has two digests")
	}
	for name, other := range map[string][]byte{
		"code":           Digest(key, "usr_1", "01abcdefgj"),
		"user":           Digest(key, "usr_2", "01abcdefgh"),
		"key":            Digest(bytes.Repeat([]byte{8}, 32), "usr_1", "01abcdefgh"),
		"moved boundary": Digest(key, "usr_10", "1abcdefgh"),
		"empty user":     Digest(key, "", "usr_101abcdefgh"),
	} {
		if bytes.Equal(own, other) {
			t.Errorf("another %s has the same digest", name)
		}
	}
}

// A change of the digest's form makes every stored code useless.
func TestTheFormOfADigestIsFixed(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("\x00\x00\x00\x00\x00\x00\x00\x05usr_1\x00\x00\x00\x00\x00\x00\x00\x0a01abcdefgh"))
	if got, want := Digest(key, "usr_1", "01abcdefgh"), mac.Sum(nil); !bytes.Equal(got, want) {
		t.Errorf("Digest = %s, want %s", hex.EncodeToString(got), hex.EncodeToString(want))
	}
}

func TestEveryFormIsReadBackAsItWasMade(t *testing.T) {
	t.Parallel()
	for _, form := range []Form{
		Native,
		{Count: 10, Length: 7, Alphabet: Digits},
		{Count: 4, Length: 8, Alphabet: Digits},
		{Count: 8, Length: 8, Alphabet: Lowercase},
	} {
		codes := form.New()
		if len(codes) != form.Count {
			t.Errorf("%+v: %d codes", form, len(codes))
		}
		for _, code := range codes {
			if read, ok := Normalize(code); !ok || read != strings.ReplaceAll(code, "-", "") || len(read) != form.Length {
				t.Errorf("%+v: Normalize(%q) = %q, %v", form, code, read, ok)
			}
		}
	}
}

func FuzzNormalizeAnswersWithACodeOrNothing(f *testing.F) {
	f.Add("01abc-defgh")
	f.Add("ＯＩＡＢＣ－ＤＥＦＧＨ")
	f.Add("\xff")
	f.Add("\ufdfa")
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := Normalize(typed)
		if !ok {
			if code != "" {
				t.Errorf("Normalize(%q) = %q, false", typed, code)
			}
			return
		}
		if !slices.Contains(Lengths, len(code)) || strings.Trim(code, alphabet) != "" || len(typed) > maxTypedBytes {
			t.Errorf("Normalize(%q) = %q", typed, code)
		}
		if again, ok := Normalize(code); !ok || again != code {
			t.Errorf("Normalize(%q) = %q, read again as %q, %v", typed, code, again, ok)
		}
	})
}

func BenchmarkNormalizeHostile(b *testing.B) {
	b.ReportAllocs()
	typed := strings.Repeat("\ufdfa", 21)
	for b.Loop() {
		Normalize(typed)
	}
}
