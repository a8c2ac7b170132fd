package emailcode

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestACodeHasTheAskedNumberOfASCIIDigits(t *testing.T) {
	t.Parallel()
	for digits := MinDigits; digits <= MaxDigits; digits++ {
		code, err := New(digits)
		if err != nil {
			t.Fatal(err)
		}
		if read, ok := Normalize(code, digits); !ok || read != code || len(code) != digits {
			t.Errorf("New(%d) = %q, read back as %q, %v", digits, code, read, ok)
		}
	}
	for _, digits := range []int{-1, 0, MinDigits - 1, MaxDigits + 1} {
		if code, err := New(digits); err == nil {
			t.Errorf("New(%d) = %q, want an error", digits, code)
		}
	}
}

// The remainder of a random byte would make 0 to 5 a twenty-fifth more frequent than 6 to 9. Of uniform digits, one
// run in 10^9 exceeds a chi squared of 65 with nine degrees of freedom.
func TestDigitsAreUniformAtEveryPlace(t *testing.T) {
	t.Parallel()
	const codes, digits = 20_000, 6
	var seen [digits][10]int
	for range codes {
		code, err := New(digits)
		if err != nil {
			t.Fatal(err)
		}
		for place := range digits {
			seen[place][code[place]-'0']++
		}
	}
	for place, counts := range seen {
		var chi float64
		for _, n := range counts {
			d := float64(n) - codes/10
			chi += d * d / (codes / 10)
		}
		if chi > 65 {
			t.Errorf("place %d: %v, chi squared %.0f", place, counts, chi)
		}
	}
}

func TestOddlyTypedCodesAreReadOrRefused(t *testing.T) {
	t.Parallel()
	read := map[string]string{
		"as sent":          "123456",
		"leading blank":    " 123456",
		"two groups":       "123 456",
		"dashes":           "12-34–56—",
		"minus":            "123−456",
		"no-break blanks":  "123\u00a0456\u202f",
		"line breaks":      "\r\n123456\n",
		"without width":    "\ufeff123\u200b456\u2060",
		"direction marks":  "\u200e123456\u2069",
		"full width":       "１２３４５６",
		"arabic":           "١٢٣٤٥٦",
		"persian":          "۱۲۳۴۵۶",
		"devanagari":       "१२३४५६",
		"mathematical":     "𝟏𝟚𝟛𝟜𝟝𝟞",
		"of several kinds": "1２٣४5６",
	}
	for name, typed := range read {
		t.Run("OTC-12 "+name, func(t *testing.T) {
			t.Parallel()
			if code, ok := Normalize(typed, 6); !ok || code != "123456" {
				t.Errorf("Normalize(%q) = %q, %v", typed, code, ok)
			}
		})
	}
	refused := map[string]string{
		"empty":            "",
		"blanks alone":     "   -  ",
		"null":             "null",
		"empty list":       "[]",
		"empty object":     "{}",
		"five digits":      "12345",
		"seven digits":     "1234567",
		"letter":           "12345a",
		"letter o":         "12345O",
		"decimal point":    "1234.56",
		"exponent":         "1e2345",
		"plus":             "+123456",
		"superscript":      "¹²³⁴⁵⁶",
		"circled":          "①②③④⑤⑥",
		"roman":            "ⅠⅡⅢⅣⅤⅥ",
		"han":              "一二三四五六",
		"NUL":              "123456\x00",
		"broken UTF-8":     "123456\xff",
		"blanks for ever":  strings.Repeat(" ", 10_000) + "123456",
		"10 kB of digits":  strings.Repeat("1", 10_000),
		"10 kB of a digit": strings.Repeat("１", 3_000),
	}
	for name, typed := range refused {
		t.Run("OTC-12 "+name, func(t *testing.T) {
			t.Parallel()
			if code, ok := Normalize(typed, 6); ok || code != "" {
				t.Errorf("Normalize(%.20q) = %q, %v", typed, code, ok)
			}
		})
	}
}

func TestEveryDecimalDigitOfUnicodeIsReadAsItsValue(t *testing.T) {
	t.Parallel()
	const end = 0x20000
	if rows := unicode.Nd.R32; rows[len(rows)-1].Hi >= end {
		t.Fatal("there are digits in further planes")
	}
	var want byte
	for r := rune(0); r < end; r++ {
		got, ok := decimal(r)
		if ok != unicode.Is(unicode.Nd, r) {
			t.Errorf("decimal(%U) reports %v", r, ok)
		}
		if !ok {
			if want != 0 {
				t.Fatalf("the row of digits before %U ends at %d", r, want)
			}
			continue
		}
		if got != want {
			t.Errorf("decimal(%U) = %d, want %d", r, got, want)
		}
		want = (want + 1) % 10
	}
}

func TestASecretIs160BitsInCharactersThatLinksKeep(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z2-7]{32}$`)
	seen := make(map[string]bool)
	for range 1000 {
		secret := NewSecret()
		if !form.MatchString(secret) || seen[secret] {
			t.Fatalf("NewSecret() = %q", secret)
		}
		seen[secret] = true
	}
}

func TestADigestHoldsForItsPurposeChallengeAndKeyAlone(t *testing.T) { // OTC-06
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	own := Digest(key, "login", "chl_1", "123456")
	if !Equal(own, Digest(key, "login", "chl_1", "123456")) {
		t.Error("the same code has two digests")
	}
	for name, other := range map[string][]byte{
		"code":           Digest(key, "login", "chl_1", "123457"),
		"challenge":      Digest(key, "login", "chl_2", "123456"),
		"purpose":        Digest(key, "reset", "chl_1", "123456"),
		"key":            Digest(bytes.Repeat([]byte{8}, 32), "login", "chl_1", "123456"),
		"moved boundary": Digest(key, "login", "chl_11", "23456"),
		"moved purpose":  Digest(key, "loginc", "hl_1", "123456"),
		"nothing":        nil,
		"empty":          {},
		"cut":            own[:16],
	} {
		if Equal(own, other) || Equal(other, own) {
			t.Errorf("another %s has the same digest", name)
		}
	}
	if Equal(nil, nil) || Equal([]byte{}, nil) {
		t.Error("two missing digests are equal")
	}
}

// A change of the digest's form makes every open challenge unanswerable.
func TestTheFormOfADigestIsFixed(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("\x00\x00\x00\x00\x00\x00\x00\x05login\x00\x00\x00\x00\x00\x00\x00\x05chl_1" +
		"\x00\x00\x00\x00\x00\x00\x00\x06123456"))
	if got, want := Digest(key, "login", "chl_1", "123456"), mac.Sum(nil); !bytes.Equal(got, want) {
		t.Errorf("Digest = %s, want %s", hex.EncodeToString(got), hex.EncodeToString(want))
	}
}

func FuzzNormalizeAnswersWithDigitsOnly(f *testing.F) {
	f.Add("123 456", 6)
	f.Add("１２３４５６", 6)
	f.Add("\xff", 0)
	f.Fuzz(func(t *testing.T, typed string, digits int) {
		code, ok := Normalize(typed, digits)
		if !ok {
			if code != "" {
				t.Errorf("Normalize(%q, %d) = %q, false", typed, digits, code)
			}
			return
		}
		if again, ok := Normalize(code, digits); !ok || again != code || len(code) != digits {
			t.Errorf("Normalize(%q, %d) = %q, read again as %q, %v", typed, digits, code, again, ok)
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Normalize("１２３ 456", 6)
	}
}

func BenchmarkNormalizeHostile(b *testing.B) {
	b.ReportAllocs()
	typed := strings.Repeat(" ", 10_000)
	for b.Loop() {
		Normalize(typed, 6)
	}
}
