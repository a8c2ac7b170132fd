package password

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// entry is a word that attackers try, folded.
type entry struct {
	word []rune
	bits int
}

// startsAt reports whether the text starts with the word, each letter as itself or in leet.
func (e entry) startsAt(text []rune) bool {
	if len(text) < len(e.word) {
		return false
	}
	for i, letter := range e.word {
		if r := text[i]; r != letter && !strings.ContainsRune(leet[r], letter) {
			return false
		}
	}
	return true
}

// leet holds the letters that a digit or sign stands for.
var leet = map[rune]string{
	'0': "o", '1': "il", '2': "z", '3': "e", '4': "a", '5': "s", '6': "g", '7': "t", '8': "b", '9': "g",
	'@': "a", '$': "s", '!': "il", '|': "il", '+': "t", '(': "c", '€': "e",
}

// readings returns the character itself and the letters that it stands for.
func readings(r rune) []rune { return append([]rune{r}, []rune(leet[r])...) }

// listedWords are the words of words.go by their first character, forwards and, if long enough to be worth a
// trick, backwards.
var listedWords = sync.OnceValue(func() map[rune][]entry {
	all := make(map[rune][]entry)
	for _, word := range strings.Fields(strings.Join(themes, " ")) {
		forwards := []rune(word)
		all[forwards[0]] = append(all[forwards[0]], entry{forwards, wordBits})
		if len(forwards) >= 5 {
			backwards := slices.Clone(forwards)
			slices.Reverse(backwards)
			all[backwards[0]] = append(all[backwards[0]], entry{backwards, reversedBits})
		}
	}
	return all
})

// keyLines are lines of neighbouring keys, each in both directions.
var keyLines = sync.OnceValue(func() []string {
	var lines []string
	for _, line := range keyboards {
		keys := []rune(line)
		slices.Reverse(keys)
		lines = append(lines, line, string(keys))
	}
	return lines
})

// Bounds on the context of one password, for it holds what a stranger typed.
const (
	maxContextWords  = 32
	minContextLength = 3
)

// contextEntries takes names and addresses apart: alice.smith@example.com gives itself, alice.smith, alicesmith,
// alice, smith and example. What follows the last dot of a domain says nothing of anybody.
func contextEntries(names []string) []entry {
	var words []string
	for _, name := range names {
		name = string(fold(name))
		if len(name) > MaxBytes {
			continue
		}
		words = append(words, name)
		local, domain, isAddress := strings.Cut(name, "@")
		if isAddress {
			words = append(words, local)
			if dot := strings.LastIndexByte(domain, '.'); dot >= 0 {
				domain = domain[:dot]
			}
			words = append(words, domain)
			words = append(words, pieces(domain)...)
		}
		words = append(words, pieces(local)...)
		words = append(words, strings.Join(pieces(local), ""))
	}
	slices.Sort(words)
	words = slices.Compact(words)
	var entries []entry
	for _, word := range words {
		if runes := []rune(word); len(runes) >= minContextLength && len(entries) < maxContextWords {
			entries = append(entries, entry{runes, contextBits})
		}
	}
	return entries
}

// pieces are the runs of letters of a name; digits are guessed as such.
func pieces(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
}
