package password

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// minBits is how much guessing a password must take: more than two listed words and a year, at most three listed
// words, eight digits or six letters drawn at random.
const minBits = 27

// What one piece of a password costs to guess, in bits. Kept whole and coarse: they only have to put patterns
// that attackers try first below minBits and everything else above.
const (
	letterBits    = 5
	otherBits     = 4 // digits, punctuation
	separatorBits = 3
	contextBits   = 4
	wordBits      = 9
	reversedBits  = 10
	runBits       = 5 // aaaa, 1234, dcba
	walkBits      = 6 // qwer, 1qaz2wsx
	yearBits      = 7
	dayBits       = 8 // 3112, 1231
	repeatBits    = 2
)

// kinds says which patterns a cover uses.
type kinds uint8

const (
	listed kinds = 1 << iota
	fromContext
)

// cover is the cheapest way found to put a text together from patterns and single characters.
type cover struct {
	bits  int
	kinds kinds
}

// maxFolded bounds the work. Folding may take one character apart into eighteen; what grows beyond is no
// password that anybody has listed.
const maxFolded = 2 * MaxLength

// fold undoes what does not make a password harder to guess: case, accents, width.
func fold(text string) []rune {
	var out []rune
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			out = append(out, unicode.ToLower(r))
		}
	}
	return out
}

// guessing returns the cheapest cover of a folded password.
func guessing(text []rune, own []entry) cover {
	if len(text) > maxFolded {
		return cover{bits: minBits}
	}
	if p := period(text); p < len(text) {
		once := guessing(text[:p], own)
		once.bits += repeatBits
		return once
	}
	best := make([]cover, len(text)+1)
	for i := range best {
		best[i].bits = i * (letterBits + 1)
	}
	for i, r := range text {
		reach := func(length, bits int, kind kinds) {
			if to := &best[i+length]; best[i].bits+bits < to.bits {
				*to = cover{best[i].bits + bits, best[i].kinds | kind}
			}
		}
		reach(1, alone(r), 0)
		for _, e := range own {
			if e.startsAt(text[i:]) {
				reach(len(e.word), e.bits, fromContext)
			}
		}
		for _, letter := range readings(r) {
			for _, e := range listedWords()[letter] {
				if e.startsAt(text[i:]) {
					reach(len(e.word), e.bits, listed)
				}
			}
		}
		for n := run(text[i:]); n >= 3; n-- {
			reach(n, runBits, 0)
		}
		for n := walk(text[i:]); n >= 4; n-- {
			reach(n, walkBits, 0)
		}
		if isYear(text[i:]) {
			reach(4, yearBits, 0)
		} else if isDay(text[i:]) {
			reach(4, dayBits, 0)
		}
	}
	return best[len(text)]
}

// alone is the cost of a character outside any pattern.
func alone(r rune) int {
	switch {
	case unicode.IsLetter(r):
		return letterBits
	case strings.ContainsRune(" -_.", r):
		return separatorBits
	default:
		return otherBits
	}
}

// period returns the length of the shortest part whose repetition gives the text, the last time perhaps cut short;
// the length of the text if nothing occurs twice.
func period(text []rune) int {
	for p := 1; p <= len(text)/2; p++ {
		if slices.Equal(text[p:], text[:len(text)-p]) {
			return p
		}
	}
	return len(text)
}

// run returns how many characters at the start repeat the first or count up or down from it.
func run(text []rune) int {
	if len(text) < 2 {
		return len(text)
	}
	step := text[1] - text[0]
	if step < -1 || step > 1 {
		return 1
	}
	n := 2
	for n < len(text) && text[n]-text[n-1] == step {
		n++
	}
	return n
}

// walk returns how many characters at the start lie next to each other on a line of keys.
func walk(text []rune) int {
	const least = 4
	if len(text) < least {
		return 0
	}
	longest := 0
	start := string(text[:least])
	for _, line := range keyLines() {
		_, rest, found := strings.Cut(line, start)
		if !found {
			continue
		}
		n := least
		for _, key := range rest {
			if n == len(text) || text[n] != key {
				break
			}
			n++
		}
		longest = max(longest, n)
	}
	return longest
}

func isYear(text []rune) bool {
	return len(text) >= 4 && (string(text[:2]) == "19" || string(text[:2]) == "20") &&
		isDigit(text[2]) && isDigit(text[3])
}

// isDay reports whether the text starts with a day and a month, or a month and a day, of two digits each.
func isDay(text []rune) bool {
	if len(text) < 4 || slices.ContainsFunc(text[:4], func(r rune) bool { return !isDigit(r) }) {
		return false
	}
	a, b := (text[0]-'0')*10+text[1]-'0', (text[2]-'0')*10+text[3]-'0'
	return a >= 1 && b >= 1 && max(a, b) <= 31 && min(a, b) <= 12
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
