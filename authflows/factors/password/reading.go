package password

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWeighed is how much of a folded password is weighed, in bytes: no list of attackers goes so far, and the
// library's work grows with the cube of the length. What begins as badly as this is refused whatever follows.
const maxWeighed = 48

// readings are the texts that a password is weighed as, the weakest of which counts: as it reads, and, if that is
// another text, by the keys of a US keyboard that lie where the typing fingers are. People who write another script
// choose words of their own and walks over their own keys; most of these were leaked as Latin letters.
func readings(normal string) []string {
	var out []string
	for _, text := range []string{fold(normal), fold(strings.Map(key, normal))} {
		text = text[:min(len(text), maxWeighed)]
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// Stand-ins are control characters, which no password holds, after those that count as white space.
const (
	firstStandIn = 0x0e
	standIns     = 0x20 - firstStandIn
)

// fold undoes what does not make a password harder to guess: case, accents, width. What then is no ASCII becomes a
// stand-in, neighbours becoming neighbours, so that sequences and repetitions are found by a library that takes
// bytes for characters.
func fold(text string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(text) {
		r = unicode.ToLower(r)
		switch {
		case r >= 0x0300 && r <= 0x036f: // accents; vowel signs of other scripts are characters
		case r < utf8.RuneSelf:
			out.WriteByte(byte(r))
		default:
			out.WriteByte(byte(firstStandIn + r%standIns))
		}
	}
	return out.String()
}

var (
	typedSigns = []rune("~!@#$%^&*()_+{}|:\"<>?" + "ё" + "йцукенгшщзхъ" + "фывапролджэ" + "ячсмитьбю")
	keySigns   = []rune("`1234567890-=[]\\;',./" + "`" + "qwertyuiop[]" + "asdfghjkl;'" + "zxcvbnm,.")
)

// key returns what the key of a character gives on a US keyboard without shift.
func key(r rune) rune {
	if i := slices.Index(typedSigns, unicode.ToLower(r)); i >= 0 {
		return keySigns[i]
	}
	return r
}

// leetClasses are the characters that the library may read as one letter, one class a letter. It reads the whole
// password once for every way to choose one of each class.
var leetClasses = []string{"4@", "({[<", "69", "1!|", "1|7", "5$", "7+"}

// fewerSigns leaves one character for most letters.
var fewerSigns = strings.NewReplacer("@", "4", "{", "(", "[", "(", "<", "(", "!", "1", "|", "1", "$", "5", "+", "7")

// manyReadings reports whether signs and digits that stand for letters are so mixed that the library would be busy
// for long; all of them take a tenth of a second.
func manyReadings(text string) bool {
	const most = 4
	ways := 1
	for _, class := range leetClasses {
		used := 0
		for _, sign := range class {
			if strings.ContainsRune(text, sign) {
				used++
			}
		}
		ways *= max(used, 1)
	}
	return ways > most
}
