package password

import (
	"slices"
	"strings"
	"unicode"
)

// Bounds on the context of one password, for it holds what a stranger typed.
const (
	maxContextWords = 48
	maxNameWords    = 12 // of one name, so that a long one leaves room for the others
	minWord         = 3  // bytes of a folded word
)

// contextWords takes names and addresses apart: alice.smith@example.com gives itself, alice.smith, alicesmith,
// alice, smith and example, and the name with other separators. What follows the last dot of a domain says nothing
// of anybody. The words are folded.
func contextWords(names []string) []string {
	var words []string
	for _, name := range names {
		if len(name) > MaxBytes {
			continue
		}
		var own []string
		for _, word := range parts(name) {
			word = fold(word)
			if len(word) >= minWord && len(word) <= maxWeighed && len(own) < maxNameWords &&
				!slices.Contains(words, word) && !slices.Contains(own, word) {
				own = append(own, word)
			}
		}
		words = append(words, own[:min(len(own), maxContextWords-len(words))]...)
	}
	return words
}

func parts(name string) []string {
	local, domain, isAddress := strings.Cut(name, "@")
	words := []string{name, local}
	inLocal := letters(local)
	words = append(words, inLocal[:min(len(inLocal), maxNameWords/2)]...)
	if isAddress {
		if dot := strings.LastIndexByte(domain, '.'); dot >= 0 {
			domain = domain[:dot]
		}
		words = append(words, domain)
		words = append(words, letters(domain)...)
	}
	for _, separator := range []string{"", "-", "_", ".", " "} {
		words = append(words, strings.Join(inLocal, separator))
	}
	return words
}

// letters are the runs of letters of a name; digits are guessed as such.
func letters(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
}
