package password

import (
	"slices"
	"strconv"
	"sync"

	"github.com/trustelem/zxcvbn/match"
	"github.com/trustelem/zxcvbn/matching"
	"github.com/trustelem/zxcvbn/scoring"
)

// minGuesses is how many guesses a password must take: seven characters outside any pattern, each worth ten.
//
// It is held against the product of what the pieces of a password cost, without what zxcvbn adds for every further
// piece. That allowance assumes that attackers try two pieces only after all single ones, and would let a word from
// the top of every list pass with a year and an exclamation mark behind it.
const minGuesses = 1e7

// guess is how one reading of a password is guessed soonest.
type guess struct {
	text    string
	context []string
	matches []*match.Match // all patterns found, overlapping
	pieces  []*match.Match // those that make up the text at least cost
	guesses float64
}

func (g guess) weak() bool { return g.guesses < minGuesses }

// score is zxcvbn's, which the library computes only together with matches that lack ours.
func (g guess) score() int {
	guesses := scoring.MostGuessableMatchSequence(g.text, g.matches, false).Guesses
	score := 0
	for _, least := range []float64{1e3, 1e6, 1e8, 1e10} {
		if guesses >= least+5 {
			score++
		}
	}
	return score
}

// weakest returns the guess of the weakest reading of a normalised password.
func weakest(normal string, names []string) guess {
	context := contextWords(names)
	var found guess
	for i, text := range readings(normal) {
		if g := weigh(text, context); i == 0 || g.guesses < found.guesses {
			found = g
		}
	}
	return found
}

// weigh wants folded text and folded words: the library slices at bytes.
func weigh(text string, context []string) guess {
	if manyReadings(text) {
		text = fewerSigns.Replace(text)
		context = slices.Clone(context)
		for i := range context {
			context[i] = fewerSigns.Replace(context[i])
		}
	}
	g := guess{text: text, context: context}
	g.matches = matching.Omnimatch(text, slices.Concat(context, listedToo()))
	for _, m := range g.matches {
		if m.Pattern == "repeat" {
			// The library looks for no context in what is repeated.
			m.BaseGuesses = min(m.BaseGuesses, weigh(m.BaseToken, context).guesses)
		}
	}
	best := scoring.MostGuessableMatchSequence(text, g.matches, true)
	g.pieces, g.guesses = best.Sequence, best.Guesses
	return g
}

// listedToo is what the library's lists lack: the years after 2019, at which they end, and this product.
var listedToo = sync.OnceValue(func() []string {
	words := []string{"tenantgate"}
	for year := 2020; year < 2050; year++ {
		words = append(words, strconv.Itoa(year))
	}
	return words
})
