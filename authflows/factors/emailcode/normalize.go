package emailcode

import "unicode"

// maxTypedBytes is far above a code with blanks around and between its digits, whatever the script. It bounds the
// work on what a stranger sends.
const maxTypedBytes = 256

// Normalize returns a typed code as ASCII digits. Blanks and dashes are left out, and decimal digits of any
// script, full-width ones among them, are read as what they mean. It reports false for anything else and for
// another number of digits: that is no wrong answer and uses no try.
func Normalize(code string, digits int) (string, bool) {
	if len(code) > maxTypedBytes {
		return "", false
	}
	out := make([]byte, 0, MaxDigits)
	for _, r := range code {
		if isFiller(r) {
			continue
		}
		value, ok := decimal(r)
		if !ok || len(out) == digits {
			return "", false
		}
		out = append(out, '0'+value)
	}
	if len(out) == 0 || len(out) != digits {
		return "", false
	}
	return string(out), true
}

// isFiller reports what people and mail programs put around and between digits: blanks, those without a width
// among them, and dashes.
func isFiller(r rune) bool {
	switch r {
	case '\u200B', '\u200E', '\u200F', '\u2060', '\u2066', '\u2067', '\u2068', '\u2069', '\uFEFF': // no width
		return true
	case '\u2212', '\u00AD': // minus, soft hyphen
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r)
}

// decimal returns the value of a decimal digit. Unicode keeps the ten digits of a script in one row from zero to
// nine, and rows that touch are whole ones.
func decimal(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	for _, row := range unicode.Nd.R16 {
		if rune(row.Lo) <= r && r <= rune(row.Hi) {
			return byte((r - rune(row.Lo)) % 10), true
		}
	}
	for _, row := range unicode.Nd.R32 {
		if rune(row.Lo) <= r && r <= rune(row.Hi) {
			return byte((r - rune(row.Lo)) % 10), true
		}
	}
	return 0, false
}
