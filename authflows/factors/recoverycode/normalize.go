package recoverycode

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxTypedBytes leaves room for a code in full-width characters with blanks around it. It bounds the work on what a
// stranger sends.
const maxTypedBytes = 64

// Normalize returns a typed code as its characters, without the dash. Case does not matter, nor do blanks and
// dashes of any kind; full-width characters are read as plain ones (NFKC), o as 0, and i and l as 1. It reports
// false for anything else, and for more than 64 bytes: that is no wrong answer and uses no try. Normalising twice
// changes nothing.
func Normalize(text string) (code string, ok bool) {
	if len(text) > maxTypedBytes {
		return "", false
	}
	out := make([]byte, 0, length)
	for _, r := range norm.NFKC.String(text) {
		if unicode.In(r, unicode.White_Space, unicode.Pd, unicode.Cf) || r == minus {
			continue
		}
		c, known := character(r)
		if !known || len(out) == length {
			return "", false
		}
		out = append(out, c)
	}
	if !slices.Contains(Lengths, len(out)) {
		return "", false
	}
	return string(out), true
}

// minus is what some keyboards send for a dash. Unicode counts it among the mathematical symbols.
const minus = '\u2212'

// character returns the character of the alphabet that r is read as.
func character(r rune) (byte, bool) {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	switch r {
	case 'o':
		return '0', true
	case 'i', 'l':
		return '1', true
	}
	if !strings.ContainsRune(alphabet, r) {
		return 0, false
	}
	return byte(r), true
}
